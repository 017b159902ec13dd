"""The operations on contacts."""

import sqlite3
from collections.abc import Sequence
from functools import partial

from pling_async.sandbox.ip1.calls import Answer, Call
from pling_async.sandbox.ip1.documents import Document, read_document, read_documents, read_labels, read_properties
from pling_async.sandbox.ip1.errors import Problem, not_found
from pling_async.sandbox.ip1.semantics import Ip1Semantics
from pling_async.sandbox.ip1.store import Contacts, Row


def list_contacts(call: Call) -> Answer:
    """Read a collection of contacts, by labels, properties and metadata."""
    contacts, window = Contacts(call.connection, call.semantics), call.window()
    rows, total = contacts.find(call, window)
    body = [contacts.shown(row, meta=call.has("meta")) for row in rows]
    return Answer.of(body, headers=call.links(window, total))


def add_contacts(call: Call) -> Answer:
    """Add contacts: accepted and imported in the background, or at once with sync."""
    documents = read_documents(call.json())
    if not call.has("sync"):
        return Answer(status=202, later=partial(_import, semantics=call.semantics, documents=documents))
    if len(documents) > call.semantics.sync_limit:
        raise Problem(detail=f"At most {call.semantics.sync_limit} contacts can be added directly.", at="$")
    contacts = Contacts(call.connection, call.semantics)
    return Answer.of([contacts.shown(row, meta=call.has("meta")) for row in contacts.add(documents)])


def delete_contacts(call: Call) -> Answer:
    """Delete the contacts that the filters leave: without a filter, every one."""
    contacts = Contacts(call.connection, call.semantics)
    rows, _ = contacts.find(call)
    contacts.delete(rows)
    return Answer.of([contacts.shown(row, meta=call.has("meta")) for row in rows])


def get_contact(call: Call) -> Answer:
    """Read an individual contact."""
    contacts, row = _found(call)
    return Answer.of(contacts.shown(row, meta=call.has("meta")))


def update_contact(call: Call) -> Answer:
    """Change the properties that are given, and remove those that are null; labels as the switches say."""
    contacts, row = _found(call)
    body = call.json()
    properties, labels = read_properties(body), read_labels(body)
    _check_id(call, body)
    merged = {**contacts.properties(row), **properties}
    kept = {name: value for name, value in merged.items() if value is not None}
    if labels is None or call.semantics.patch_labels == "add":
        labels = [*contacts.labels(row), *(labels or ())]
    return _written(call, contacts, contacts.save(row, kept, labels))


def replace_contact(call: Call) -> Answer:
    """Replace all data of a contact, whatever it was before."""
    contacts, row = _found(call)
    body = call.json()
    document = read_document(body)
    _check_id(call, body)
    return _written(call, contacts, contacts.save(row, document["properties"], document["labels"]))


def delete_contact(call: Call) -> Answer:
    """Delete one contact."""
    contacts, row = _found(call)
    contacts.delete([row])
    return _written(call, contacts, row)


def _found(call: Call) -> tuple[Contacts, Row]:
    contacts = Contacts(call.connection, call.semantics)
    row = contacts.get(call.place["contactId"])
    if row is None:
        raise not_found("contact")
    return contacts, row


def _check_id(call: Call, body: Document) -> None:
    if call.semantics.id_mismatch == "reject" and body.get("id") not in {None, call.place["contactId"]}:
        raise Problem(detail="The id in the body is not that of the path.", at="id")


def _written(call: Call, contacts: Contacts, row: Row) -> Answer:
    if call.semantics.write_answer == "empty":
        return Answer(status=204)
    return Answer.of(contacts.shown(row, meta=call.has("meta")))


def _import(connection: sqlite3.Connection, *, semantics: Ip1Semantics, documents: Sequence[Document]) -> None:
    Contacts(connection, semantics).add(documents)
