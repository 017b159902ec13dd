"""Contacts in the store: writing them, their handles and their lists."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from pling_async.sandbox.front.calls import Call, Row
from pling_async.sandbox.front.errors import ApiError
from pling_async.sandbox.front.validation import check_custom_fields

_JSON: Final = {"links": "links", "custom_fields": "customFields"}
_TEXTS: Final = ("name", "description")


def insert(call: Call, given: Mapping[str, Any]) -> int:
    """Add a contact with everything it brings, and return its number."""
    fields = check_custom_fields(call, given.get("custom_fields", {}))
    cursor = call.connection.execute(
        """INSERT INTO frontContacts (name, description, links, customFields, isPrivate, createdAt, updatedAt)
            VALUES (?, ?, ?, ?, 0, ?, ?)""",
        (
            given.get("name", ""),
            given.get("description", ""),
            _json(given.get("links", [])),
            _json(fields),
            call.now,
            call.now,
        ),
    )
    number = cursor.lastrowid or 0
    for handle in given["handles"]:
        add_handle(call, number, handle)
    _join_named(call, number, given)
    return number


def change(call: Call, contact: Row, given: Mapping[str, Any]) -> None:
    """Write what is given; custom fields that are not given are erased when any are."""
    row = {**contact, **{name: given[name] for name in _TEXTS if name in given}}
    if "custom_fields" in given:
        given = {**given, "custom_fields": check_custom_fields(call, given["custom_fields"])}
    row |= {column: _json(given[name]) for name, column in _JSON.items() if name in given}
    call.connection.execute(
        """UPDATE frontContacts SET name = :name, description = :description, links = :links,
            customFields = :customFields, updatedAt = :now WHERE id = :id""",
        {**row, "now": call.now},
    )
    if "list_names" in given or "group_names" in given:
        call.connection.execute("DELETE FROM frontMembers WHERE contactId = ?", (contact["id"],))
        _join_named(call, contact["id"], given)


def touch(call: Call, number: int) -> None:
    """Note that a contact has changed."""
    call.connection.execute("UPDATE frontContacts SET updatedAt = ? WHERE id = ?", (call.now, number))


def add_handle(call: Call, number: int, handle: Mapping[str, str]) -> None:
    """Give a contact a handle, unless it is another's, or its own already."""
    owner = call.row(
        "SELECT contactId FROM frontHandles WHERE source = ? AND handle = ?", handle["source"], handle["handle"]
    )
    if owner is not None:
        raise ApiError(status=call.semantics.conflict_status, message="The handle is already used by a contact")
    call.connection.execute(
        "INSERT INTO frontHandles (contactId, source, handle) VALUES (?, ?, ?)",
        (number, handle["source"], handle["handle"]),
    )


def join(call: Call, list_number: int, numbers: Iterable[int]) -> None:
    """Put contacts into a list."""
    call.connection.executemany(
        "INSERT OR IGNORE INTO frontMembers (listId, contactId) VALUES (?, ?)",
        ((list_number, number) for number in numbers),
    )


def list_number(call: Call, name: str) -> int:
    """Return the number of the list of a name, the first of several, made when there is none."""
    found = call.row("SELECT id FROM frontLists WHERE name = ? ORDER BY id", name)
    if found is not None:
        return int(found["id"])
    return call.connection.execute("INSERT INTO frontLists (name, isPrivate) VALUES (?, 0)", (name,)).lastrowid or 0


def _join_named(call: Call, number: int, given: Mapping[str, Any]) -> None:
    for name in (*given.get("list_names", ()), *given.get("group_names", ())):
        join(call, list_number(call, name), [number])


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
