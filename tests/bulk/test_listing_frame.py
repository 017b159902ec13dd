"""A listing read in columns says what the strict codec says, value or error, however odd the listing."""

import json
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pling_async import errors
from pling_async.bulk import listing_frame
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.listing_frame import from_contacts, read_listing
from pling_async.bulk.snapshot import from_listed
from pling_async.pling.codec import decode_listing

OLA, KARI = "+4799999001", "+4799999002"
PLAIN: dict[str, Any] = {
    "id": 7020139,
    "accountId": 12345,
    "mobile": OLA,
    "name": "Ola Nordmann",
    "firstName": "Ola",
    "lastName": "Nordmann",
    "speedDial": "",
    "comment": "",
    "address": "Storgata 1",
    "postalCode": "0663",
    "city": "TROMSØ",
    "stop": 0,
    "active": 1,
    "autoCreated": "2022-03-24T09:46:41.000Z",
    "autoCreatedNumber": "26114",
    "email": "ola@example.com",
    "contactGroupIds": [2, 1],
    "created": "2022-03-24T09:46:41.000Z",
    "lastModified": "2022-06-01T09:09:26.000Z",
}
GROUPS = [{"id": 1, "accountId": 12345, "name": "Kunder"}, {"id": 2, "accountId": 12345, "name": "Ansatte"}]
NAMES = list(PLAIN)

ODD: list[tuple[str, Any]] = [
    *[("name", value) for value in (5, 1.5, True, ["x"], {"x": 1}, None, "", 'a"b\\c\n\t', "\u2028", "😀", "},{")],
    *[
        ("comment", value)
        for value in ("}", "{", ":null", ': null "', "\x04", "\x01\x02\x05", "\\", '\\"', "\\u0041", '","')
    ],
    *[("mobile", value) for value in (None, "", "\x04", 4799999001, ["+47"])],
    *[("id", value) for value in (None, "7", 7.0, True, -1, 2**53, 2**53 + 1, 10**30, 1e3)],
    *[("accountId", value) for value in (None, "12345", 12345.0, 99)],
    *[("stop", value) for value in (1, True, False, "0", "1", "true", 2, -1, 0.0, 1.0, None, "", "ja", [1])],
    *[("active", value) for value in (0, False, "0", None, 7)],
    *[
        ("contactGroupIds", value)
        for value in (None, [], [1, 1], [1, "2"], [1.0], [None], [[1]], "1,2", 1, {}, [2**60])
    ],
    *[
        ("autoCreated", value)
        for value in (None, "", "2022-02-29T09:46:41Z", "2024-02-29T09:46:41Z", "0000-00-00T00:00:00Z")
    ],
    *[("autoCreated", value) for value in ("2022-03-24T09:46:41.123456Z", "2022-03-24T09:46:41+02:00", 5, "x", [])],
    *[("created", value) for value in (None, "2022-13-01T00:00:00Z", "2022-04-31T00:00:00Z", 7)],
    *[("contactGroups", value) for value in (["Kunder"], [1], None)],
    *[("shoeSize", value) for value in (43, {"left": 43}, [{"a": 1}, {"b": 2}], 'x"},{"y', None)],
    ("friends", [PLAIN, PLAIN, PLAIN]),
]


def body_of(*contacts: Any, groups: Any = GROUPS) -> bytes:
    """Return a listing as a server writes it."""
    return orjson.dumps({"contacts": list(contacts), "contactGroups": groups})


def said(read: Any, body: bytes) -> Any:
    """Return what a reader makes of a listing: its frame and groups, or its error."""
    try:
        return read(body)
    except errors.DecodeError as error:
        return type(error), str(error), getattr(error, "json_path", None)


def by_objects(body: bytes) -> tuple[pl.DataFrame, Any]:
    """Read a listing as the codec does."""
    listing = decode_listing(body)
    return from_contacts(listing.contacts).sort("id", "mobile"), listing.contact_groups


def by_columns(body: bytes) -> tuple[pl.DataFrame, Any]:
    """Read a listing in columns, however short it is."""
    listed = read_listing(body, small=0)
    return listed.contacts.sort("id", "mobile"), listed.groups


def assert_agreement(body: bytes) -> None:
    """Check that both readers say the same."""
    wanted, found = said(by_objects, body), said(by_columns, body)
    if isinstance(wanted[0], pl.DataFrame):
        assert isinstance(found[0], pl.DataFrame), found
        distinct = pl.col("contact_group_ids").list.unique(maintain_order=True)
        assert_frame_equal(found[0].with_columns(distinct), wanted[0])
        assert found[1] == wanted[1]
    else:
        assert found == wanted


def numbered(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return plain contacts, each with an id and a number of its own, and with some changes."""
    return [
        {**PLAIN, "id": number, "mobile": f"+47999990{number:02}", **change} for number, change in enumerate(changes)
    ]


@pytest.fixture
def no_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail when a contact is read by the codec."""

    def refuse(_: object) -> None:
        raise AssertionError("the codec was asked")

    monkeypatch.setattr(listing_frame, "from_contacts", refuse)


@pytest.mark.usefixtures("no_objects")
@pytest.mark.parametrize("dump", [orjson.dumps, lambda value: json.dumps(value).encode()], ids=["compact", "spaced"])
def test_plain_contacts_need_no_objects(dump: Any) -> None:
    """What servers write, with spaces or escapes or without, is read in columns alone."""
    changes = {"name": None, "stop": "1", "active": False, "autoCreated": None, "contactGroupIds": []}
    contacts = numbered({}, changes, {"comment": 'He said: "a\\b"\n\u00e5 },{'.replace("},{", "}")})
    listed = read_listing(dump({"contacts": contacts, "contactGroups": GROUPS}), small=0)
    rows = listed.contacts.sort("id")
    assert rows["name"].to_list() == ["Ola Nordmann", "", "Ola Nordmann"]
    assert rows["is_stopped"].to_list() == [False, True, False]
    assert rows["is_active"].to_list() == [True, False, True]
    assert rows["comment"].to_list()[2] == 'He said: "a\\b"\nå }'
    assert rows["postal_code"].to_list() == ["0663"] * 3


@pytest.mark.usefixtures("no_objects")
def test_contacts_may_be_laid_out_in_a_few_ways() -> None:
    """A field that is left out where it has no value, here and there, needs no objects either."""
    contacts = numbered({"city": "BERGEN"}, {}, {"comment": "x"}, {"city": "OSLO"}, {})
    for place, name in ((1, "autoCreated"), (2, "stop"), (4, "autoCreated")):
        del contacts[place][name]
    rows = read_listing(body_of(*contacts), small=0).contacts.sort("id")
    assert rows["city"].to_list() == ["BERGEN", "TROMSØ", "TROMSØ", "OSLO", "TROMSØ"]
    assert rows["auto_created"].is_null().to_list() == [False, True, False, False, True]
    assert rows["is_stopped"].to_list() == [False] * 5


def test_contacts_may_be_laid_out_in_many_ways() -> None:
    """The codec reads those that are left when enough layouts were learnt."""
    contacts = numbered(*({} for _ in range(2 * len(NAMES))))
    for place, contact in enumerate(contacts):
        contact.pop(NAMES[place % len(NAMES)] if place % 3 else "comment", None)
    assert_agreement(body_of(*(contact for contact in contacts if {"id", "mobile"} <= contact.keys())))


@pytest.mark.untraced
@pytest.mark.parametrize(("name", "value"), ODD, ids=lambda each: repr(each)[:40])
def test_odd_values_are_never_coerced(name: str, value: Any) -> None:
    """Whatever stands in a field, the reading in columns is the codec's, or its error at the same path."""
    for place in range(4):
        changes: list[dict[str, Any]] = [{} for _ in range(4)]
        changes[place] = {name: value}
        listing = {"contacts": numbered(*changes), "contactGroups": GROUPS}
        assert_agreement(json.dumps(listing, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_read_as_the_codec_reads_it(name: str) -> None:
    """Fields may be left out of some contacts, or of all."""
    some = numbered({}, {}, {})
    del some[1][name]
    assert_agreement(body_of(*some))
    assert_agreement(body_of(*({key: value for key, value in each.items() if key != name} for each in some)))


WHOLE = body_of(*numbered({}, {}, {}, {}))


def damaged(old: bytes, new: bytes) -> bytes:
    """Return a listing with the last occurrence of something replaced, far from where the layout is learnt."""
    before, found, after = WHOLE.rpartition(old)
    assert found
    return before + new + after


TEXTS_OF_LISTINGS = [
    b"",
    b"[]",
    b"{}",
    b'{"contacts":[]}',
    b'{"contacts":[],"contactGroups":[]}',
    b'{"contacts":[{}],"contactGroups":[]}',
    b'{"contacts":null,"contactGroups":[]}',
    WHOLE[:-1],
    WHOLE + b"x",
    WHOLE[:-1] + b',"contacts":[]}',
    b"\xef\xbb\xbf" + WHOLE,
    b" \n" + WHOLE + b"\n",
    damaged(b'"contactGroups"', b'"groups"'),
    damaged(b'"contactGroups"', b'"contacts":[],"contactGroups"'),
    damaged(b'},{"id":3', b'}{"id":3'),
    damaged(b'},{"id":3', b'},,{"id":3'),
    damaged(b'},{"id":3', b'}, {"id":3'),
    damaged(b'},{"id":3', b'},\n{"id":3'),
    damaged(b'},{"id":3', b'}\n{"id":3'),
    damaged(b'},{"id":3', b'}],"foo":[{},{"id":3'),
    damaged(b'},{"id":2', b',"foo":[{"x":1},{"id":2'),
    damaged(b'},{"id":3', b'}],"contacts":[{"id":3'),
    damaged(b'"stop":0', b'"stop":0,"stop":1'),
    damaged(b'"stop":0,', b'"stop":0\n'),
    damaged(b'"stop":0', b'"stop":00'),
    damaged(b'"stop":0', b'"stop":NaN'),
    damaged(b'"stop":0', b'"stop":-0'),
    damaged(b'"stop":0', b'"stop" :0'),
    damaged(b'"stop":0', b'"stop":'),
    damaged(b'"id":3', b'"id":03'),
    damaged(b'"id":3', b'"id":'),
    damaged(b'"id":3', b'"id":+3'),
    damaged(b'"id":3', b'"id":\xd9\xa3'),
    damaged(b"TROMS\xc3\x98", b"TROMS\xd8"),
    damaged(b"TROMS\xc3\x98", b"TROMS\\ud83d"),
    damaged(b"TROMS\xc3\x98", b"TROMS\\ud83d\\ude00"),
    damaged(b"TROMS\xc3\x98", b"TROMS\\u00d8"),
    damaged(b"TROMS\xc3\x98", b"TROMS\\uD7ff\\n\\/"),
    damaged(b"TROMS\xc3\x98", b"TROMS\x00"),
    damaged(b"TROMS\xc3\x98", b"TROMS\t"),
    damaged(b"TROMS\xc3\x98", b"TROMS\x7f"),
    damaged(b"TROMS\xc3\x98", b"TROMS\\x"),
    body_of(*numbered({}, {}, {}), groups=[{"id": 1, "name": 'x"contactGroups'}]),
    body_of(*numbered({}, {}, {}), groups=[{"id": "1", "name": "x"}]),
    body_of(*numbered({}, {}, {}), groups=None),
    b'{"contactGroups":[],' + WHOLE[1:].rpartition(b',"contactGroups"')[0] + b"}",
    body_of(*numbered({}, {"contactGroups": ["x"]}), groups=[]).removesuffix(b',"contactGroups":[]}') + b"}",
    json.dumps(orjson.loads(WHOLE), indent=2).encode(),
]


@pytest.mark.parametrize("body", TEXTS_OF_LISTINGS, ids=range(len(TEXTS_OF_LISTINGS)))
def test_odd_texts_are_read_as_the_codec_reads_them(body: bytes) -> None:
    """Cut, padded, reordered, repeated, nested or broken text: the same value or the same error."""
    assert_agreement(body)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**54),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(
        ["0", "1", '"', "\\", "}", "},{", "}, {", '{"id":1', ":null", "\x04", "\x05", "2022-02-30T00:00:00Z"]
    ),
)
VALUES = st.one_of(CELLS, st.lists(CELLS, max_size=3), st.dictionaries(st.sampled_from(["id", "a"]), CELLS, max_size=2))
CHANGES = st.dictionaries(st.sampled_from([*NAMES, "contactGroups", "new", "newer"]), VALUES, max_size=2)


@settings(max_examples=75, deadline=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=5), spaced=st.booleans(), ascii_only=st.booleans())
@example(changes=[{}, {"new": [PLAIN, PLAIN, PLAIN]}, {}], spaced=False, ascii_only=False)
def test_both_readings_agree(changes: list[dict[str, Any]], spaced: bool, ascii_only: bool) -> None:  # noqa: FBT001
    """Generated listings, each contact with a few odd fields, read the same in columns and as objects."""
    separators = (", ", ": ") if spaced else (",", ":")
    listing = {"contacts": numbered({}, {}, *changes), "contactGroups": GROUPS}
    assert_agreement(json.dumps(listing, separators=separators, ensure_ascii=ascii_only).encode())


DAMAGE = [*(bytes([each]) for each in b'"{}[],\\01: \n\x04\x05\xff'), b"", b"},{", b"null", b'\\"', b":null", b'","']


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_both_readings_agree_on_damaged_text(data: st.DataObject) -> None:
    """A listing with some bytes replaced, inserted or taken away is read, or refused, alike."""
    body = bytearray(body_of(*numbered({}, {}, {"name": None}, {"shoeSize": 1})))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1).map(lambda back: len(body) - 1 - back))
        body[place : place + data.draw(st.integers(0, 4))] = data.draw(st.sampled_from(DAMAGE))
    assert_agreement(bytes(body))


def test_a_long_listing_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the pieces are cut makes no difference, odd contacts or not."""
    changes = [{"shoeSize": 43} if number % 7 == 3 else {} for number in range(60)]
    body = body_of(*numbered(*changes))
    for size in (1, 300, 1000, 5000):
        monkeypatch.setattr("pling_async.bulk.listing_text._PIECE", size)
        assert_agreement(body)


def test_groups_are_named_once_each() -> None:
    """A group id that is given twice, or that nobody knows, does no harm."""
    contacts = numbered({"contactGroupIds": [2, 1, 2]}, {"contactGroupIds": [9]}, {})
    snapshot = from_listed(read_listing(body_of(*contacts), small=0), origin="", account_id=12345)
    assert snapshot.contacts["contact_group_ids"].to_list() == [[2, 1], [9], [2, 1]]
    assert snapshot.contacts["contact_groups"].to_list() == [["Ansatte", "Kunder"], ["#9"], ["Ansatte", "Kunder"]]


@pytest.mark.parametrize(
    ("contacts", "groups", "where"),
    [([{}, {"accountId": 99}], GROUPS, "contacts"), ([{}, {}], [{"id": 1, "accountId": 99}], "contactGroups")],
    ids=["contact", "group"],
)
def test_another_account_is_no_baseline(contacts: list[dict[str, Any]], groups: Any, where: str) -> None:
    """A listing of another account is refused (#48)."""
    listed = read_listing(body_of(*numbered(*contacts), groups=groups), small=0)
    with pytest.raises(errors.SchemaError, match=rf"\$\.{where}: .*another account"):
        from_listed(listed, origin="", account_id=12345)


def test_the_digest_tells_frames_apart() -> None:
    """Neither nulls, quotes, commas nor where a list ends can be confused; chunks make no difference."""
    frames = [
        pl.DataFrame({"a": cells, "b": texts}, schema={"a": pl.List(pl.String), "b": pl.String})
        for cells, texts in (
            ([["x"], ["y"]], ["", None]),
            ([["x"], ["y"]], [None, ""]),
            ([["x", "y"], []], ["", None]),
            ([["x", "y"], None], ["", None]),
            ([["x"], ["y"]], ['","', None]),
            ([["x"], ["y"]], ['"\n"', None]),
            ([["x", None], []], ["", None]),
        )
    ]
    assert len({digest(frame) for frame in frames}) == len(frames)
    assert digest(frames[0]) == digest(pl.concat([frames[0].head(1), frames[0].tail(1)], rechunk=False))
    assert digest(frames[0]) != digest(frames[0], mode="replace")
    assert digest(frames[0], frames[1]) != digest(frames[1], frames[0])
