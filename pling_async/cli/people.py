"""The contact that a person means: an id, or a number."""

from typing import TYPE_CHECKING, Any

import click

from pling_async.errors import NotFound, ValidationError

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient
    from pling_async.pling.models import Contact


class _Who(click.ParamType[Any]):
    """Digits alone are an id (an int); whatever has a +, blanks or leading zeros is a number (E.164)."""

    name = "ID|MOBILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value.isascii() and value.isdigit() and not value.startswith("0"):
            return int(value)
        try:
            return to_mobile(value)
        except ValidationError as error:
            self.fail(str(error), param, ctx)


who_argument = click.argument("who", type=_Who(), metavar="ID|MOBILE")
"""Who is meant; `found` understands it."""


def to_mobile(text: str, region: str = "NO") -> str:
    """Return a number as E.164, or raise `ValidationError` saying what is wrong with it."""
    from pling_async.phones import normalise  # noqa: PLC0415 - phonenumbers takes a while to import

    number = normalise(text, region)
    if number.e164 is None:
        raise ValidationError(f"mobile: {number.message}; nothing was sent")
    return number.e164


async def found(client: "PlingClient", who: int | str) -> "Contact":
    """Return the contact with an id or an E.164 number."""
    if isinstance(who, int):
        return await client.contacts.get(who)
    for contact in (await client.contacts.list()).contacts:
        if contact.mobile == who:
            return contact
    raise NotFound("no contact of the account has this number")
