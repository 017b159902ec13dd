"""docs/faults.md is true: every fault has its row, and every row a test that exists and cites it, or a reason."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"

_PENDING: frozenset[int] = frozenset()
"""Rows that still wait for a test; their proof says "planned"."""

_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_CITED = re.compile(r"#(\d+)(?: to #(\d+))?")


@frozen
class Row:
    """One fault of the page."""

    number: int
    proof: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """Return path and name of every test cited."""
        return _TEST.findall(self.proof)

    @property
    def remark(self) -> str:
        """Return what stands there besides tests."""
        return _TEST.sub("", self.proof).replace("<br>", "").strip()


ROWS = [Row(int(number), proof) for number, _, _, proof in _ROW.findall(PAGE.read_text(encoding="utf-8"))]


@cache
def _tests(path: str) -> dict[str, str]:
    """Return the source of every test of a file, with that of the module's constants that it uses."""
    source = (ROOT / path).read_text(encoding="utf-8")
    lines, body = source.splitlines(), ast.parse(source).body
    constants = {name: _text(lines, node) for node in body for name in _assigned(node)}
    tests = (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {
        each.name: "\n".join((_text(lines, each), *(constants[name] for name in _names(each) & constants.keys())))
        for each in tests
        if each.name.startswith("test_")
    }


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _names(test: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}


def _text(lines: list[str], node: ast.stmt) -> str:
    first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
    return "\n".join(lines[first - 1 : node.end_lineno])


def _cited(text: str) -> set[int]:
    """Return the numbers that a text cites: #12, and every one of #51 to #60."""
    ranges = ((int(first), int(last or first)) for first, last in _CITED.findall(text))
    return {number for first, last in ranges for number in range(first, last + 1)}


def test_every_fault_has_one_row() -> None:
    """Numbers 1 to 115 are there once each, in order."""
    assert [row.number for row in ROWS] == list(range(1, 116))


def test_what_is_planned_is_known() -> None:
    """A row is planned if and only if it is listed here, so that none is forgotten."""
    assert {row.number for row in ROWS if row.remark == "planned"} == _PENDING


@pytest.mark.parametrize("row", ROWS, ids=[str(row.number) for row in ROWS])
def test_a_row_is_proved(row: Row) -> None:
    """By tests that exist and cite the fault, by the reason why it cannot arise, or by a plan, and by nothing else."""
    assert row.tests or row.remark
    assert row.remark in {"", "planned"} or row.remark.startswith("cannot arise: ")
    for path, name in row.tests:
        assert (ROOT / path).is_file(), path
        assert name in _tests(path), f"{path}::{name}"
        assert row.number in _cited(_tests(path)[name]), f"{path}::{name} does not cite #{row.number}"


def test_ranges_are_cited_whole() -> None:
    """The reading of citations itself."""
    assert _cited("#3, #51 to #53 and I-4 (#7)") == {3, 7, 51, 52, 53}
