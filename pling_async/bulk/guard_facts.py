"""What the guards are told: counts of what a plan does and of what other runs did, and nothing about persons."""

from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Past:
    """What other runs of this machine did to the account, as far as a guard asks."""

    removals: int = 0
    """Contacts that they removed within 24 hours."""
    consents_used_by: tuple[str, ...] = ()
    """Those that used a consent of the plan."""


NOTHING: Final = Past()


@frozen(kw_only=True)
class Facts:
    """What the guards need to know of a plan: counts, and nothing about persons."""

    account_id: int
    account_contacts: int
    usable_rows: int
    rejected_rows: int
    removals: int
    removed_recently: int
    """Contacts that other runs on this machine removed within 24 hours."""
    moves: int
    """Contacts that get a new number."""
    removals_held_back: int
    """Contacts that the list does not have, and that stay since somebody may be behind an unreadable row."""
    behind_rejected_rows: int
    """Contacts that stay since the list has their number, in a row that could not be used."""
    stopped_kept: int
    """Stopped contacts that the list does not have."""
    unstops_held_back: int
    """Stopped contacts that the list calls not stopped, without consent."""
    consents_used_by: tuple[str, ...]
    """Runs that used a consent of this plan already."""
    groups_removed: tuple[str, ...]
    """Groups that the apply would delete since nobody is left in them."""
    duplicate_speed_dials: tuple[str, ...]
    """Masked mobiles that would share a speed dial."""
