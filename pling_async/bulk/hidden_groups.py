"""The groups of stopped contacts, which a listing may leave out and the bulk helpers need."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve

from pling_async.pling.client import PlingClient
from pling_async.pling.models import Contact, ContactGroup, ContactListing


async def with_hidden_groups(client: PlingClient, listing: ContactListing) -> ContactListing:
    """Complete a listing of the account (section 3.1), so that writing a contact back clears none of its groups.

    Section 2.4 lets a server leave the groups of stopped contacts out of their contact_group_ids. When that can be
    the case they are read group by group, one request each.
    """
    if not await asyncio.to_thread(_may_hide_groups, listing.contacts):
        return listing
    stopped = await stopped_with_groups(client, listing.contact_groups)
    return await asyncio.to_thread(_completed, listing, stopped)


async def stopped_with_groups(client: PlingClient, groups: Iterable[ContactGroup]) -> dict[str, Contact]:
    """Return stopped contacts by mobile, with all their groups, one request a group."""
    found: dict[str, Contact] = {}
    for group in groups:
        if isinstance(group.id, int):
            for contact in (await client.contacts.list(group_id=group.id, stopped=True)).contacts:
                ids = found[contact.mobile].contact_group_ids if contact.mobile in found else ()
                found[contact.mobile] = contact.evolve(contact_group_ids=(*(ids or ()), group.id), is_stopped=True)
    return found


def _completed(listing: ContactListing, stopped: Mapping[str, Contact]) -> ContactListing:
    shown = {contact.mobile: contact for contact in listing.contacts} | dict(stopped)
    return evolve(listing, contacts=tuple(shown.values()))


def _may_hide_groups(contacts: Sequence[Contact]) -> bool:
    """Tell whether stopped contacts exist and none of them shows a group."""
    stopped = [contact for contact in contacts if contact.is_stopped]
    return bool(stopped) and not any(contact.contact_group_ids for contact in stopped)
