"""Sections 3.6 to 3.10: list, get, add, edit and delete contact groups."""

from pling_async.sandbox.pling.calls import Answer, Call
from pling_async.sandbox.pling.errors import ApiError
from pling_async.sandbox.pling.groups import add_group, group_by_id, groups_of, remove_group, rename_group
from pling_async.sandbox.pling.merge import Row
from pling_async.sandbox.pling.rendering import Rendering
from pling_async.sandbox.pling.validation import check_new, group_name


def list_groups(call: Call) -> Answer:
    """Section 3.6."""
    account_id = call.account()
    rendering = Rendering(call, account_id)
    return Answer.of([rendering.group(group) for group in groups_of(call.connection, account_id)])


def get_group(call: Call) -> Answer:
    """Section 3.7."""
    return _answer(call, _found(call, call.id))


def create_group(call: Call) -> Answer:
    """Section 3.8; names need not be unique."""
    body = call.json_object()
    account_id = call.account_of(body)
    check_new(body, call.semantics)
    group_id = add_group(call.connection, account_id, group_name(body, call.semantics) or "", call.now)
    return _answer(call, _found(call, group_id), status=201)


def edit_group(call: Call) -> Answer:
    """Section 3.9."""
    group = _found(call, call.id)
    body = call.json_object()
    call.check_identity(body, group)
    name = group_name(body, call.semantics)
    if name is not None and name != group["name"]:
        rename_group(call.connection, call.id, name, call.now)
    return _answer(call, _found(call, call.id))


def delete_group(call: Call) -> Answer:
    """Section 3.10; deleteContacts is the wider of the two flags, and only "true" sets them."""
    group = _found(call, call.id)
    takes_all = call.query.get("deleteContacts") == "true"
    if takes_all or call.query.get("deleteContactsNotInOtherGroup") == "true":
        call.connection.execute(
            """DELETE FROM contacts WHERE id IN (SELECT contactId FROM memberships WHERE groupId = :group)
                AND (:stopped OR NOT stop)
                AND (:all OR NOT EXISTS (
                    SELECT 1 FROM memberships WHERE contactId = contacts.id AND groupId <> :group))""",
            {"group": group["id"], "all": takes_all, "stopped": call.semantics.stopped_members == "deleted"},
        )
    remove_group(call.connection, group["id"], call.now)
    return Answer(status=204)


def _found(call: Call, group_id: int) -> Row:
    group = group_by_id(call.connection, group_id)
    if group is None:
        raise ApiError(status=404, message=f"No contact group has the id {group_id}")
    call.allow(group["accountId"])
    return group


def _answer(call: Call, group: Row, *, status: int = 200) -> Answer:
    return Answer.of(Rendering(call, group["accountId"]).group(group), status=status)
