"""IP1's contacts to the last one: pages count from the start, so that nothing but the account tells who was missed."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING

from pling_async.errors import SourceError
from pling_async.ip1.models import AUTOMATIC_LABEL, Contact

if TYPE_CHECKING:
    from pling_async.ip1.client import Ip1Client


async def counted(
    client: "Ip1Client", *, labels: Collection[str] = (), meta: bool = False
) -> AsyncGenerator[Contact, None]:
    """Yield contacts, and raise `SourceError` after the last one unless the account counts as many, before and after.

    With one label its usage is compared. Of several nobody says how many contacts have all of them, so that there only
    a change of their usages is noticed; and so it is with a label that the account does not list. Somebody who goes
    while another comes changes no count.
    """
    wanted = {*labels} - {AUTOMATIC_LABEL}
    before, found = await _counts(client, wanted), 0
    async with aclosing(client.contacts.list(labels=labels, meta=meta)) as reading:
        async for contact in reading:
            found += 1
            yield contact
    after = await _counts(client, wanted)
    expected = before if len(before) == 1 and len(wanted) <= 1 else (found,)
    if before != after or expected != (found,):
        raise SourceError(
            f"IP1 counted {_said(before)} before its contacts were read and {_said(after)} afterwards, {found} came:"
            " somebody adds or deletes contacts there meanwhile, and one may have been missed;"
            " run it again when that is done"
        )


async def _counts(client: "Ip1Client", labels: Collection[str]) -> tuple[int, ...]:
    """Return how many contacts there are, or how many have each of some labels, in the order of the labels."""
    summary = await client.contacts.summary()
    usages = {each.label_name: each.usage_count for each in summary.labels}
    return tuple(usages[label] for label in sorted(labels) if label in usages) if labels else (summary.total_count,)


def _said(counts: tuple[int, ...]) -> str:
    return " and ".join(map(str, counts)) or "none"
