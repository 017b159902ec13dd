"""JSON that two parsers could read differently is refused; long texts are parsed in pieces."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pling_async.errors import DecodeError
from pling_async.session.jsontext import load_in_pieces, load_json


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[NaN]",
        b"[Infinity]",
        b"[1e400]",
        b'{"stop":1,"stop":0}',
        b'[{"a":{"b":1,"b":1}}]',
        b"[" * 200_000,
        b"[" * 1030 + b"]" * 1030,
        b"[" * 255 + b"]" * 255,
        b"1" * 5000,
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b'"a\x00b"',
        '"æ"'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_not_strict_json_is_refused(text: bytes) -> None:
    """#31, #35 to #37: one controlled error, whatever is wrong."""
    with pytest.raises(DecodeError) as caught:
        load_json(text)
    assert caught.value.__context__ is None


def test_the_error_shows_a_place_and_no_text() -> None:
    """What stands in an answer is personal data; where it breaks is not."""
    with pytest.raises(DecodeError, match="at character") as caught:
        load_json(b'{"mobile":"+4799999001" oops}')
    assert "4799" not in str(caught.value)


@given(st.binary())
def test_any_bytes_are_a_value_or_our_error(text: bytes) -> None:
    """I-30: nothing else than DecodeError comes out."""
    with suppress(DecodeError):
        load_json(text)


_HARD = ["a},{b", '"},{"', "\\", '\\"},{\\"', "}]", "]},{[", "æ\u2028"]


def _both(document: Any, *, indent: int | None = None) -> tuple[Any, int]:
    taken: list[Any] = []
    pieces = 0

    def take(piece: list[Any]) -> None:
        nonlocal pieces
        pieces += 1
        taken.extend(piece)

    rest = load_in_pieces(json.dumps(document, indent=indent).encode(), "contacts", take)
    rest["contacts"] = taken + rest["contacts"]
    return rest, pieces


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(_HARD), min_size=1), st.sampled_from([None, 1]))
def test_pieces_are_the_whole(comments: list[str], indent: int | None) -> None:
    """Wherever strings and nested objects place their braces, parsing in pieces gives what parsing at once gives."""
    rows = [{"i": i, "comment": comments[i % len(comments)] * 20, "x": [{}, {"y": {}}]} for i in range(5000)]
    document = {"contacts": rows, "contactGroups": [{"id": 1}, {"id": 2}]}
    assert _both(document, indent=indent)[0] == document


def test_a_long_listing_is_parsed_in_many_pieces() -> None:
    """The event loop gets its turns: no parser call sees much more than 256 kB."""
    document = {"contacts": [{"comment": "x" * 500}] * 10_000, "contactGroups": []}
    whole, pieces = _both(document)
    assert whole == document
    assert pieces >= 15


@pytest.mark.parametrize(
    "text",
    [
        b'{"contactGroups":[],"contacts":[%s]}',
        b'[{"contacts":[%s]}]',
        b'{"contacts":[[%s]]}',
    ],
)
def test_other_shapes_are_parsed_at_once(text: bytes) -> None:
    """What does not begin like a listing, or has no place to cut, is left to the parser as a whole."""
    body = text % b",".join([b'{"a":[{},{}]}'] * 100_000)
    assert load_in_pieces(body, "contacts", lambda _: None) == orjson.loads(body)


_TWICE = [
    b'{"stop":1,"stop":0}',
    b'{"stop": 1, "stop": 0}',
    b'{"stop" :1,"stop":0}',
    b'{"stop":1,"st\\u006fp":0}',
    b'{"note":"\\u003a","stop":1,"stop":0}',
    b'{"note":"\\u003A","stop":1,"stop":0}',
    b'{"a":[{"b":{"c":"::","c":1}}]}',
]


@pytest.mark.parametrize("place", [0, 9_000, 19_999])
@pytest.mark.parametrize("contact", _TWICE, ids=lambda contact: contact.decode())
def test_a_repeated_key_is_found_anywhere_in_a_long_listing(contact: bytes, place: int) -> None:
    """#36: however it is written, and however long the listing is, one of two values is not chosen."""
    rows = [b'{"mobile":"+4799999001","name":"A: \\u00e5 : B","groups":[{"id": 1}]}'] * 20_000
    rows[place] = contact
    with pytest.raises(DecodeError, match="twice"):
        load_in_pieces(b'{"contacts":[' + b",".join(rows) + b"]}", "contacts", lambda _: None)


@pytest.mark.parametrize("tail", [b',"contacts":[]}', b',"groups":[],"groups":[]}'])
def test_a_listing_has_each_part_once(tail: bytes) -> None:
    """#36: a second list of contacts does not take the place of the first."""
    rows = b",".join([b'{"a":[{},{}]}'] * 200_000)
    with pytest.raises(DecodeError, match="twice"):
        load_in_pieces(b'{"contacts":[' + rows + b"]" + tail, "contacts", lambda _: None)


@pytest.mark.parametrize("colon", ["\\u003a", ":", "\\u003A "])
def test_colons_in_texts_are_no_keys(colon: str) -> None:
    """A long text with colons and escapes of them, but without a repeated key, is read."""
    rows = ",".join([f'{{"a":"x{colon}y\\/","b" : ":"}}'] * 100_000)
    body = f'{{"other":[{rows}]}}'.encode()
    assert load_json(body) == json.loads(body)


def test_a_broken_long_listing_is_refused() -> None:
    """#31: a cut or a wrong literal far inside is found, pieces or not."""
    rows = b",".join([b'{"comment":"' + b"x" * 500 + b'"}'] * 5000)
    for tail in (b"", b",{]}", b",NaN]}"):
        with pytest.raises(DecodeError):
            load_in_pieces(b'{"contacts":[' + rows + tail, "contacts", lambda _: None)
