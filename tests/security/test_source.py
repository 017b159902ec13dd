"""What the source must not contain, so that it cannot go wrong (docs/security.md)."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = Path(__file__).parents[2] / "pling_async"


@cache
def _all_nodes() -> list[tuple[str, Any]]:
    """Return every node of the package's syntax trees, with its place."""
    trees = ((path.relative_to(PACKAGE), ast.parse(path.read_text(encoding="utf-8"))) for path in PACKAGE.rglob("*.py"))
    return [(f"{name}:{getattr(node, 'lineno', 0)}", node) for name, tree in trees for node in ast.walk(tree)]


def _nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Yield every node of some kinds."""
    return ((place, node) for place, node in _all_nodes() if isinstance(node, kinds))


def test_nothing_is_asserted() -> None:
    """Under `python -O` an assert is nothing, so none may be needed (CVE-2025-69227)."""
    assert [place for place, _ in _nodes(ast.Assert)] == []


_FORBIDDEN_MODULES: Final = frozenset({"dill", "marshal", "pickle", "shelve", "subprocess", "telnetlib", "yaml"})
_FORBIDDEN_CALLS: Final = frozenset({"__import__", "compile", "eval", "exec", "os.popen", "os.system"})


def test_nothing_dangerous_is_called() -> None:
    """No pickle, no YAML, no code made of text, no other program, and no temporary file with a name to guess."""
    modules = [
        (place, module.split(".")[0])
        for place, node in _nodes(ast.Import, ast.ImportFrom)
        for module in [getattr(node, "module", None) or "", *(each.name for each in node.names)]
    ]
    assert [found for found in modules if found[1] in _FORBIDDEN_MODULES] == []
    calls = [(place, ast.unparse(node.func)) for place, node in _nodes(ast.Call)]
    assert [found for found in calls if found[1] in _FORBIDDEN_CALLS or found[1].endswith(".mktemp")] == []
    assert len(modules) > 500


_SQL: Final = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE|DROP|ALTER)\b|.*\b(?:FROM|INTO|WHERE)\b", re.DOTALL
)
_CONSTANT: Final = re.compile(r"_?[A-Z][A-Z0-9_]*")
_OUR_OWN: Final = frozenset(
    {
        ("bulk/journal_file.py", "columns"),  # written out a line above
        ("sandbox/ip1/blacklist.py", "order"),  # ASC or DESC
        ("sandbox/ip1/store.py", "order"),  # likewise
        ("sandbox/ip1/store.py", "select"),  # made of the two
        ("sandbox/ip1/store.py", "where"),  # conditions written out there, with question marks
        ("sandbox/snapshot.py", "places"),  # question marks
        ("sandbox/snapshot.py", "table"),  # one of the tables listed there
        ("sandbox/worker.py", "name"),  # application_id and user_version
    }
)


def test_sql_has_parameters() -> None:
    """Only constants, and the few names listed here, are ever put into a statement; values never are."""
    statements = [(place, node) for place, node in _nodes(ast.JoinedStr) if _SQL.match(_text(node))]
    assert statements
    loose = {(place.split(":")[0], name) for place, node in statements for name in _variables(node)}
    assert loose - _OUR_OWN == set()


def _text(joined: ast.JoinedStr) -> str:
    parts = (part.value if isinstance(part, ast.Constant) else "?" for part in joined.values)
    return "".join(map(str, parts))


def _variables(joined: ast.JoinedStr) -> Iterator[str]:
    """Yield the names in a text that are neither constants nor bound in the text itself."""
    names = [node for node in ast.walk(joined) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for node in names:
        if not (node.id in bound or _CONSTANT.fullmatch(node.id)):
            yield node.id


def test_nothing_weakens_tls() -> None:
    """No certificate goes unverified: nothing in the package can switch that off."""
    names = {node.attr for _, node in _nodes(ast.Attribute)} | {node.id for _, node in _nodes(ast.Name)}
    assert "CERT_REQUIRED" in names
    weak = {"CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "Fingerprint"}
    assert names & weak == set()
    changed = {node.attr for _, node in _nodes(ast.Attribute) if not isinstance(node.ctx, ast.Load)}
    assert changed & {"check_hostname", "verify_mode", "minimum_version", "maximum_version", "options"} == set()
    given = {ast.unparse(node.value) for _, node in _nodes(ast.keyword) if node.arg == "ssl"}
    assert given == {"self._settings.tls or True", "target.tls"}  # those of the settings, and of the doctor
