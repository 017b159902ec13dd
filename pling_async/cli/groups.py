"""`pling groups`: contact groups."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import click
from attrs import frozen

from pling_async.cli.commands import Group
from pling_async.cli.connection import on_account
from pling_async.cli.fields import GROUP_COLUMNS, record
from pling_async.cli.options import output_option, yes_option
from pling_async.cli.output import Output, confirm, counted, next_step, note
from pling_async.errors import GuardRefused

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient
    from pling_async.pling.models import Contact, ContactGroup

Members = Literal["keep", "delete", "delete_orphans"]

_ID: Final = click.IntRange(min=0)


@click.group(cls=Group)
def groups() -> None:
    """List, get, add, rename and delete contact groups.

    pling groups list
    pling groups add "VIP 2027"
    pling groups delete 26974
    """


@groups.command("list")
@output_option
def list_groups(output: Output) -> None:
    """List the groups.

    pling groups list -o json
    """
    found = on_account(lambda client: client.groups.list())
    output.records(GROUP_COLUMNS, map(record, found))
    note(counted(len(found), "group"))
    output.next_step("contacts", "list", "--group-id", _first_id(found))


def _first_id(found: "Sequence[ContactGroup]") -> object:
    return found[0].id if found else "ID"


@groups.command()
@click.argument("id", type=_ID)
@output_option
def get(id: int, output: Output) -> None:  # noqa: A002 - the API's own word
    """Show one group.

    pling groups get 26974
    """
    output.record(record(on_account(lambda client: client.groups.get(id))))
    output.next_step("contacts", "list", "--group-id", id)


@groups.command()
@click.argument("name")
@output_option
def add(name: str, output: Output) -> None:
    """Add a group.

    pling groups add "VIP 2027"
    """
    output.done(record(on_account(lambda client: client.groups.add(name))))
    output.next_step("contacts", "add", "MOBILE", "--group", name)


@groups.command()
@click.argument("id", type=_ID)
@click.argument("name")
@output_option
def rename(id: int, name: str, output: Output) -> None:  # noqa: A002 - the API's own word
    """Give a group another name.

    pling groups rename 26974 "VIP 2027"
    """
    output.done(record(on_account(lambda client: client.groups.rename(id, name))))
    output.next_step("groups", "get", id)


@groups.command()
@click.argument("id", type=_ID)
@click.option(
    "--contacts",
    type=click.Choice(["keep", "delete", "delete_orphans"]),
    default="keep",
    show_default=True,
    help="What becomes of its members; orphans are those in no other group.",
)
@click.option("--max-removals", type=click.IntRange(min=0), help="Most contacts that may go.  [default: 10 or 10%]")
@click.option("--even-stopped", is_flag=True, help="Even contacts on the stop list: their opt-outs are lost.")
@yes_option
def delete(id: int, contacts: Members, max_removals: int | None, even_stopped: bool, is_confirmed: bool) -> None:  # noqa: A002, FBT001 - click's
    """Delete a group; its members stay unless told otherwise.

    pling groups delete 26974
    pling groups delete 26974 --contacts delete_orphans
    """
    doomed = on_account(lambda client: _doomed(client, id, contacts), interrupted=lambda: "nothing was sent")
    doomed.check(max_removals, even_stopped=even_stopped)
    if not is_confirmed:
        confirm(f"Delete group {id} and {counted(len(doomed.contacts), 'contact')}?")
    on_account(lambda client: _deleted(client, id, contacts, doomed, even_stopped=even_stopped))
    note(f"Group {id} is deleted, and {counted(len(doomed.contacts), 'contact')} with it.")
    next_step("groups", "list")


@frozen
class _Doomed:
    """The contacts that would go with a group."""

    contacts: "tuple[Contact, ...]"
    account_contacts: int

    def check(self, max_removals: int | None, *, even_stopped: bool) -> None:
        """Raise `GuardRefused` when more would go than is allowed, or somebody who is stopped."""
        from pling_async.bulk.guards import Guards, removal_limit  # noqa: PLC0415 - polars takes a while to import

        limit = removal_limit(Guards(), self.account_contacts) if max_removals is None else max_removals
        count, stopped = len(self.contacts), sum(contact.is_stopped is True for contact in self.contacts)
        if count > limit:
            raise GuardRefused(
                f"{count} of {self.account_contacts} contacts would be deleted, more than the limit of {limit}; "
                f"nothing was sent.\nallow it with --max-removals {count}"
            )
        if stopped and not even_stopped:
            raise GuardRefused(
                f"{stopped} of the contacts are on the stop list, and their opt-outs would be lost; nothing was sent.\n"
                "allow it with --even-stopped"
            )


async def _deleted(
    client: "PlingClient",
    id: int,  # noqa: A002 - the API's own word
    contacts: Members,
    doomed: _Doomed,
    *,
    even_stopped: bool,
) -> None:
    """Look again before they are gone: somebody may have come, or opted out, while the question was on the screen."""
    now = await _doomed(client, id, contacts)
    if came := {each.id for each in now.contacts} - {each.id for each in doomed.contacts}:
        raise GuardRefused(
            f"{counted(len(came), 'contact')} came into the group meanwhile; nothing was sent.\nrepeat the command"
        )
    now.check(len(doomed.contacts), even_stopped=even_stopped)
    await client.groups.delete(id, contacts=contacts)


async def _doomed(client: "PlingClient", id: int, contacts: Members) -> _Doomed:  # noqa: A002 - the API's own word
    if contacts == "keep":
        return _Doomed((), 0)
    everybody = (await client.contacts.list()).contacts
    members = {member.mobile for member in (await client.contacts.list(group_id=id)).contacts}
    inside = [contact for contact in everybody if contact.mobile in members]
    if contacts == "delete_orphans":
        inside = [contact for contact in inside if not set(contact.contact_group_ids or ()) - {id}]
    return _Doomed(tuple(inside), len(everybody))
