"""Who may ask: Basic credentials (section 1.3) and the accounts they open."""

import base64
import binascii
import hmac
import unicodedata
from collections.abc import Iterable

from attrs import field, frozen

from pling_async.sandbox.pling.errors import ApiError
from pling_async.sandbox.semantics import Semantics


@frozen(kw_only=True)
class User:
    """A user of the API, and the accounts they have access to."""

    name: str = "sandbox"
    password: str = field(default="sandbox", repr=False)
    accounts: tuple[int, ...] = (12345,)

    def has_sent(self, credentials: bytes) -> bool:
        """Return whether decoded Basic credentials are this user's; they count in NFC and UTF-8."""
        own = unicodedata.normalize("NFC", f"{self.name}:{self.password}").encode()
        return hmac.compare_digest(own, credentials)


def authenticate(header: str | None, users: Iterable[User], semantics: Semantics) -> User:
    """Return the user that an Authorization header names, or raise 401 with a challenge (RFC 7617)."""
    sent = _credentials(header or "")
    found = [user for user in users if user.has_sent(sent)]
    if not found:
        charset = ', charset="UTF-8"' if semantics.challenge_charset else ""
        challenge = {"WWW-Authenticate": f'Basic realm="Contacts API"{charset}'}
        raise ApiError(status=401, message="Invalid username or password", headers=challenge)
    return found[0]


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def check_account(user: User, account_id: int, semantics: Semantics) -> None:
    """Raise unless the account is one of the user's."""
    if account_id not in user.accounts:
        raise ApiError(status=semantics.no_access_status, message="No access to this account")
