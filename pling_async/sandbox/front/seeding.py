"""Filling the store from outside, past every rule."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from pling_async.sandbox.front import store
from pling_async.sandbox.front.calls import Call
from pling_async.sandbox.front.schema import number_of
from pling_async.sandbox.service import Seed

Json = Mapping[str, Any]


def seed(call: Call, objects: Seed) -> None:
    """Add custom_fields, contact_lists, contacts and conversations, in this order; dates are kept where given."""
    for kind, add in _KINDS.items():
        for each in objects.get(kind, ()):
            add(call, each)


def _custom_field(call: Call, given: Json) -> None:
    call.connection.execute(
        "INSERT INTO frontCustomFields (name, type, description) VALUES (?, ?, ?)",
        (given["name"], given.get("type", "string"), given.get("description", "")),
    )


def _list(call: Call, given: Json) -> None:
    store.list_number(call, given["name"])


def _contact(call: Call, given: Json) -> None:
    created = given.get("created_at", call.now)
    cursor = call.connection.execute(
        """INSERT INTO frontContacts (id, name, description, links, customFields, isPrivate, createdAt, updatedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            number_of("crd", given["id"]) if "id" in given else None,
            given.get("name", ""),
            given.get("description", ""),
            orjson.dumps(given.get("links", [])).decode(),
            orjson.dumps(given.get("custom_fields", {})).decode(),
            int(given.get("is_private", False)),
            created,
            given.get("updated_at", created),
        ),
    )
    number = cursor.lastrowid or 0
    _handles(call, number, given.get("handles", ()))
    for name in given.get("lists", given.get("groups", ())):
        store.join(call, store.list_number(call, name), [number])


def _handles(call: Call, number: int, handles: Iterable[Json]) -> None:
    call.connection.executemany(
        "INSERT INTO frontHandles (contactId, source, handle) VALUES (?, ?, ?)",
        [(number, each["source"], each["handle"]) for each in handles],
    )


def _conversation(call: Call, given: Json) -> None:
    call.connection.execute(
        "INSERT INTO frontConversations (contactId, subject, status, createdAt) VALUES (?, ?, ?, ?)",
        (
            call.contact(given["contact_id"])["id"],
            given.get("subject", ""),
            given.get("status", "unassigned"),
            given.get("created_at", call.now),
        ),
    )


_KINDS: Final = {
    "custom_fields": _custom_field,
    "contact_lists": _list,
    "contacts": _contact,
    "conversations": _conversation,
}
