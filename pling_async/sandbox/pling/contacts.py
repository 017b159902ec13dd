"""Sections 3.1 to 3.5: list, get, add, modify and delete contacts."""

from typing import Any

import orjson

from pling_async.sandbox.pling.calls import Answer, Call
from pling_async.sandbox.pling.errors import ApiError
from pling_async.sandbox.pling.groups import GroupFinder, group_by_id, groups_of
from pling_async.sandbox.pling.merge import Policy, Row, merge, new_contact
from pling_async.sandbox.pling.rendering import Rendering
from pling_async.sandbox.pling.store import Contacts, contact_by_id, contacts_of
from pling_async.sandbox.pling.validation import check_new
from pling_async.sandbox.spool import Spool


def list_contacts(call: Call) -> Answer:
    """Section 3.1; with a group and without `stop`, stopped contacts are left out."""
    account_id = call.account()
    group_id, stop = _filters(call, account_id)
    rendering = Rendering(call, account_id)
    spool = Spool()
    spool.write(b'{"contacts":[')
    separator = b""
    for batch in contacts_of(call.connection, account_id, group_id=group_id, stop=stop):
        spool.write(separator + orjson.dumps([rendering.contact(row) for row in batch])[1:-1])
        separator = b","
    groups = [rendering.group(group) for group in groups_of(call.connection, account_id)]
    spool.write(b'],"contactGroups":' + orjson.dumps(groups) + b"}")
    return Answer(body=spool)


def _filters(call: Call, account_id: int) -> tuple[int | None, int | None]:
    stop = call.whole_number("stop")
    if stop not in {None, 0, 1}:
        raise ApiError(status=400, message="stop must be 0 or 1")
    group_id = call.whole_number("contactGroupId")
    if group_id is None:
        return None, stop
    group = group_by_id(call.connection, group_id)
    if group is None or group["accountId"] != account_id:
        raise ApiError(status=400, message=f"Unknown contact group: {group_id}")
    return group_id, stop or 0


def get_contact(call: Call) -> Answer:
    """Section 3.2."""
    return _answer(call, call.id)


def add_contact(call: Call) -> Answer:
    """Section 3.3; an existing mobile makes it an update (section 2.2)."""
    body = call.json_object()
    account_id = call.account_of(body)
    check_new(body, call.semantics)
    contacts = Contacts(call.connection, account_id, call.semantics)
    mobile = call.reader.mobile(body)
    given = _given(call, body, account_id)
    existing = contacts.by_mobile(mobile)
    if existing is not None:
        saved = merge(existing, given, Policy.for_post(call.semantics))
        _save(call, contacts, existing, saved)
        return _answer(call, existing["id"], status=call.semantics.existing_post_status)
    if contacts.is_remembered(mobile):
        given = {"stop": 1, **given}
    saved = {**new_contact(given), "mobile": mobile}
    _check_speed_dial(call, contacts, saved)
    contacts.insert([saved], call.now)
    return _answer(call, saved["id"], status=201)


def modify_contact(call: Call) -> Answer:
    """Section 3.4."""
    existing = _found(call, call.id)
    body = call.json_object()
    call.check_identity(body, existing)
    contacts = Contacts(call.connection, existing["accountId"], call.semantics)
    mobile = existing["mobile"]
    if "mobile" in body or call.semantics.omitted_in_put != "keep":
        mobile = call.reader.mobile(body)
    given = _given(call, body, existing["accountId"])
    if mobile != existing["mobile"]:
        if contacts.by_mobile(mobile) is not None:
            raise call.conflict("Another contact has this mobile number")
        if call.semantics.stop_list == "sticky":
            given = {"stop": int(contacts.is_remembered(mobile)), **given}
    saved = {**merge(existing, given, Policy.for_put(call.semantics)), "mobile": mobile}
    _save(call, contacts, existing, saved)
    return _answer(call, call.id)


def delete_contact(call: Call) -> Answer:
    """Section 3.5."""
    existing = _found(call, call.id)
    Contacts(call.connection, existing["accountId"], call.semantics).delete(call.id)
    return Answer(status=204)


def _found(call: Call, contact_id: int) -> Row:
    contact = contact_by_id(call.connection, contact_id)
    if contact is None:
        raise ApiError(status=404, message=f"No contact has the id {contact_id}")
    call.allow(contact["accountId"])
    return contact


def _given(call: Call, body: dict[str, Any], account_id: int) -> Row:
    given = call.reader.fields(body)
    GroupFinder(call.connection, account_id, call.now, call.semantics).resolve(given)
    return given


def _check_speed_dial(call: Call, contacts: Contacts, saved: Row) -> None:
    if contacts.holder(saved["speedDial"]) not in {None, saved.get("id")}:
        raise call.conflict("Another contact has this speed dial")


def _save(call: Call, contacts: Contacts, existing: Row, saved: Row) -> None:
    _check_speed_dial(call, contacts, saved)
    if saved != existing:
        contacts.update([(existing, saved)], call.now)


def _answer(call: Call, contact_id: int, *, status: int = 200) -> Answer:
    contact = _found(call, contact_id)
    return Answer.of(Rendering(call, contact["accountId"]).contact(contact), status=status)
