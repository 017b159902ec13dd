"""Front as a source: what becomes of each handle and field, and that nothing is lost silently."""

from typing import Any

from pling_async import bulk
from pling_async.frontapp.client import FrontClient
from pling_async.frontapp.models import Contact, ContactList, Handle
from pling_async.sandbox import Sandbox
from pling_async.sources.frontapp import FIELDS, FrontContacts, Left, frontapp, row_of


def contact(*handles: str, **more: Any) -> dict[str, Any]:
    """Return a contact to seed; handles as source:handle."""
    pairs = [each.split(":", 1) for each in handles]
    return {"handles": [{"source": source, "handle": handle} for source, handle in pairs], **more}


async def test_every_mapped_field_arrives(front: tuple[Sandbox, FrontClient]) -> None:
    """Name, description, phone, email, lists and custom fields each have one place; others are reported as ignored."""
    sandbox, client = front
    ola = contact(
        "email:ola@example.com",
        "phone:+4799999001",
        name="Ola N",
        description="about",
        lists=["VIP", "Oslo"],
        custom_fields={"City": "OSLO", "Postal code": "0663", "Stop": True, "Shoe size": "44"},
    )
    kari = contact("phone:99 99 90 02", name="Kari", custom_fields={"Stop": False})
    await sandbox.front.seed(contacts=[ola, kari])
    source = frontapp(client)
    prepared = await bulk.prepare(source)
    first, second = prepared.contacts.drop("rows").rows(named=True)
    assert first["mobile"] == "+4799999001"
    assert {name: first[name] for name in ("name", "email", "comment", "city", "postal_code", "is_stopped")} == {
        "name": "Ola N",
        "email": "ola@example.com",
        "comment": "about",
        "city": "OSLO",
        "postal_code": "0663",
        "is_stopped": True,
    }
    assert sorted(first["contact_groups"]) == ["Oslo", "VIP"]
    assert (second["mobile"], second["name"], second["is_stopped"]) == ("+4799999002", "Kari", None)
    assert prepared.source.ignored == ("custom_fields.Shoe size",)
    assert source.left == []


async def test_what_does_not_fit_is_reported(front: tuple[Sandbox, FrontClient]) -> None:
    """Two phones, two addresses, other handles, links, and nobody to call: each is named, none is lost silently."""
    sandbox, client = front
    two = contact("phone:+4722345678", "phone:+4799999001", "email:a@example.com", "email:b@example.com", id="crd_2")
    none = contact("email:c@example.com", "twitter:@c", id="crd_1", links=["https://example.com/"])
    await sandbox.front.seed(contacts=[two, none])
    source = frontapp(client)
    prepared = await bulk.prepare(source)
    assert prepared.contacts.select("mobile", "email").rows() == [("+4799999001", "a@example.com")]
    assert prepared.rejects.select("field", "code").rows() == [("mobile", "blank")]
    assert sorted(source.left, key=repr) == [
        Left(contact_id="crd_1", reason="links", count=1),
        Left(contact_id="crd_1", reason="no_phone", count=0),
        Left(contact_id="crd_1", reason="other_handles", count=1),
        Left(contact_id="crd_2", reason="other_emails", count=1),
        Left(contact_id="crd_2", reason="other_phones", count=1),
    ]


async def test_a_phone_that_is_no_mobile_is_rejected_with_its_reason(front: tuple[Sandbox, FrontClient]) -> None:
    """Without a mobile among them the first phone is read, so that its rejection says what is wrong."""
    sandbox, client = front
    await sandbox.front.seed(contacts=[contact("phone:+4722345678", "phone:nonsense")])
    prepared = await bulk.prepare(frontapp(client))
    assert prepared.contacts.height == 0
    assert prepared.rejects["code"].to_list() == ["landline"]


async def test_one_list_alone_can_be_read(front: tuple[Sandbox, FrontClient]) -> None:
    """The members of a contact list are a source too; every page is read, and reading again begins anew."""
    sandbox, client = front
    people = [
        contact(f"phone:+4799999{n:03}", f"twitter:@{n}", lists=["Even"] if n % 2 == 0 else []) for n in range(250)
    ]
    await sandbox.front.seed(contacts=people)
    (even,) = await client.lists.list()
    source: FrontContacts = frontapp(client, list_id=str(even.id))
    for _ in range(2):
        prepared = await bulk.prepare(source)
        assert (prepared.contacts.height, len(source.left)) == (125, 125)
    assert (await bulk.prepare(frontapp(client))).contacts.height == 250


def test_a_blank_field_erases_none_of_another_name() -> None:
    """Of several fields the first that is not blank is taken, in the order of the table; a false is not blank."""
    fields = {**FIELDS, "Town": "city", "Is active": "is_active"}
    for custom in ({"City": "Oslo", "Town": ""}, {"Town": "Oslo", "City": " "}, {"Town": "Bergen", "City": "Oslo"}):
        assert row_of(Contact(id="crd_1", custom_fields=custom), fields=fields)["city"] == "Oslo"
    active = {"Is active": True, "Active": False}
    assert row_of(Contact(id="crd_1", custom_fields=active), fields=fields)["is_active"] is False


def test_a_blank_field_does_not_erase_what_front_has_of_its_own() -> None:
    """Name, description, address and lists stay what they are; a field that says something comes before them."""
    fields = {"Called": "name", "Note": "comment", "Mail": "email", "Kind": "contact_groups"}
    known = Contact(
        id="crd_1",
        name="Ola",
        description="about",
        handles=(Handle("email", "ola@example.com"),),
        custom_fields={"Called": "", "Note": " ", "Mail": None, "Kind": ""},
        lists=(ContactList(name="VIP"),),
    )
    row = row_of(known, fields=fields)
    found = [row[name] for name in ("name", "comment", "email", "contact_groups")]
    assert found == ["Ola", "about", "ola@example.com", ["VIP"]]
    told = row_of(Contact(id="crd_1", name="Ola", custom_fields={"Called": "Kari"}), fields=fields)
    assert told["name"] == "Kari"


def test_the_mobile_may_be_in_fields_too() -> None:
    """Fields first, in the order of the table, then phones: the first mobile is read, a blank or a landline is none."""
    fields = {"Cell": "mobile", "Cell 2": "mobile"}
    phone = (Handle("phone", "+4799999001"),)

    def read(**custom: Any) -> Any:
        return row_of(Contact(id="crd_1", handles=phone, custom_fields=custom), fields=fields)["mobile"]

    assert read(Cell="") == "+4799999001"
    assert read(**{"Cell 2": "+4799999003", "Cell": "+4799999002"}) == "+4799999002"
    assert read(**{"Cell 2": 4799999003, "Cell": "+4722345678"}) == "4799999003"
    assert read(**{"Cell 2": 99999003.0}) == "99999003"
