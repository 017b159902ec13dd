"""`pling stop-list`: people who opted out (section 2.4)."""

from typing import TYPE_CHECKING, Final

import click

from pling_async.cli.commands import Group
from pling_async.cli.connection import on_account
from pling_async.cli.fields import record
from pling_async.cli.options import output_option
from pling_async.cli.output import Output, counted, next_step, note
from pling_async.cli.people import found, who_argument
from pling_async.errors import NotFound

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient
    from pling_async.pling.models import Contact

_NOBODY: Final = (
    "no contact of the account has this number; so that no list makes them reachable later, import one with their "
    "number and yes in a column Stopp: they arrive stopped"
)
_COLUMNS: Final = ("id", "mobile", "name", "email", "last_modified")


@click.group("stop-list", cls=Group)
def stop_list() -> None:
    """See who opted out, add people, remove them with consent.

    pling stop-list list
    pling stop-list add +4799999101
    pling stop-list remove +4799999101 --consent "signed form, archive 2026/311"
    """


@stop_list.command("list")
@output_option
def list_stopped(output: Output) -> None:
    """List the people who are stopped.

    pling stop-list list -o ndjson
    """
    stopped = on_account(lambda client: client.stop_list.list())
    output.records(_COLUMNS, map(record, stopped))
    note(counted(len(stopped), "stopped contact"))
    output.next_step("stop-list", "add", "MOBILE")


@stop_list.command()
@who_argument
def add(who: int | str) -> None:
    """Stop a contact: nothing is sent to them any more.

    pling stop-list add +4799999101
    """
    saved = on_account(lambda client: _added(client, who))
    note(f"Contact {saved.id} is stopped.")
    next_step("stop-list", "list")


async def _added(client: "PlingClient", who: int | str) -> "Contact":
    try:
        contact = await found(client, who)
    except NotFound as error:
        if isinstance(who, str):
            raise NotFound(_NOBODY) from error
        raise
    return await client.stop_list.add(contact)


@stop_list.command()
@who_argument
@click.option("--consent", required=True, metavar="TEXT", help="Where the person's written consent is kept.")
def remove(who: int | str, consent: str) -> None:
    """Make a contact reachable again, which needs their written consent.

      pling stop-list remove +4799999101 --consent "signed form, archive 2026/311"

    The text is checked to be there; it is neither sent nor kept.
    """
    saved = on_account(lambda client: _removed(client, who, consent))
    note(f"Contact {saved.id} is off the stop list.")
    next_step("contacts", "get", saved.id)


async def _removed(client: "PlingClient", who: int | str, consent: str) -> "Contact":
    return await client.stop_list.remove(await found(client, who), consent=consent)
