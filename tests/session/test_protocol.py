"""What a status, its headers and its body mean."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async import errors
from pling_async.errors import Outcome
from pling_async.session.protocol import (
    DELETED,
    OK,
    SAVED,
    Request,
    Response,
    exchange_of,
    interpret,
    retry_after,
    values_of,
)
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
        (414, errors.BadRequest, Outcome.NOT_APPLIED),
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


@pytest.mark.parametrize(("status", "is_read"), [(200, False), (399, False), (400, True), (500, True)])
def test_a_refusal_is_read_as_fields(status: int, is_read: bool) -> None:  # noqa: FBT001 - pytest's
    """From 400 on a server says what is wrong, and nowhere else."""
    exchange = exchange_of(GET, Response(status=status, headers=JSON, body=b'{"title":"Conflict","detail":"taken"}'))
    said = errors.ProblemDetails(title="Conflict", detail="taken")
    assert exchange.problem == (said if is_read else None)


def test_a_header_is_the_one_of_its_name() -> None:
    """In any case, each time that it comes; others may be as long."""
    headers = (("Date", "1"), ("Link", "2"), ("DATE", "3"), ("Dated", "4"))
    assert values_of(headers, "date") == ["1", "3"]


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


_HINTS = [
    (401, "wrong or missing credentials"),
    (403, "the user has no access to the account"),
    (307, "redirects are never followed; check the base URL"),
    *((each, "the server may speak another version; check Accept-Version and the base URL") for each in (406, 505)),
]


@pytest.mark.parametrize(("status", "hint"), _HINTS)
def test_a_refusal_says_what_to_look_at(status: int, hint: str) -> None:
    """The status comes first, then what it most likely means, then the server's own words."""
    said = _raised(status, body=b'{"error":"no"}')
    assert str(said) == f"HTTP {status} for GET contacts/7: {hint}: no"
    assert said.excerpt == '{"error":"no"}'


def test_an_empty_body_where_one_is_due_is_told() -> None:
    """#30: the error names the place, and knows its exchange."""
    error = _raised(200)
    assert isinstance(error, errors.SchemaError)
    assert (str(error), error.json_path) == ("$: expected JSON, got an empty body", "$")
    assert (error.status, error.path) == (200, "contacts/7")


@pytest.mark.parametrize(
    "kinds",
    [
        (),
        ("text/html",),
        ("application/json", "text/plain"),
        ("text/plain; a=application/json",),
        ("application/jsonp",),
    ],
)
def test_what_is_not_declared_as_json_is_none(kinds: tuple[str, ...]) -> None:
    """#32, #33: a login page is no contact, and the hint says what to look at."""
    error = _raised(200, body=b"{}", headers=tuple(("Content-Type", kind) for kind in kinds))
    assert type(error) is errors.DecodeError
    assert str(error) == (
        "the answer is not declared as JSON; is the base URL the API's, or is a login page in between?"
    )
    assert (error.status, error.excerpt) == (200, "{}")


DELETION = Request(method="DELETE", path="contacts/7", law=RetryLaw.CONVERGENT, expected=DELETED, answers_json=False)


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"\xef\xbb\xbf\r\n <!DOCTYPE html>"])
def test_a_login_page_has_deleted_nothing(body: bytes) -> None:
    """#32: it is no answer either to what need not be answered with JSON, and nobody knows what was done."""
    with pytest.raises(errors.DecodeError, match="the answer is a web page; is the base URL the API's") as caught:
        interpret(DELETION, Response(status=200, body=body))
    assert (caught.value.status, caught.value.outcome) == (200, Outcome.UNKNOWN)


@pytest.mark.parametrize("body", [b"", b"OK", b"Deleted <7>", b"{}"])
def test_a_deletion_may_be_answered_with_anything_else(body: bytes) -> None:
    """#46: 200 with a body, where 204 is documented."""
    assert interpret(DELETION, Response(status=200, headers=(("Content-Type", "text/html"),), body=body)) == body


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON ; charset=utf-8", "application/problem+json", "application/A+Json;v=1"],
)
def test_json_is_declared_in_many_ways(kind: str) -> None:
    """#33: parameters and case do not matter, and neither does a suffix."""
    assert interpret(GET, Response(status=200, headers=(("content-type", kind),), body=b"{}")) == b"{}"


def test_two_lengths_are_no_answer() -> None:
    """#24: where one body ends and the next answer begins is anybody's guess; the same length twice is one."""
    lengths = (("Content-Length", "2"), ("content-length", "3"))
    with pytest.raises(errors.ProtocolError) as caught:
        interpret(GET, Response(status=200, headers=(*JSON, *lengths), body=b"{}"))
    assert str(caught.value) == "the answer announces two lengths"
    twice = (*JSON, lengths[0], lengths[0])
    assert interpret(GET, Response(status=200, headers=twice, body=b"{}")) == b"{}"


@pytest.mark.parametrize("encoding", ["gzip", " BR", "identity, gzip", "x"])
def test_a_compressed_answer_is_not_read(encoding: str) -> None:
    """#29: identity was asked for; what cannot be read is not shown either."""
    error = _raised(200, body=b"\x1f\x8b", headers=(*JSON, ("content-encoding", encoding)))
    assert type(error) is errors.DecodeError
    assert str(error) == "the answer is compressed though identity was asked for"
    assert (error.status, error.method, error.excerpt) == (200, "GET", "")


@pytest.mark.parametrize("encoding", ["identity", " Identity ", ""])
def test_no_compression_may_be_said(encoding: str) -> None:
    """#29: an answer that says that it is not compressed is read."""
    headers = (*JSON, ("Content-Encoding", encoding))
    assert interpret(GET, Response(status=200, headers=headers, body=b"{}")) == b"{}"
    assert str(_raised(409, body=b'{"error":"taken"}', headers=headers)).endswith(": taken")


def test_a_body_is_not_asked_about_where_none_is_due() -> None:
    """#46: a deletion is done whatever its body says it is."""
    gone = Request(method="DELETE", path="contacts/7", law=RetryLaw.CONVERGENT, expected=DELETED, answers_json=False)
    assert interpret(gone, Response(status=204)) == b""
    assert interpret(gone, Response(status=200, body=b"bye")) == b"bye"


def test_what_is_expected() -> None:
    """#45, #47: which statuses are a yes, and that anything but a plain request is said to be so."""
    assert [sorted(each) for each in (OK, SAVED, DELETED)] == [[200], [200, 201], [200, 204]]
    assert (GET.expected, GET.answers_json, GET.missing_is_done, GET.large) == (OK, True, False, False)


def test_no_repr_shows_what_people_wrote() -> None:
    """I-26: bodies, queries, headers and subjects stay out of logs and tracebacks."""
    held = {"query": {"q": "canary"}, "body": b"canary", "subject": "canary"}
    assert "canary" not in repr(Request(method="PUT", path="contacts/7", law=RetryLaw.CONVERGENT, **held))
    assert "canary" not in repr(Response(status=200, headers=(("a", "canary"),), body=b"canary"))


def test_a_compressed_refusal_keeps_its_status() -> None:
    """#29: what cannot be read does not hide what was said by the status."""
    error = _raised(404, body=b"\x1f\x8b", headers=(("Content-Encoding", "gzip"),))
    assert (type(error), error.excerpt, str(error)) == (errors.NotFound, "", "HTTP 404 for GET contacts/7")


@pytest.mark.parametrize("path", ["/contacts", "a?b", "a#b", "a b", "//host", "a//b", "../x", "a/../b", "", "a\\b"])
def test_a_path_stays_below_the_base_url(path: str) -> None:
    """I-8: no path can lead to another origin, query or parent."""
    with pytest.raises(errors.ConfigurationError) as caught:
        Request(method="GET", path=path, law=RetryLaw.SAFE)
    assert str(caught.value) == "a request's path must lie below the base URL"


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
        (["1E9"], 1e9),
        (["7."], 7.0),
        (["Thu, 01 Jan 2026 13:00:30 +0100"], 30.0),
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


def test_an_error_knows_the_wait_from_the_moment_of_its_answer() -> None:
    """#62: without the server's Date it is the time at which the answer came that counts."""
    headers = (*JSON, ("Retry-After", "Thu, 01 Jan 2026 12:00:30 GMT"))
    with pytest.raises(errors.RateLimited) as caught:
        interpret(GET, Response(status=429, headers=headers, received_at=NOW + 10))
    assert caught.value.retry_after == 20.0


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_a_date_without_a_zone_is_utc_wherever_we_are(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """#62, #84: RFC 9110's oldest format names no zone and means UTC, not the zone of this machine."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert retry_after((("Retry-After", "Thu Jan  1 12:00:30 2026"),), NOW) == 30.0
    finally:
        monkeypatch.undo()
        time.tzset()


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
