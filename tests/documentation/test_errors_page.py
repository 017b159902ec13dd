"""docs/errors.md says of every error what the code does: its statuses, its repetition, its exit code."""

import re
from collections import defaultdict
from typing import Final

import pytest

from pling_async import errors
from pling_async.cli.exits import Exit, ending, exit_code
from pling_async.errors import PlingError
from pling_async.session.protocol import Request, Response, interpret
from pling_async.session.retry import RetryLaw, RetryPolicy
from tests.documentation.blocks import ROOT

PAGE: Final = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS: Final = {
    name: (statuses, repeated, int(code), advice)
    for name, statuses, repeated, code, advice in re.findall(
        r"^\| `(\w+)` \| ([^|]*?) ?\| ([^|]+) \| (\d+) \| ([^|]+) \|$", PAGE, re.MULTILINE
    )
}
ERRORS: Final = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, PlingError) and kind is not PlingError
}
_REPEATED: Final = {
    (): "never",
    ("SAFE",): "reads only",
    ("SAFE", "CONVERGENT"): "where it does no harm",
    ("SAFE", "CONVERGENT", "UNSENT"): "yes",
}
_REST_FROM: Final = 10
"""More statuses than these are a class of its own, less those that are named."""


def _statuses() -> dict[str, str]:
    found = defaultdict(list)
    for status in range(300, 600):
        with pytest.raises(PlingError) as caught:
            interpret(Request(method="GET", path="x", law=RetryLaw.SAFE), Response(status=status))
        found[type(caught.value).__name__].append(status)
    return {name: _told(each) for name, each in found.items()}


def _told(statuses: list[int]) -> str:
    """Return statuses as the page has them: hundreds that go by their class as `other 4xx`, all of them as `3xx`."""
    hundreds = [each for each in (3, 4, 5) if sum(status // 100 == each for status in statuses) > _REST_FROM]
    named = [str(each) for each in statuses if each // 100 not in hundreds]
    whole = [
        f"{each}xx" if set(range(each * 100, each * 100 + 100)) <= set(statuses) else f"other {each}xx"
        for each in hundreds
    ]
    return ", ".join(named + whole)


def _repeated(kind: type[PlingError]) -> str:
    laws = (RetryLaw.SAFE, RetryLaw.CONVERGENT, RetryLaw.UNSENT, RetryLaw.NEVER)
    error, policy = kind("what"), RetryPolicy()
    words = _REPEATED[tuple(law.name for law in laws if policy.allows(error, attempt=1, law=law))]
    return f"{words}, once" if words != "never" and not policy.allows(error, attempt=2, law=RetryLaw.SAFE) else words


STATUSES: Final = _statuses()


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_its_row(name: str) -> None:
    """Statuses, repetition and exit code are those of the code, and so is what the command says to do."""
    kind = ERRORS[name]
    facts = (STATUSES.get(name, ""), _repeated(kind), int(exit_code(kind("what"))))
    assert ROWS.get(name, ())[:3] == facts, f"| `{name}` | {facts[0]} | {facts[1]} | {facts[2]} | what to do |"
    assert ending(kind("what")).hint in ROWS[name][3]


def test_the_page_has_no_other_error() -> None:
    """A row of an error that is gone goes too."""
    assert ROWS.keys() == ERRORS.keys()


def test_every_exit_code_is_explained() -> None:
    """Here and in the README, with each code once."""
    for text in (PAGE, (ROOT / "README.md").read_text(encoding="utf-8")):
        assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == sorted(Exit)
