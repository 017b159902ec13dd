"""Between the wire and the models: nothing is coerced, nothing is lost, nothing is sent that must not be."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async import UNSET, Contact, ContactGroup
from pling_async.errors import DecodeError, SchemaError
from pling_async.pling.codec import (
    decode_contact,
    decode_group,
    decode_groups,
    decode_listing,
    decode_result,
    encode,
    wire_name,
)


def _contact(wire: dict[str, Any], **changes: Any) -> Contact:
    return decode_contact(orjson.dumps({**wire, **changes}))


def test_the_documents_example_is_read(wire: dict[str, Any]) -> None:
    """Section 2.2, field by field."""
    assert _contact(wire) == Contact(
        id=7020139,
        account_id=12345,
        mobile="+4799999999",
        name="First M. Last",
        first_name="First M.",
        last_name="Last",
        speed_dial="1",
        comment="Company Name AS",
        address="Storgata 1",
        postal_code="0663",
        city="OSLO",
        is_stopped=False,
        is_active=True,
        auto_created=datetime(2022, 3, 24, 9, 46, 41, tzinfo=UTC),
        auto_created_number="26114",
        email="first.last@example.com",
        contact_group_ids=(26974,),
        created=datetime(2022, 3, 24, 9, 46, 41, tzinfo=UTC),
        last_modified=datetime(2022, 6, 1, 9, 9, 26, tzinfo=UTC),
    )


def test_what_was_read_is_written_back_whole(wire: dict[str, Any]) -> None:
    """I-27: a read-modify-write keeps every writable field, unknown ones included, and sends nothing read-only."""
    contact = _contact(wire, stop=1, invented={"by": ["1.1.0"]})
    read_only = {"id", "created", "lastModified"}
    expected = {name: value for name, value in wire.items() if name not in read_only}
    assert encode(contact, account_id=12345) == {**expected, "stop": 1, "invented": {"by": ["1.1.0"]}}
    assert "accountId" not in encode(contact)


@pytest.mark.parametrize(
    ("raw", "flag"), [(0, False), (1, True), (False, False), (True, True), ("0", False), ("1", True)]
)
def test_flags_have_a_table(wire: dict[str, Any], raw: object, flag: bool) -> None:  # noqa: FBT001 - a value
    """#39: the six spellings that can only be meant one way."""
    contact = _contact(wire, stop=raw, active=raw)
    assert (contact.is_stopped, contact.is_active) == (flag, flag)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stop", 2),
        ("stop", None),
        ("stop", 1.0),
        ("stop", "yes"),
        ("stop", [1]),
        ("active", -1),
        ("id", "7"),
        ("id", 7.0),
        ("id", True),
        ("id", -1),
        ("id", 2**53 + 1),
        ("id", None),
        ("accountId", "12345"),
        ("mobile", None),
        ("mobile", 4799999999),
        ("name", 1),
        ("postalCode", 663),
        ("created", 1650000000),
        ("contactGroupIds", None),
        ("contactGroupIds", {"1": 1}),
    ],
)
def test_nothing_is_coerced(wire: dict[str, Any], field: str, value: object) -> None:
    """#39 to #41: a value of another type is an error with its place, and without the value."""
    with pytest.raises(SchemaError) as caught:
        _contact(wire, **{field: value})
    assert caught.value.json_path == f"$.{field}"
    assert caught.value.__context__ is None


def test_the_path_leads_into_lists(wire: dict[str, Any], group_wire: dict[str, Any]) -> None:
    """#34: the place of the first wrong value in a whole listing."""
    cases = {
        "$.contacts[3].stop": {"contacts": [wire] * 3 + [{**wire, "stop": 2}], "contactGroups": []},
        "$.contacts[0].contactGroupIds[1]": {
            "contacts": [{**wire, "contactGroupIds": [1, "2"]}],
            "contactGroups": [],
        },
        "$.contacts[1]": {"contacts": [wire, None], "contactGroups": []},
        "$.contacts[0].id": {"contacts": [{"mobile": "+4799999999"}], "contactGroups": []},
        "$.contacts[0].mobile": {"contacts": [{"id": 1}], "contactGroups": []},
        "$.contactGroups[1].id": {"contacts": [], "contactGroups": [group_wire, {}]},
        "$.contacts": {"contactGroups": []},
        "$.contactGroups": {"contacts": [], "contactGroups": None},
        "$": [],
    }
    for path, document in cases.items():
        with pytest.raises(SchemaError) as caught:
            decode_listing(orjson.dumps(document))
        assert caught.value.json_path == path


def test_the_path_is_true_in_a_long_listing(wire: dict[str, Any]) -> None:
    """A listing that is parsed in pieces still counts from its beginning."""
    rows = [wire] * 5000
    rows[4321] = {**wire, "active": None}
    with pytest.raises(SchemaError) as caught:
        decode_listing(orjson.dumps({"contacts": rows, "contactGroups": []}))
    assert caught.value.json_path == "$.contacts[4321].active"


def test_a_null_text_is_empty(wire: dict[str, Any]) -> None:
    """#40: never the text 'None'."""
    contact = _contact(wire, name=None, comment=None, autoCreated=None)
    assert (contact.name, contact.comment, contact.auto_created) == ("", "", None)


def test_what_is_absent_is_unset() -> None:
    """A field that the server does not send is not given, which is neither empty nor None."""
    contact = decode_contact(b'{"id":1,"mobile":"+4799999999"}')
    assert {contact.name, contact.is_stopped, contact.contact_group_ids, contact.created} == {UNSET}


@pytest.mark.parametrize(
    "text",
    [
        "2022-06-01T09:09:26Z",
        "2022-06-01T09:09:26.000Z",
        "2022-06-01T11:09:26+02:00",
        "2022-06-01T09:09:26",
        "2022-06-01T09:09:26.000000",
    ],
)
def test_dates_are_aware_utc(wire: dict[str, Any], text: str) -> None:
    """#42: with or without milliseconds and offset."""
    created = _contact(wire, created=text).created
    assert created == datetime(2022, 6, 1, 9, 9, 26, tzinfo=UTC)
    assert isinstance(created, datetime)
    assert created.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["2025-06-31", "soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00"])
def test_an_impossible_date_is_kept_as_text(wire: dict[str, Any], text: str) -> None:
    """#42: it reads as None; its text stays in extra and goes back only where it may be written."""
    contact = _contact(wire, autoCreated=text, created=text)
    assert (contact.auto_created, contact.created) == (None, None)
    assert contact.extra == {"autoCreated": text, "created": text}
    encoded = encode(contact, account_id=1)
    assert encoded["autoCreated"] == text
    assert "created" not in encoded
    newer = contact.evolve(auto_created=datetime(2022, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert encode(newer)["autoCreated"] == "2022-01-01T00:00:00.000Z"


def test_of_groups_given_both_ways_the_ids_win(wire: dict[str, Any]) -> None:
    """An answer with names and ids is understood, and can be written back."""
    contact = _contact(wire, contactGroups=["A"])
    assert (contact.contact_group_ids, contact.contact_groups) == ((26974,), UNSET)
    assert contact.check() is contact
    names_only = {name: value for name, value in wire.items() if name != "contactGroupIds"}
    assert _contact(names_only, contactGroups=["A", "B", "A"]).contact_groups == ("A", "B")


def test_stop_is_sent_as_1_or_with_consent() -> None:
    """I-5: no `stop: 0` without consent, not even through extra."""
    ola = Contact(mobile="+4799999001", extra={"stop": 0, "id": 9})
    assert encode(ola) == {"mobile": "+4799999001"}
    assert "stop" not in encode(ola.evolve(is_stopped=False))
    assert encode(ola.evolve(is_stopped=False), consent=True)["stop"] == 0
    assert encode(ola.evolve(is_stopped=True))["stop"] == 1


def test_an_empty_text_clears_and_unset_is_left_out() -> None:
    """An empty text is a value, UNSET is silence."""
    contact = Contact(mobile="+4799999001", city="", contact_groups=(), is_active=False, auto_created=None)
    assert encode(contact) == {
        "mobile": "+4799999001",
        "city": "",
        "contactGroups": [],
        "active": 0,
        "autoCreated": None,
    }


def test_groups_are_read_under_both_spellings_of_id(group_wire: dict[str, Any]) -> None:
    """Section 2.3 says `Id`, its example `id`."""
    group = decode_group(orjson.dumps(group_wire))
    capital = {"Id" if name == "id" else name: value for name, value in group_wire.items()}
    assert decode_groups(orjson.dumps([capital])) == (group,)
    assert encode(ContactGroup(name="VIP"), account_id=1) == {"accountId": 1, "name": "VIP"}
    assert encode(group) == {"name": "Test group"}


def test_the_answer_to_a_replace_is_read() -> None:
    """Section 2.5's example; the echo of an invalid contact keeps its wire names."""
    answer = {
        "addedContactCount": 50,
        "modifiedContactCount": 222,
        "unchangedContactCount": 1000,
        "invalidContactCount": 1,
        "invalidContacts": [
            {"mobile": "9522713", "contactGroups": ["Gruppe 1"], "error": "Invalid mobile number: 9522713"}
        ],
    }
    result = decode_result(orjson.dumps(answer))
    assert (result.added_contact_count, result.unchanged_contact_count) == (50, 1000)
    (invalid,) = result.invalid_contacts
    assert invalid.sent == {"mobile": "9522713", "contactGroups": ["Gruppe 1"]}
    assert invalid.error.startswith("Invalid")
    assert "9522713" not in repr(result)
    broken: list[tuple[str, Any]] = [("addedContactCount", -1), ("invalidContacts", [{}]), ("invalidContacts", None)]
    for name, value in broken:
        with pytest.raises(SchemaError):
            decode_result(orjson.dumps({**answer, name: value}))


def test_wire_names_are_camel_case() -> None:
    """The names of section 2.2, and the two that differ."""
    names = ["postal_code", "is_stopped", "is_active", "contact_group_ids", "auto_created_number", "mobile"]
    assert [wire_name(name) for name in names] == [
        "postalCode",
        "stop",
        "active",
        "contactGroupIds",
        "autoCreatedNumber",
        "mobile",
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = st.sampled_from([wire_name(name) for name in ("id", "mobile", "is_stopped", "created", "extra", "name")])


@given(st.dictionaries(_FIELDS, _JSON) | _JSON)
def test_any_json_is_a_contact_or_our_error(document: Any) -> None:
    """I-30: no shape raises anything but our errors."""
    try:
        body = orjson.dumps(document)
    except TypeError:
        return
    for decode in (decode_contact, decode_group, decode_groups, decode_listing, decode_result):
        try:
            decode(body)  # type: ignore[operator]
        except DecodeError as error:
            assert error.json_path.startswith("$")  # noqa: PT017 - both ways are fine


@given(
    st.builds(
        Contact,
        mobile=st.just("+4799999001"),
        id=st.integers(0, 2**53),
        name=st.text(max_size=100),
        comment=st.text(max_size=200),
        is_stopped=st.booleans(),
        is_active=st.booleans(),
        auto_created=st.none()
        | st.datetimes(min_value=datetime(1970, 1, 1)).map(  # noqa: DTZ001 - made aware below
            lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
        ),
        contact_group_ids=st.lists(st.integers(0, 2**53), max_size=4),
        extra=st.dictionaries(st.sampled_from(["x", "y"]), st.integers(-5, 5)),
    )
)
def test_writing_and_reading_are_inverse(contact: Contact) -> None:
    """I-27: parse(format(x)) == x."""
    body = {**encode(contact, consent=True), "id": contact.id}
    try:
        text = orjson.dumps(body)
    except TypeError:
        return
    assert decode_contact(text) == contact
