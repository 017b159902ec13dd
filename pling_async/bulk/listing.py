"""Read a whole account as the bulk helpers need it: with the groups of stopped contacts."""

from collections.abc import Sequence

from attrs import evolve

from pling_async.pling.client import PlingClient
from pling_async.pling.models import Contact, ContactListing


async def read_account(client: PlingClient) -> ContactListing:
    """List the account (section 3.1) such that writing a contact back clears none of its groups.

    Section 2.4 lets a server leave the groups of stopped contacts out of their contact_group_ids. When that can be
    the case they are read group by group, one request each.
    """
    listing = await client.contacts.list()
    if _may_hide_groups(listing.contacts):
        return await _with_groups_of_stopped(client, listing)
    return listing


def _may_hide_groups(contacts: Sequence[Contact]) -> bool:
    """Tell whether stopped contacts exist and none of them shows a group."""
    stopped = [contact for contact in contacts if contact.is_stopped]
    return bool(stopped) and not any(contact.contact_group_ids for contact in stopped)


async def _with_groups_of_stopped(client: PlingClient, listing: ContactListing) -> ContactListing:
    members: dict[str, list[int]] = {}
    for group in listing.contact_groups:
        if not isinstance(group.id, int):
            continue
        for contact in (await client.contacts.list(group_id=group.id, stopped=True)).contacts:
            members.setdefault(contact.mobile, []).append(group.id)
    shown = (
        contact.evolve(contact_group_ids=members[contact.mobile]) if contact.mobile in members else contact
        for contact in listing.contacts
    )
    return evolve(listing, contacts=tuple(shown))
