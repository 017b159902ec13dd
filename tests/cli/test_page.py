"""`--html`: the plan as a page, as a file; how it looks and acts in a browser is tested there."""

import base64
import hashlib
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from pling_async.cli.page.assembly import embedded

LIST = (
    "Fornavn;Mobil;Poststed;E-post;Grupper;Notat\n"
    "Åse;999 99 101;OSLO;aase@example.com;Hemmelig klubb;Liker ikke torsdager\n"
    "Kari;+4799999102;;;;\n"
    "Kari;+4799999102;HAMAR;kari@example.com;;\n"
    "Nils;12;;;;\n"
)


def page_of(pling: Any, csv_file: Any, *options: str) -> str:
    """Plan the list, write its page, and return it."""
    file = csv_file(LIST, "privat-liste.csv")
    ended = pling("plan", file, "--mode", "replace", "--map", "Notat=comment", "--html", "plan.html", *options)
    assert ended.code == 0, ended.err
    return Path("plan.html").read_text(encoding="utf-8")


def data_of(page: str) -> Any:
    """Return the lists that the page carries."""
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


@pytest.mark.usefixtures("people")
def test_the_page_is_one_private_file(pling: Any, csv_file: Any, nowhere: Path) -> None:
    """It is readable for its owner alone, and names no other place to load anything from."""
    page = page_of(pling, csv_file)
    assert stat.S_IMODE((nowhere / "plan.html").stat().st_mode) == 0o600
    assert re.findall(r"""(?:src|href|action)\s*=\s*["']?(?!#)[^"'\s>]+""", page) == []
    assert "url(" not in page
    assert "@import" not in page


@pytest.mark.usefixtures("people")
def test_the_policy_allows_the_one_script_and_style(pling: Any, csv_file: Any) -> None:
    """Both by their hash, and nothing else at all (#113)."""
    page = page_of(pling, csv_file)
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    assert rules["default-src"] == "'none'"
    for element, rule in (("script", "script-src"), ("style", "style-src")):
        [content] = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


@pytest.mark.usefixtures("people")
def test_the_page_has_what_the_plan_has(pling: Any, csv_file: Any) -> None:
    """Removals first, changes field by field, rejects, and which row of a repeated number won."""
    data = data_of(page_of(pling, csv_file, "--remove-despite-rejects"))
    kinds = [data["kinds"][each[0]][1] for each in data["changes"]]
    assert kinds == ["removed", "changed", "added", "kept"]
    names = {data["fields"][field]: (before, after) for field, before, after in data["changes"][1][6]}
    assert names["first name"] == ("Gry", "Kari")
    assert names["city"] == ("BERGEN", "HAMAR")
    assert "email" in names
    assert [(row, code) for row, _, code, _, _ in data["rejects"]] == [(4, "too_short")]
    assert data["duplicates"] == [["+4799999102", [2, 3], 3, []]]


@pytest.mark.usefixtures("people")
def test_a_redacted_page_holds_nobody(pling: Any, csv_file: Any) -> None:
    """No number, name, value, group or file name of the plan is anywhere in the file."""
    page = page_of(pling, csv_file, "--redact")
    for secret in ("9999910", "Åse", "Gry", "Kari", "Per<", '"Per"', "Liv", "BERGEN", "HAMAR", "OSLO", "example.com"):
        assert secret not in page, secret
    for secret in ("Hemmelig", "torsdager", "privat-liste", "Fornavn", "127.0.0.1"):
        assert secret not in page, secret
    assert "+47******02" in page


@pytest.mark.usefixtures("people")
def test_show_and_import_write_it_too(pling: Any, csv_file: Any) -> None:
    """From a plan that was kept, and before an import asks."""
    file = csv_file(LIST)
    pling("plan", file, "--out", "p.plan", "-q")
    assert pling("show", "p.plan", "--html", "shown.html").code == 0
    assert pling("import", file, "--yes", "-o", "json", "--html", "imported.html").code == 7
    shown, imported = (data_of(Path(name).read_text(encoding="utf-8")) for name in ("shown.html", "imported.html"))
    assert shown == imported


def test_redact_is_for_a_page(pling: Any, csv_file: Any) -> None:
    """Elsewhere it would promise what it does not do."""
    ended = pling("plan", csv_file(LIST), "--redact")
    assert (ended.code, "add --html FILE" in ended.err) == (2, True)


def test_embedded_json_ends_no_element() -> None:
    """Nothing that a script element could end with, or a line of script, is in it, and it reads back the same."""
    value = {"</script><!--": ["<script>", "\u2028\u2029 & ]]>", "\u202e"]}
    text = str(embedded(value))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
