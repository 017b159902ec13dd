"""What Front's answers become, and what is refused."""

from datetime import UTC, datetime

import pytest

from pling_async import UNSET, errors
from pling_async.frontapp.codec import decode, decode_page, encode
from pling_async.frontapp.models import Contact, ContactChange, ContactList, Handle


def test_lists_may_be_names_objects_or_missing() -> None:
    """`list_names` reads lists, else groups, in either shape; unknown fields are kept."""
    body = b'{"id":"crd_1","groups":["A",{"name":"B","id":"grp_1","new":1}],"is_spammer":false}'
    contact = decode(Contact, body)
    assert contact.list_names == ("A", "B")
    assert contact.groups == (ContactList(name="A"), ContactList(name="B", id="grp_1", extra={"new": 1}))
    assert (contact.lists, contact.name, contact.extra) == (UNSET, UNSET, {"is_spammer": False})


def test_an_answer_may_lack_everything_but_the_id() -> None:
    """No property is required by Front's description; null is empty, and times are seconds."""
    body = b'{"id":"crd_1","name":null,"handles":null,"custom_fields":null,"updated_at":1644365795.363}'
    contact = decode(Contact, body)
    assert (contact.name, contact.handles, dict(contact.custom_fields)) == ("", (), {})
    assert contact.updated_at == datetime.fromtimestamp(1644365795.363, tz=UTC)
    assert decode(Contact, b'{"id":"crd_1","handles":[{"source":"whatsapp","handle":"x"}]}').handles_of("whatsapp")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"[]", r"\$"),
        (b"{}", r"\$\.id"),
        (b'{"id":1}', r"\$\.id"),
        (b'{"id":"crd_1","handles":[{"source":"email"}]}', r"\$\.handles\[0\]"),
        (b'{"id":"crd_1","is_private":1}', r"\$\.is_private"),
        (b'{"id":"crd_1","updated_at":"now"}', r"\$\.updated_at"),
        (b'{"id":"crd_1","lists":[{"id":"grp_1"}]}', r"\$\.lists\[0\]\.name"),
    ],
)
def test_nothing_is_coerced(body: bytes, place: str) -> None:
    """A value of another kind is an error that says where, and not what."""
    with pytest.raises(errors.SchemaError, match=place):
        decode(Contact, body)


def test_a_page_says_where_the_next_one_is() -> None:
    """`next` may be null, empty or absent after the last page."""
    for end in (b'{"next":null}', b'{"next":""}', b"{}", b"null"):
        page = decode_page(Contact, b'{"_results":[{"id":"crd_1"}],"_pagination":%b}' % end)
        assert (len(page.elements), page.next) == (1, None)
    assert decode_page(Contact, b'{"_results":[],"_pagination":{"next":"x"}}').next == "x"
    with pytest.raises(errors.SchemaError, match=r"\$\._results\[1\]\.id"):
        decode_page(Contact, b'{"_results":[{"id":"crd_1"},{}]}')


def test_what_is_sent_is_what_is_given() -> None:
    """UNSET is left out, empty is sent; what JSON cannot spell is refused."""
    assert encode(ContactChange()) == b"{}"
    assert encode(ContactChange(name="", custom_fields={"A": 1})) == b'{"name":"","custom_fields":{"A":1}}'
    with pytest.raises(errors.ValidationError, match="JSON"):
        encode(ContactChange(custom_fields={"A": object()}))


def test_no_repr_names_a_person() -> None:
    """I-26: neither names nor handles show in a repr."""
    contact = decode(Contact, b'{"id":"crd_1","name":"Ola","handles":[{"source":"phone","handle":"+4799999001"}]}')
    shown = repr(contact) + repr(Handle("email", "ola@example.com")) + repr(ContactChange(name="Ola"))
    assert "Ola" not in shown
    assert "99999" not in shown
    assert "ola@" not in shown
