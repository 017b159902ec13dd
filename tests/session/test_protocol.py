"""What a status, its headers and its body mean."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async import errors
from pling_async.errors import Outcome
from pling_async.session.protocol import Request, Response, interpret, retry_after
from pling_async.session.retry import RetryLaw

JSON = (("Content-Type", "application/json; charset=utf-8"),)
GET = Request(method="GET", path="contacts/7", law=RetryLaw.SAFE)


def _raised(status: int, *, body: bytes = b"", headers: Any = JSON) -> errors.PlingError:
    with pytest.raises(errors.PlingError) as caught:
        interpret(GET, Response(status=status, headers=headers, body=body))
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (101, errors.BadAnswer, Outcome.UNKNOWN),
        (202, errors.BadAnswer, Outcome.UNKNOWN),
        (206, errors.BadAnswer, Outcome.UNKNOWN),
        (304, errors.UnexpectedRedirect, Outcome.UNKNOWN),
        (307, errors.UnexpectedRedirect, Outcome.UNKNOWN),
        (400, errors.BadRequest, Outcome.NOT_APPLIED),
        (401, errors.AuthenticationError, Outcome.NOT_APPLIED),
        (403, errors.PermissionDenied, Outcome.NOT_APPLIED),
        (404, errors.NotFound, Outcome.NOT_APPLIED),
        (405, errors.ContractError, Outcome.NOT_APPLIED),
        (406, errors.ContractError, Outcome.NOT_APPLIED),
        (408, errors.ServerError, Outcome.UNKNOWN),
        (409, errors.ConflictError, Outcome.NOT_APPLIED),
        (410, errors.NotFound, Outcome.NOT_APPLIED),
        (411, errors.BadRequest, Outcome.NOT_APPLIED),
        (413, errors.PayloadTooLarge, Outcome.NOT_APPLIED),
        (415, errors.ContractError, Outcome.NOT_APPLIED),
        (418, errors.BadRequest, Outcome.UNKNOWN),
        (422, errors.BadRequest, Outcome.NOT_APPLIED),
        (429, errors.RateLimited, Outcome.NOT_APPLIED),
        (500, errors.ServerError, Outcome.UNKNOWN),
        (501, errors.ContractError, Outcome.UNKNOWN),
        (503, errors.ServerError, Outcome.UNKNOWN),
        (599, errors.ServerError, Outcome.UNKNOWN),
    ],
)
def test_a_status_has_one_class_and_one_outcome(status: int, kind: type, outcome: Outcome) -> None:
    """Only refusals that certainly did nothing are NOT_APPLIED."""
    error = _raised(status)
    assert type(error) is kind
    assert (error.status, error.outcome, error.method, error.path) == (status, outcome, "GET", "contacts/7")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":"Invalid"}', "Invalid"),
        (b'{"code":"InvalidVersion","message":"no 2.x"}', "no 2.x"),
        (b'{"title":"Conflict","detail":"taken"}', "Conflict: taken"),
        (
            b'{"title":"Bad Request","errors":{"limit":["too large","odd"],"x":[]}}',
            "Bad Request: limit: too large; odd; x: ",
        ),
        (b'{"errors":[{"message":"a"},"b"]}', "a; b"),
        (b'{"_error":{"status":409,"title":"Conflict"}}', "Conflict"),
        (b"[[[[[[1]]]]]]", ""),
        (b'{"other":1}', ""),
        (b'{"error":null}', ""),
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"", ""),
    ],
)
def test_the_servers_words_are_found_whatever_their_shape(body: bytes, said: str) -> None:
    """No error body is specified, so every shape in use is understood and none is needed."""
    assert str(_raised(409, body=body)).removeprefix("HTTP 409 for GET contacts/7").removeprefix(": ") == said


def test_a_promised_body_must_be_there_and_be_json() -> None:
    """#30, #32, #33: an empty body and a login page are no contact, and the hint says what to look at."""
    with pytest.raises(errors.SchemaError, match="empty body"):
        interpret(GET, Response(status=200, headers=JSON))
    for headers in ((), (("Content-Type", "text/html"),), (*JSON, ("content-type", "text/plain"))):
        with pytest.raises(errors.DecodeError, match="base URL"):
            interpret(GET, Response(status=200, headers=headers, body=b"{}"))
    problem = (("content-type", "application/problem+json"),)
    assert interpret(GET, Response(status=200, headers=problem, body=b"{}")) == b"{}"


def test_two_lengths_are_no_answer() -> None:
    """#24: where one body ends and the next answer begins is anybody's guess."""
    with pytest.raises(errors.ProtocolError):
        interpret(GET, Response(status=200, headers=(*JSON, ("Content-Length", "2"), ("content-length", "3"))))


def test_a_compressed_refusal_keeps_its_status() -> None:
    """#29: what cannot be read does not hide what was said by the status."""
    error = _raised(404, body=b"\x1f\x8b", headers=(("Content-Encoding", "gzip"),))
    assert (type(error), error.excerpt) == (errors.NotFound, "")


@pytest.mark.parametrize("path", ["/contacts", "a?b", "a#b", "a b", "//host", "a//b", "../x", "a/../b", "", "a\\b"])
def test_a_path_stays_below_the_base_url(path: str) -> None:
    """I-8: no path can lead to another origin, query or parent."""
    with pytest.raises(errors.ConfigurationError):
        Request(method="GET", path=path, law=RetryLaw.SAFE)


NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["5"], 5.0),
        (["2.5"], 2.5),
        ([" 7 "], 7.0),
        (["5", "9"], 9.0),
        (["soon", "3"], 3.0),
        (["Thu, 01 Jan 2026 12:00:30 GMT"], 30.0),
        (["Thursday, 01-Jan-26 12:00:30 GMT"], 30.0),
        (["Thu Jan  1 12:00:30 2026"], 30.0),
        (["Thu, 01 Jan 2026 11:00:00 GMT"], 0.0),
        (["1e9"], 1e9),
        (["1" + "0" * 400], None),
        (["-5"], None),
        (["NaN"], None),
        (["inf"], None),
        (["soon"], None),
        ([""], None),
        ([], None),
    ],
)
def test_retry_after_is_seconds_or_a_date(values: list[str], expected: float | None) -> None:
    """#61 to #63: both forms count, the larger of duplicates wins, nonsense is ignored."""
    assert retry_after(tuple(("Retry-After", value) for value in values), NOW) == expected


def test_a_date_is_judged_by_the_servers_clock() -> None:
    """#62: hours of difference between the clocks do not matter."""
    headers = (("Retry-After", "Thu, 01 Jan 2026 12:00:30 GMT"), ("Date", "Thu, 01 Jan 2026 12:00:20 GMT"))
    assert retry_after(headers, NOW - 9999) == 10.0


@given(st.text(max_size=40))
def test_no_retry_after_is_too_strange(value: str) -> None:
    """Whatever stands in the header, the answer is None or a finite number of seconds that is not negative."""
    seconds = retry_after((("Retry-After", value),), NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@given(st.integers(100, 599), st.binary(max_size=300), st.sampled_from([JSON, (), (("Content-Encoding", "br"),)]))
def test_any_answer_is_a_body_or_one_of_our_errors(status: int, body: bytes, headers: Any) -> None:
    """I-30: no bytes of a server raise anything but our errors, and excerpts stay short and printable."""
    try:
        found = interpret(GET, Response(status=status, headers=headers, body=body))
    except errors.PlingError as error:
        found, shown = body, f"{error.excerpt}{error}"
    else:
        shown = ""
    assert found == body
    assert shown.isprintable()
