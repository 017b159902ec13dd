"""The fields of a contact on the command line: options for them, and a contact as a record."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from pling_async.cli.options import gathered

if TYPE_CHECKING:
    from pling_async.pling.models import Contact, ContactGroup

_TEXTS: Final = {
    "first_name": "First name.",
    "last_name": "Last name.",
    "name": "Full name; made of first and last name unless given.",
    "email": "E-mail address.",
    "address": "Street address.",
    "postal_code": "Postal code.",
    "city": "City.",
    "speed_dial": "Your own reference, A-Z and 0-9, unique in the account.",
    "comment": "Anything else.",
}

_OPTIONS: Final[Mapping[str, Any]] = {
    **{name: click.option(f"--{name.replace('_', '-')}", name, help=words) for name, words in _TEXTS.items()},
    "contact_groups": click.option(
        "--group", "contact_groups", metavar="NAME", multiple=True, help="Member of this group; may be repeated."
    ),
    "is_active": click.option("--active/--inactive", "is_active", default=None, help="Takes part in group sends."),
}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ()}


field_options = gathered("fields", _OPTIONS, _given)
"""The fields of a contact; the command receives those that were given, as `fields`."""

CONTACT_COLUMNS: Final = ("id", "mobile", "name", "email", "city", "is_stopped", "is_active", "contact_groups")
GROUP_COLUMNS: Final = ("id", "name", "created", "last_modified")


def record(value: "Contact | ContactGroup", group_names: Mapping[int, str] | None = None) -> dict[str, Any]:
    """Return a contact or group as a record without what is not given; groups by name too, where names are known."""
    import attrs  # noqa: PLC0415 - `pling --help` does without

    from pling_async.session.unset import UNSET  # noqa: PLC0415 - likewise

    held = {name: each for name, each in attrs.asdict(value, recurse=False).items() if each is not UNSET}
    if group_names is not None:
        held["contact_groups"] = [group_names.get(each, f"#{each}") for each in held.get("contact_group_ids", ())]
    return held if held["extra"] else {name: each for name, each in held.items() if name != "extra"}
