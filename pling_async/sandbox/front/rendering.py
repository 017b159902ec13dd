"""Rows as answers show them."""

from typing import Any

import orjson

from pling_async.sandbox.front.calls import Call, Row
from pling_async.sandbox.front.schema import public_id


def shown_contact(call: Call, row: Row) -> dict[str, Any]:
    """Return a contact."""
    public = public_id("crd", row["id"])
    own = f"{call.base}/contacts/{public}"
    handles = call.rows("SELECT source, handle FROM frontHandles WHERE contactId = ? ORDER BY id", row["id"])
    groups = call.rows(
        """SELECT frontLists.* FROM frontMembers JOIN frontLists ON frontLists.id = listId
            WHERE contactId = ? ORDER BY frontLists.id""",
        row["id"],
    )
    lists = [each["name"] if call.semantics.groups_in_answers == "names" else shown_list(call, each) for each in groups]
    return {
        "_links": {
            "self": own,
            "related": {"notes": f"{own}/notes", "conversations": f"{own}/conversations", "owner": None},
        },
        "id": public,
        "name": row["name"],
        "description": row["description"],
        "avatar_url": f"{call.base}/resources/{public_id('fil', row['id'])}" if row["avatar"] is not None else None,
        "links": orjson.Fragment(row["links"]),
        "handles": handles,
        "groups": lists,
        "lists": lists,
        "updated_at": row["updatedAt"],
        "custom_fields": orjson.Fragment(row["customFields"]),
        "is_private": bool(row["isPrivate"]),
        "account": None,
    }


def shown_list(call: Call, row: Row) -> dict[str, Any]:
    """Return a contact list."""
    public = public_id("grp", row["id"])
    own = f"{call.base}/contact_lists/{public}"
    links = {"self": own, "related": {"contacts": f"{own}/contacts", "owner": None}}
    return {"_links": links, "id": public, "name": row["name"], "is_private": bool(row["isPrivate"])}


def shown_note(row: Row) -> dict[str, Any]:
    """Return a note."""
    return {
        "author": {"id": row["authorId"]},
        "body": row["body"],
        "created_at": row["createdAt"],
        "is_private": False,
    }


def shown_conversation(call: Call, row: Row) -> dict[str, Any]:
    """Return a conversation."""
    public = public_id("cnv", row["id"])
    return {
        "_links": {"self": f"{call.base}/conversations/{public}"},
        "id": public,
        "subject": row["subject"],
        "status": row["status"],
        "created_at": row["createdAt"],
    }


def shown_custom_field(call: Call, row: Row) -> dict[str, Any]:
    """Return a custom field."""
    public = public_id("fld", row["id"])
    links = {"self": f"{call.base}/custom_fields/{public}"}
    return {"_links": links, "id": public, "name": row["name"], "description": row["description"], "type": row["type"]}
