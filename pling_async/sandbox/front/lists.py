"""Contact lists and their members; the deprecated paths under /contact_groups are the same."""

from typing import Any, Final

from pling_async.sandbox.front import store
from pling_async.sandbox.front.calls import DONE, Answer, Call
from pling_async.sandbox.front.errors import ApiError
from pling_async.sandbox.front.paging import limit_of, listed, page, start_of
from pling_async.sandbox.front.rendering import shown_contact, shown_list
from pling_async.sandbox.front.validation import IDS, REQUIRED_TEXT, checked

MOST_REMOVED: Final = 50


def list_contact_lists(call: Call) -> Answer:
    """List the contact lists, all at once."""
    rows = call.rows("SELECT * FROM frontLists ORDER BY id")
    return listed(call, [shown_list(call, row) for row in rows])


def create_contact_list(call: Call) -> Answer:
    """Create a contact list, whether or not there is one of its name; the answer says nothing of it."""
    given = checked(call.json_object(), {"name": REQUIRED_TEXT})
    if not given["name"]:
        raise ApiError.bad("body.name: is empty")
    call.connection.execute("INSERT INTO frontLists (name, isPrivate) VALUES (?, 0)", (given["name"],))
    return DONE


def delete_contact_list(call: Call) -> Answer:
    """Delete a contact list; its contacts stay."""
    call.connection.execute("DELETE FROM frontLists WHERE id = ?", (call.contact_list()["id"],))
    return DONE


def list_members(call: Call) -> Answer:
    """List the contacts of a list."""
    found = call.contact_list()
    _, number = start_of(call) or (0.0, 0)
    rows = call.rows(
        """SELECT frontContacts.* FROM frontMembers JOIN frontContacts ON frontContacts.id = contactId
            WHERE listId = ? AND contactId > ? ORDER BY contactId LIMIT ?""",
        found["id"],
        number,
        limit_of(call) + 1,
    )
    return page(call, rows, lambda row: shown_contact(call, row), "createdAt")


def add_members(call: Call) -> Answer:
    """Put contacts into a list."""
    found, numbers = call.contact_list(), _numbers(call)
    store.join(call, found["id"], numbers)
    return DONE


def remove_members(call: Call) -> Answer:
    """Take contacts from a list, at most 50."""
    found, numbers = call.contact_list(), _numbers(call, most=MOST_REMOVED)
    call.connection.executemany(
        "DELETE FROM frontMembers WHERE listId = ? AND contactId = ?", [(found["id"], number) for number in numbers]
    )
    return DONE


def _numbers(call: Call, most: int | None = None) -> list[Any]:
    ids = checked(call.json_object(), {"contact_ids": IDS})["contact_ids"]
    if not ids or (most is not None and len(ids) > most):
        raise ApiError.bad(f"body.contact_ids: 1 to {most or 'any number of'} ids")
    return [call.contact(each)["id"] for each in ids]
