"""Find the contact that a person means: by id, or by number."""

from typing import TYPE_CHECKING

from pling_async.errors import NotFound, ValidationError

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient
    from pling_async.pling.models import Contact

ID_OR_MOBILE = "ID|MOBILE"
"""Metavar of an argument that `found` understands."""


def to_mobile(text: str, region: str = "NO") -> str:
    """Return a number as E.164, or raise `ValidationError` saying what is wrong with it."""
    from pling_async.phones import normalise  # noqa: PLC0415 - `pling --help` does without

    number = normalise(text, region)
    if number.e164 is None:
        raise ValidationError(f"mobile: {number.message}; nothing was sent")
    return number.e164


async def found(client: "PlingClient", text: str) -> "Contact":
    """Return the contact with an id (digits alone) or with a number (written with +, 00 or spaces)."""
    if text.isascii() and text.isdigit() and not text.startswith("00"):
        return await client.contacts.get(int(text))
    mobile = to_mobile(text)
    for contact in (await client.contacts.list()).contacts:
        if contact.mobile == mobile:
            return contact
    raise NotFound("no contact of the account has this number")
