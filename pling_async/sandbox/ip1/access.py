"""Who may ask: one bearer token (RFC 6750)."""

import hmac
from collections.abc import Mapping
from typing import Final

from pling_async.sandbox.credentials import real_secret, sent
from pling_async.sandbox.ip1.errors import Problem

TOKEN: Final = "sandbox"  # noqa: S105 - not much of a secret


def authenticate(header: str | None, token: str) -> None:
    """Raise 401 with a challenge unless an Authorization header has the token."""
    if not hmac.compare_digest(sent(header, "bearer").encode(), token.encode()):
        challenge = {"WWW-Authenticate": 'Bearer realm="IP1"'}
        raise Problem(status=401, detail="The token is missing or wrong.", headers=challenge)


def check_harmless(token: str, environment: Mapping[str, str]) -> None:
    """Raise `ValueError` for the token with which the environment opens an account elsewhere."""
    if token == real_secret(environment, "IP1", "TOKEN") != TOKEN:
        raise ValueError("the sandbox has the token in IP1_*, which may be a real account's")


def check_secret(token: str) -> None:
    """Raise `ValueError` for the token that everybody knows."""
    if token == TOKEN:
        raise ValueError("a sandbox that other machines can reach needs a token of its own")
