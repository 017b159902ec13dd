"""What a refusal says, as fields: read whatever came, bounded, and kept away from whoever looks on."""

import copy
import json
import logging
import pickle
import traceback
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from pling_async import errors
from pling_async.errors import ProblemDetails
from pling_async.session.problems import problem_of
from pling_async.session.protocol import Request, Response, interpret
from pling_async.session.retry import RetryLaw

GET = Request(method="GET", path="contacts/7", law=RetryLaw.SAFE)
JSON = (("Content-Type", "application/problem+json"),)
NUMBER = "+4799999001"


def refused(body: bytes, *, status: int = 400, headers: Any = JSON) -> errors.PlingError:
    """Return the error that an answer means."""
    with pytest.raises(errors.PlingError) as caught:
        interpret(GET, Response(status=status, headers=headers, body=body))
    return caught.value


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "No.", "instance": "/v2/contacts"},
            ProblemDetails(status=400, title="Bad Request", detail="No."),
        ),
        (
            {"type": "https://a.example/p", "title": "T", "errors": {"order": ["ASC", "DESC"], "limit": "1 to 200"}},
            ProblemDetails(
                code="https://a.example/p", title="T", fields={"order": ("ASC", "DESC"), "limit": ("1 to 200",)}
            ),
        ),
        (
            {"_error": {"status": 429, "title": "Too many requests", "message": "Wait.", "details": ["a", "b"]}},
            ProblemDetails(status=429, title="Too many requests", detail="Wait.", points=("a", "b")),
        ),
        ({"_error": {"message": "Unexpected token a"}}, ProblemDetails(detail="Unexpected token a")),
        ({"error": "No contact has the id 4711"}, ProblemDetails(detail="No contact has the id 4711")),
        ({"code": "Conflict", "message": "taken"}, ProblemDetails(code="Conflict", detail="taken")),
    ],
)
def test_each_shape_in_use_is_read(body: Any, problem: ProblemDetails) -> None:
    """Problem details with and without errors by field, Front's envelope, and both of Pling's."""
    assert refused(orjson.dumps(body)).problem == problem


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"taken"',
        b"[1]",
        b"{}",
        b'{"other":1}',
        b'{"title":5,"detail":["x"],"status":"400","errors":[{"a":"b"}],"details":{},"code":null,"error":{}}',
        b'{"status":true}',
        b'{"status":99}',
        b'{"status":600}',
        b'{"type":"about:blank"}',
        b'{"errors":{"a":[],"b":5,"c":[[]]}}',
        b'{"_error":{}}',
        b'{"title":"a","title":"b"}',
        b'{"title":"a","errors":{"x":["1"],"x":["2"]}}',
        b'{"title":"a"',
        b'{"title":"a","x":NaN}',
        b'{"title":"\\ud800"}',
        b'\xef\xbb\xbf{"title":"a"}',
        b'{"title":"\xff"}',
        b'{"title":"a","x":' + b"9" * 5000 + b"}",
        b'{"title":"a","x":' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"title":"a","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"title":"a","x":"' + b"y" * (1 << 20) + b'"}',
        b"<html><title>Bad gateway</title></html>",
    ],
    ids=lambda body: f"{body[:30]!r} of {len(body)}",
)
def test_what_is_malformed_or_hostile_says_nothing(body: bytes) -> None:
    """#37, I-30: other types, repeated keys, depth, size and other bytes give None; the refusal stays itself."""
    error = refused(body)
    assert type(error) is errors.BadRequest
    assert error.problem is None


def test_one_member_of_another_type_hides_no_other() -> None:
    """RFC 9457, section 3.1: a member whose type does not fit is taken as absent."""
    said = {"title": ["x"], "status": "400", "detail": "d", "errors": {"a": [5, "b"], "c": 5}, "_error": "text"}
    assert problem_of(orjson.dumps(said)) == ProblemDetails(detail="d", fields={"a": ("b",)})


def test_what_is_kept_is_bounded() -> None:
    """Twenty fields with twenty texts each, twenty points, two hundred characters a text or a name."""
    texts = ["x" * 300] * 30
    problem = problem_of(orjson.dumps({"errors": {"f" * 300: texts}, "details": texts, "title": texts[0]}))
    assert problem is not None
    ((name, kept),) = problem.fields.items()
    assert (len(name), len(kept), len(problem.points)) == (200, 20, 20)
    assert {len(each) for each in (*kept, *problem.points, problem.title)} == {200}
    many = problem_of(orjson.dumps({"errors": {str(each): "x" for each in range(100)}}))
    assert many is not None
    assert len(many.fields) == 20


@pytest.mark.parametrize(
    ("status", "headers"), [(202, JSON), (302, JSON), (400, (*JSON, ("Content-Encoding", "gzip")))]
)
def test_only_refusals_that_can_be_read_say_something(status: int, headers: Any) -> None:
    """A listing, however large, is never searched for a problem, and nothing is unpacked for one."""
    assert refused(b'{"title":"t"}', status=status, headers=headers).problem is None


def test_numbers_addresses_and_secrets_are_masked_everywhere() -> None:
    """I-26: in texts, in points and in the names of fields; what would steer a terminal is escaped."""
    words = f"{NUMBER} ola@example.com Basic dXNlcjpwdw== \x1b[31m"
    shown = "+47******01 ***@*** Basic *** \\x1b[31m"
    body = {"title": words, "detail": words, "code": words, "details": [words], "errors": {words: [words]}}
    assert problem_of(orjson.dumps(body)) == ProblemDetails(
        code=shown, title=shown, detail=shown, points=(shown,), fields={shown: (shown,)}
    )


def test_nobody_is_named_where_others_look(caplog: pytest.LogCaptureFixture) -> None:
    """I-26: no text, repr, log, variable of a traceback or pickle has what only the value may have."""
    error = refused(b'{"title":"t","code":"Kanarifugl"}')
    problem = error.problem
    assert problem is not None
    assert problem.code == "Kanarifugl"
    error.exchange = evolve(error.exchange, excerpt="")
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").info("%r %s", problem, error.exchange, exc_info=error)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "/tests/" not in frame.f_code.co_filename]
    assert "response" in frames[-1].f_locals
    said = f"{problem!r} {problem} {error!r} {error} {vars(error)} {[frame.f_locals for frame in frames]}"
    assert "Kanarifugl" not in caplog.text + said
    assert b"Kanarifugl" not in pickle.dumps(error) + pickle.dumps(error.exchange) + pickle.dumps(problem)


def test_a_pickle_comes_back_without_it_and_a_copy_with_it() -> None:
    """An error may travel between processes; what the server said stays where it was heard."""
    error = refused(b'{"title":"t"}')
    there = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(there), there.status, there.problem) == (str(error), 400, None)
    assert copy.copy(error).problem is error.problem
    assert copy.deepcopy(error).problem is error.problem
    assert copy.copy(error.problem) is error.problem


def test_it_cannot_be_changed() -> None:
    """The value is frozen, fields included, and can be a key as other values can."""
    problem = problem_of(b'{"errors":{"a":"x"}}')
    assert problem is not None
    assert type(problem.fields) is MappingProxyType
    assert hash(problem) == hash(evolve(problem))
    assert hash(errors.Exchange(problem=problem)) == hash(errors.Exchange(problem=problem))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["_error", "status", "title", "detail", "details", "errors", "code", "message", "error", "x"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_any_json_is_a_problem_or_none(value: Any) -> None:
    """I-30: whatever the members hold, what is kept is short text that can be printed."""
    problem = problem_of(json.dumps(value).encode())
    if problem is not None:
        said = [problem.code, problem.title, problem.detail, *problem.points, *problem.fields]
        said += [text for texts in problem.fields.values() for text in texts]
        assert all(len(each) <= 200 and each.isprintable() for each in said)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_problem_or_none(body: bytes) -> None:
    """I-30: no body of a refusal raises anything."""
    assert isinstance(problem_of(body), ProblemDetails | None)
