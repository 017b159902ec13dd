"""What belongs to a contact: notes and conversations; and the company's custom fields."""

from pling_async.sandbox.front import store
from pling_async.sandbox.front.calls import Answer, Call
from pling_async.sandbox.front.paging import limit_of, listed, page, start_of
from pling_async.sandbox.front.rendering import shown_conversation, shown_custom_field, shown_note
from pling_async.sandbox.front.schema import public_id
from pling_async.sandbox.front.validation import REQUIRED_TEXT, checked


def list_notes(call: Call) -> Answer:
    """List the notes of a contact, all at once."""
    rows = call.rows("SELECT * FROM frontNotes WHERE contactId = ? ORDER BY id", call.contact()["id"])
    return listed(call, [shown_note(row) for row in rows], status=call.semantics.notes_status)


def add_note(call: Call) -> Answer:
    """Add a note to a contact."""
    contact = call.contact()
    given = checked(call.json_object(), {"author_id": REQUIRED_TEXT, "body": REQUIRED_TEXT})
    cursor = call.connection.execute(
        "INSERT INTO frontNotes (contactId, authorId, body, createdAt) VALUES (?, ?, ?, ?)",
        (contact["id"], given["author_id"], given["body"], call.now),
    )
    store.touch(call, contact["id"])
    return Answer.of(shown_note(call.rows("SELECT * FROM frontNotes WHERE id = ?", cursor.lastrowid)[0]), status=201)


def list_conversations(call: Call) -> Answer:
    """List the conversations with a contact, the newest first, of some statuses or all."""
    contact = call.contact()
    value, number = start_of(call) or (float("inf"), 0)
    statuses = {text for name, text in call.query if name in {"q[statuses]", "q[statuses][]"}}
    rows = call.rows(
        """SELECT * FROM frontConversations WHERE contactId = ? AND (createdAt, id) < (?, ?)
            ORDER BY createdAt DESC, id DESC""",
        contact["id"],
        value,
        number,
    )
    found = [row for row in rows if not statuses or row["status"] in statuses]
    return page(call, found[: limit_of(call) + 1], lambda row: shown_conversation(call, row), "createdAt")


def list_custom_fields(call: Call) -> Answer:
    """List the custom fields that contacts can have."""
    rows = call.rows("SELECT * FROM frontCustomFields ORDER BY id")
    return listed(call, [shown_custom_field(call, row) for row in rows])


def get_company(call: Call) -> Answer:
    """Say whom the token speaks for."""
    return Answer.of({"_links": {"self": f"{call.base}/me"}, "id": public_id("cmp", 1), "name": call.company})
