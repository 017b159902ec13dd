"""`pling contacts`: one contact at a time."""

from typing import TYPE_CHECKING, Any

import click

from pling_async.cli.commands import Group
from pling_async.cli.connection import on_account
from pling_async.cli.fields import CONTACT_COLUMNS, field_options, record
from pling_async.cli.options import output_option, yes_option
from pling_async.cli.output import Output, confirm, counted, next_step, note
from pling_async.cli.people import found, to_mobile, who_argument
from pling_async.errors import GuardRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pling_async.bulk import RowOutcome
    from pling_async.pling.client import PlingClient
    from pling_async.pling.models import Contact


@click.group(cls=Group)
def contacts() -> None:
    """List, get, add, update and delete contacts.

    pling contacts list --not-stopped
    pling contacts get "+47 999 99 101"
    pling contacts add "999 99 101" --first-name Ola --group VIP
    pling contacts update 7020139 --city OSLO
    """


@contacts.command("list")
@click.option("--group-id", type=click.IntRange(min=0), help="Only members of this group.")
@click.option("--stopped/--not-stopped", default=None, help="Only those on the stop list, or only the others.")
@output_option
def list_contacts(group_id: int | None, stopped: bool | None, output: Output) -> None:  # noqa: FBT001 - click's
    """List contacts.

    pling contacts list
    pling contacts list --group-id 26974 --not-stopped
    pling contacts list -o ndjson | jq -r .mobile
    """
    listing = on_account(lambda client: client.contacts.list(group_id=group_id, stopped=stopped))
    names = {group.id: group.name or "" for group in listing.contact_groups if isinstance(group.id, int)}
    output.records(CONTACT_COLUMNS, (record(contact, names) for contact in listing.contacts))
    note(counted(len(listing.contacts), "contact"))
    output.next_step("export", "--out", "contacts.csv")


@contacts.command()
@who_argument
@output_option
def get(who: int | str, output: Output) -> None:
    """Show one contact.

    pling contacts get 7020139
    pling contacts get +4799999101 -o json
    """
    known = on_account(lambda client: found(client, who))
    output.record(record(known))
    output.next_step("contacts", "update", _id(known), "--city", "CITY")


@contacts.command()
@click.argument("mobile")
@click.option("--region", default="NO", show_default=True, help="Country of a number without one.")
@field_options
@output_option
def add(mobile: str, region: str, fields: dict[str, Any], output: Output) -> None:
    """Add a contact, or update the one that has this number.

      pling contacts add +4799999101 --first-name Ola --last-name Nordmann --group VIP --group Oslo

    What is not given stays as it is. Nobody is taken off the stop list.
    """
    from pling_async import Contact, bulk  # noqa: PLC0415 - polars takes a while to import

    wanted = Contact(mobile=to_mobile(mobile, region), **fields).check()
    saved = on_account(lambda client: _upserted(bulk.upsert(client, [wanted]), wanted))
    output.done(record(saved))
    output.next_step("contacts", "get", saved.id or saved.mobile)


async def _upserted(outcomes: "AsyncIterator[RowOutcome]", wanted: "Contact") -> "Contact":
    [outcome] = [each async for each in outcomes]
    if outcome.error is not None:
        raise outcome.error
    return outcome.contact or wanted


@contacts.command()
@who_argument
@click.option("--mobile", help="A new number.")
@field_options
@output_option
def update(who: int | str, mobile: str | None, fields: dict[str, Any], output: Output) -> None:
    """Change a contact; what is not given stays as it is.

    pling contacts update 7020139 --city OSLO --postal-code 0663
    pling contacts update +4799999101 --group VIP        now in VIP and nowhere else
    pling contacts update 7020139 --comment ""           blank it
    """
    changes = fields if mobile is None else fields | {"mobile": to_mobile(mobile)}
    if not changes:
        raise click.UsageError("say what to change, for instance --city OSLO")
    saved = on_account(lambda client: _updated(client, who, changes))
    output.done(record(saved))
    output.next_step("contacts", "get", _id(saved))


async def _updated(client: "PlingClient", who: int | str, changes: dict[str, Any]) -> "Contact":
    from pling_async.session.unset import UNSET  # noqa: PLC0415 - `pling --help` does without

    known = await found(client, who)
    if "contact_groups" in changes:
        changes = changes | {"contact_group_ids": UNSET}
    wanted = known.evolve(**changes)
    if "name" not in changes and {"first_name", "last_name"} & changes.keys():
        wanted = wanted.evolve(name=" ".join(str(part) for part in (wanted.first_name, wanted.last_name) if part))
    return await client.contacts.update(wanted)


@contacts.command()
@who_argument
@click.option("--even-stopped", is_flag=True, help="Even if it is on the stop list: its opt-out is lost.")
@yes_option
def delete(who: int | str, even_stopped: bool, is_confirmed: bool) -> None:  # noqa: FBT001 - click's
    """Delete a contact.

    pling contacts delete 7020139
    pling contacts delete +4799999101 --yes
    """
    known = on_account(lambda client: found(client, who), interrupted=lambda: "nothing was sent")
    _guard(known, even_stopped=even_stopped)
    if not is_confirmed:
        confirm(f"Delete contact {known.id}?")
    on_account(lambda client: _deleted(client, _id(known), even_stopped=even_stopped))
    note(f"Contact {known.id} is deleted.")
    next_step("contacts", "list")


async def _deleted(client: "PlingClient", id: int, *, even_stopped: bool) -> None:  # noqa: A002 - the API's own word
    """Look again before it is gone: a STOP may have come while the question was on the screen."""
    _guard(await client.contacts.get(id), even_stopped=even_stopped)
    await client.contacts.delete(id)


def _guard(known: "Contact", *, even_stopped: bool) -> None:
    if known.is_stopped and not even_stopped:
        raise GuardRefused(
            f"contact {known.id} is on the stop list, and the opt-out would be lost with it; nothing was sent.\n"
            "allow it with --even-stopped"
        )


def _id(contact: "Contact") -> int:
    return int(str(contact.id))
