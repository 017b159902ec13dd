"""Custom fields that contacts may have."""

from functools import partial

from attrs import frozen

from pling_async.frontapp.account import Account
from pling_async.frontapp.codec import decode_page
from pling_async.frontapp.models import CustomField
from pling_async.frontapp.paths import at


@frozen
class CustomFields:
    """The custom fields that contacts can have; they are made in Front itself."""

    _account: Account

    async def list(self) -> tuple[CustomField, ...]:
        """Return every custom field of contacts."""
        spot = at("contacts", "custom_fields")
        return (await self._account.read(spot, partial(decode_page, CustomField))).elements
