"""Who may ask: Basic credentials (section 1.3) and the accounts they open."""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from attrs import field, frozen

from pling_async.sandbox.credentials import real_secret, sent_pair
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
    sent = sent_pair(header)
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


def check_account(user: User, account_id: int, semantics: Semantics) -> None:
    """Raise unless the account is one of the user's."""
    if account_id not in user.accounts:
        raise _refusal(semantics.no_access_status, "No access to this account", semantics)


def check_harmless(users: Iterable[User], environment: Mapping[str, str]) -> None:
    """Raise `ValueError` for credentials that may open a real account, which a server to play with should not hold.

    These are an e-mail address for a name, and the password with which the environment opens an account elsewhere.
    """
    real = real_secret(environment, "PLING", "PASSWORD")
    for user in users:
        if _EMAIL.search(user.name):
            raise ValueError("a user of the sandbox has an e-mail address for a name, as in a real account")
        if user.password == real != _DEFAULT_PASSWORD:
            raise ValueError("a user of the sandbox has the password in PLING_*, which may be a real account's")


def check_secret(users: Iterable[User]) -> None:
    """Raise `ValueError` for a password that everybody knows."""
    if any(user.password == _DEFAULT_PASSWORD for user in users):
        raise ValueError("a sandbox that other machines can reach needs a password of its own")
