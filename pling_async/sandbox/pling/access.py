"""Who may ask: Basic credentials (section 1.3) and the accounts they open."""

import base64
import binascii
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from attrs import field, frozen

from pling_async.sandbox.guard import is_loopback
from pling_async.sandbox.pling.errors import ApiError
from pling_async.sandbox.pling.semantics import Semantics

_DEFAULT_PASSWORD: Final = "sandbox"  # noqa: S105 - not much of a secret
_EMAIL: Final = re.compile(r"@(?!(?:.*\.)?(?:example\.(?:com|net|org)|example|invalid|localhost|test)$)")
"""The address of somebody, unless its domain is reserved for examples."""


@frozen(kw_only=True)
class User:
    """A user of the API, and the accounts they have access to."""

    name: str = "sandbox"
    password: str = field(default=_DEFAULT_PASSWORD, repr=False)
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
        raise _refusal(401, "Invalid username or password", semantics)
    return found[0]


def _refusal(status: int, message: str, semantics: Semantics) -> ApiError:
    charset = ', charset="UTF-8"' if semantics.challenge_charset else ""
    challenge = (
        {"WWW-Authenticate": f'Basic realm="Contacts API"{charset}'} if status == HTTPStatus.UNAUTHORIZED else {}
    )
    return ApiError(status=status, message=message, headers=challenge)


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
        raise _refusal(semantics.no_access_status, "No access to this account", semantics)


def check_harmless(users: Iterable[User], environment: Mapping[str, str]) -> None:
    """Raise `ValueError` for credentials that may open a real account, which a server to play with should not hold.

    These are an e-mail address for a name, and the password with which the environment opens an account elsewhere.
    """
    real = _real_password(environment)
    for user in users:
        if _EMAIL.search(user.name):
            raise ValueError("a user of the sandbox has an e-mail address for a name, as in a real account")
        if user.password == real != _DEFAULT_PASSWORD:
            raise ValueError("a user of the sandbox has the password in PLING_*, which may be a real account's")


def check_secret(users: Iterable[User]) -> None:
    """Raise `ValueError` for a password that everybody knows."""
    if any(user.password == _DEFAULT_PASSWORD for user in users):
        raise ValueError("a sandbox that other machines can reach needs a password of its own")


def _real_password(environment: Mapping[str, str]) -> str | None:
    if is_loopback(environment.get("PLING_BASE_URL", "")):
        return None
    password, file = environment.get("PLING_PASSWORD"), environment.get("PLING_PASSWORD_FILE")
    return password or (_first_line(Path(file)) if file else None)


def _first_line(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError):
        return None
