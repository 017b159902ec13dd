"""Contacts: list, create, get, update, delete, merge, and their handles."""

import base64
import re
from typing import Any, Final

import orjson

from pling_async.sandbox.front import store
from pling_async.sandbox.front.calls import DONE, Answer, Call, Row
from pling_async.sandbox.front.errors import ApiError
from pling_async.sandbox.front.multipart import Form
from pling_async.sandbox.front.paging import limit_of, page, start_of
from pling_async.sandbox.front.rendering import shown_contact
from pling_async.sandbox.front.schema import number_of
from pling_async.sandbox.front.validation import IDS, NEW, OPTIONAL_TEXT, REQUIRED_TEXT, RULES, checked, is_handle

LARGEST: Final = 25_000_000
"""Bytes of an avatar."""
LATEST: Final = 10**12
"""The greatest time that a filter takes."""
_MOST_MERGED: Final = 50
_NUMBER: Final = re.compile(r"[0-9]{1,13}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_SELECTS: Final = {
    ("created_at", "asc"): """SELECT * FROM frontContacts
        WHERE (createdAt, id) > (:value, :number) AND +updatedAt > :after AND +updatedAt < :before
        ORDER BY createdAt, id LIMIT :limit""",
    ("created_at", "desc"): """SELECT * FROM frontContacts
        WHERE (createdAt, id) < (:value, :number) AND +updatedAt > :after AND +updatedAt < :before
        ORDER BY createdAt DESC, id DESC LIMIT :limit""",
    ("updated_at", "asc"): """SELECT * FROM frontContacts
        WHERE (updatedAt, id) > (:value, :number) AND +updatedAt > :after AND +updatedAt < :before
        ORDER BY updatedAt, id LIMIT :limit""",
    ("updated_at", "desc"): """SELECT * FROM frontContacts
        WHERE (updatedAt, id) < (:value, :number) AND +updatedAt > :after AND +updatedAt < :before
        ORDER BY updatedAt DESC, id DESC LIMIT :limit""",
}
"""A plus keeps SQLite from finding rows by the filter, and looking at every contact for each page."""
_COLUMNS: Final = {"created_at": "createdAt", "updated_at": "updatedAt"}


def list_contacts(call: Call) -> Answer:
    """List the contacts, the newest first unless told otherwise."""
    by, order = call.one("sort_by") or "created_at", call.one("sort_order") or "desc"
    if (by, order) not in _SELECTS:
        raise ApiError(status=400, message="sort_by is created_at or updated_at, sort_order asc or desc")
    end = float("-inf") if order == "asc" else float("inf")
    value, number = start_of(call) or (end, 0)
    values = {
        "value": value,
        "number": number,
        "after": _seconds(call, "q[updated_after]", float("-inf")),
        "before": _seconds(call, "q[updated_before]", float("inf")),
        "limit": limit_of(call) + 1,
    }
    cursor = call.connection.execute(_SELECTS[by, order], values)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return page(call, rows, lambda row: shown_contact(call, row), _COLUMNS[by])


def _seconds(call: Call, name: str, usual: float) -> float:
    text = call.one(name)
    if text is not None and not (_NUMBER.fullmatch(text) and float(text) <= LATEST):
        raise ApiError(status=400, message=f"{name} must be seconds since 1970")
    return usual if text is None else float(text)


def create_contact(call: Call) -> Answer:
    """Create a contact; unknown lists are created, unknown custom fields refused."""
    given = checked(_body(call), NEW)
    number = store.insert(call, given)
    return Answer.of(shown_contact(call, _by_number(call, number)), status=201)


def get_contact(call: Call) -> Answer:
    """Return a contact, by its id or one of its handles."""
    return Answer.of(shown_contact(call, call.contact()))


def update_contact(call: Call) -> Answer:
    """Change what is given; custom_fields replaces all of them. A form may have an avatar."""
    contact = call.contact()
    body = _body(call)
    if "avatar" in body or (call.form is not None and not (call.form.files or body)):
        raise ApiError.bad("body.avatar: must be a file")
    store.change(call, contact, checked(body, RULES))
    if call.form is not None and "avatar" in call.form.files:
        _set_avatar(call, contact, call.form)
    return DONE


def _set_avatar(call: Call, contact: Row, form: Form) -> None:
    avatar = form.files["avatar"]
    if len(avatar.content) > LARGEST:
        raise ApiError(status=413, message="File size is limited to 25 MB")
    call.connection.execute(
        "UPDATE frontContacts SET avatar = ?, avatarType = ? WHERE id = ?",
        (base64.b64encode(avatar.content).decode(), avatar.content_type, contact["id"]),
    )


def get_avatar(call: Call) -> Answer:
    """Return the picture that avatar_url leads to."""
    number = number_of("fil", call.ids["file_id"])
    found = call.row("SELECT avatar, avatarType FROM frontContacts WHERE id = ? AND avatar IS NOT NULL", number)
    if found is None:
        raise ApiError(status=404, message=f"Unknown file {call.ids['file_id']}")
    return Answer(body=base64.b64decode(found["avatar"]), content_type=found["avatarType"])


def delete_contact(call: Call) -> Answer:
    """Delete a contact."""
    _delete(call, call.contact()["id"])
    return DONE


def merge_contacts(call: Call) -> Answer:
    """Make one contact of several: the target, among them or not, or the first that is named; the others go."""
    given = checked(call.json_object(), {"contact_ids": IDS, "target_contact_id": OPTIONAL_TEXT})
    refs, target = given["contact_ids"], [given["target_contact_id"]] if "target_contact_id" in given else []
    merged = {row["id"]: row for row in map(call.contact, [*target, *refs])}
    if not 1 < len(merged) <= _MOST_MERGED or len(set(refs)) < len(refs):
        raise ApiError.bad(f"body.contact_ids: 2 to {_MOST_MERGED} different contacts")
    first, *others = merged.values()
    _unite(call, first, others)
    return Answer.of(shown_contact(call, _by_number(call, first["id"])))


def _unite(call: Call, target: Row, others: list[Row]) -> None:
    """Move everything to the target: descriptions one after the other, for the rest the last update counts."""
    by_age = sorted([target, *others], key=lambda row: float(row["updatedAt"]))
    oldest_first = [target, *sorted(others, key=lambda row: float(row["createdAt"]))]
    fields: dict[str, Any] = {}
    for row in by_age:
        fields |= orjson.loads(row["customFields"])
    values = {
        "id": target["id"],
        "name": next((row["name"] for row in reversed(by_age) if row["name"]), ""),
        "description": "\n".join(row["description"] for row in oldest_first if row["description"]),
        "links": orjson.dumps(
            list(dict.fromkeys(link for row in oldest_first for link in orjson.loads(row["links"])))
        ).decode(),
        "customFields": orjson.dumps(fields).decode(),
        "now": call.now,
    }
    call.connection.execute(
        """UPDATE frontContacts SET name = :name, description = :description, links = :links,
            customFields = :customFields, updatedAt = :now WHERE id = :id""",
        values,
    )
    for row in others:
        _move(call, row["id"], target["id"])
        _delete(call, row["id"])
        call.connection.execute("INSERT OR REPLACE INTO frontFormerIds VALUES (?, ?)", (row["id"], target["id"]))


def _move(call: Call, source: int, target: int) -> None:
    for statement in (
        "UPDATE frontHandles SET contactId = :target WHERE contactId = :source",
        "UPDATE OR IGNORE frontMembers SET contactId = :target WHERE contactId = :source",
        "UPDATE frontNotes SET contactId = :target WHERE contactId = :source",
        "UPDATE frontConversations SET contactId = :target WHERE contactId = :source",
        "UPDATE frontFormerIds SET contactId = :target WHERE contactId = :source",
    ):
        call.connection.execute(statement, {"source": source, "target": target})


def add_handle(call: Call) -> Answer:
    """Give a contact one more handle."""
    contact, handle = call.contact(), _handle(call)
    store.add_handle(call, contact["id"], handle)
    store.touch(call, contact["id"])
    return DONE


def delete_handle(call: Call) -> Answer:
    """Take a handle from a contact; the last one only with force, which deletes the contact."""
    contact, handle = call.contact(), _handle(call)
    handles = call.rows("SELECT id, source, handle FROM frontHandles WHERE contactId = ?", contact["id"])
    wanted = (handle["source"], handle["handle"].lower())
    found = [each["id"] for each in handles if (each["source"], each["handle"].lower()) == wanted]
    if not found:
        raise ApiError(status=404, message="Unknown handle")
    if len(handles) == 1 and handle.get("force") is not True:
        raise ApiError(status=400, message="Cannot delete the last handle of a contact")
    if len(handles) == 1:
        _delete(call, contact["id"])
    else:
        call.connection.execute("DELETE FROM frontHandles WHERE id = ?", (found[0],))
        store.touch(call, contact["id"])
    return DONE


def _handle(call: Call) -> dict[str, Any]:
    body = call.json_object()
    checked(body, {"handle": REQUIRED_TEXT, "source": REQUIRED_TEXT})
    if not is_handle(body) or not isinstance(body.get("force", False), bool):
        raise ApiError.bad("body: is not a handle")
    return body


def _body(call: Call) -> dict[str, Any]:
    return call.json_object() if call.form is None else call.form.values


def _by_number(call: Call, number: int) -> Row:
    found = call.row("SELECT * FROM frontContacts WHERE id = ?", number)
    if found is None:
        raise LookupError("the contact has just been written")
    return found


def _delete(call: Call, number: int) -> None:
    call.connection.execute("DELETE FROM frontContacts WHERE id = ?", (number,))
