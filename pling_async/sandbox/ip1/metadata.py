"""What the server makes of a phone number; its booleans are texts."""

from functools import lru_cache
from typing import Final

import phonenumbers
from attrs import frozen
from phonenumbers import PhoneNumberType

from pling_async.sandbox.ip1.semantics import Ip1Semantics

PROPERTY: Final = "phoneNumber"
"""The one property that there is metadata about."""
FIELDS: Final = ("isPossiblePhoneNumber", "isValidPhoneNumber", "phoneNumberType", "parsedMSISDN", "isBlocked")


@frozen
class Number:
    """A number as libphonenumber reads it; a text that it cannot read has no digits."""

    is_possible: bool = False
    is_valid: bool = False
    kind: str = "UNKNOWN"
    msisdn: str = ""

    def metadata(self, semantics: Ip1Semantics, *, is_blocked: bool) -> dict[str, str]:
        """Return the metadata of the property."""
        kind = "MOBILE" if semantics.phone_type == "mobile" and self.is_valid else self.kind
        values = (_text(is_true=self.is_possible), _text(is_true=self.is_valid), kind, self.msisdn)
        return dict(zip(FIELDS, (*values, _text(is_true=is_blocked)), strict=True))


@lru_cache(maxsize=1 << 16)
def read_number(raw: str) -> Number:
    """Return what a text says, which has a country code or is none."""
    try:
        number = phonenumbers.parse(raw, None)
    except phonenumbers.NumberParseException:
        return Number()
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Number(
        is_possible=phonenumbers.is_possible_number(number),
        is_valid=phonenumbers.is_valid_number(number),
        kind=PhoneNumberType.to_string(phonenumbers.number_type(number)),
        msisdn=e164.removeprefix("+"),
    )


def _text(*, is_true: bool) -> str:
    return str(is_true).lower()
