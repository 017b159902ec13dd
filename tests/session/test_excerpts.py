"""Server text that is fit for messages and logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async.session.excerpts import sanitised, server_message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid mobile number: +4799999999", "Invalid mobile number: +47******99"),
        ("no: 0046 70-174 06 05", "no: 004********05"),
        ("(212) 555-0123 taken", "(212*****23 taken"),
        ("No contact has the id 4711", "No contact has the id 4711"),
        ("mail ola@example.com bounced", "mail ***@*** bounced"),
        ("got Basic dXNlcjpwdw== here", "got Basic *** here"),
        ("a\x1b[31mred\u202eder", "a\\x1b[31mred\\u202eder"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_people_and_terminals_are_protected(text: str, shown: str) -> None:
    """Numbers, addresses and credentials are masked; what would steer a terminal is escaped."""
    assert sanitised(text) == shown


@given(st.text())
def test_every_excerpt_is_short_and_printable(text: str) -> None:
    """CWE-150: whatever a server says, at most 200 printable characters are shown."""
    shown = sanitised(text)
    assert len(shown) <= 200
    assert shown.isprintable()


def test_a_deep_error_is_not_followed_for_ever() -> None:
    """An error nested beyond reason has no message, and costs nothing."""
    assert server_message(b'{"error":' * 30 + b"1" + b"}" * 30) == ""


@given(st.text(max_size=30), st.integers(10_000_000, 99_999_999))
def test_no_number_gets_through(before: str, number: int) -> None:
    """Wherever it stands, a number of eight digits does not survive whole."""
    assert str(number) not in sanitised(f"{before} +47{number}")
