"""Who may ask: one bearer token (RFC 6750)."""

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pling_async.sandbox.guard import is_loopback
from pling_async.sandbox.ip1.errors import Problem

TOKEN: Final = "sandbox"  # noqa: S105 - not much of a secret


def authenticate(header: str | None, token: str) -> None:
    """Raise 401 with a challenge unless an Authorization header has the token."""
    scheme, _, sent = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), token.encode()):
        challenge = {"WWW-Authenticate": 'Bearer realm="IP1"'}
        raise Problem(status=401, detail="The token is missing or wrong.", headers=challenge)


def check_harmless(token: str, environment: Mapping[str, str]) -> None:
    """Raise `ValueError` for the token with which the environment opens an account elsewhere."""
    if is_loopback(environment.get("IP1_BASE_URL", "")):
        return
    real, file = environment.get("IP1_TOKEN"), environment.get("IP1_TOKEN_FILE")
    if token == (real or (_text(Path(file)) if file else None)) != TOKEN:
        raise ValueError("the sandbox has the token in IP1_*, which may be a real account's")


def check_secret(token: str) -> None:
    """Raise `ValueError` for the token that everybody knows."""
    if token == TOKEN:
        raise ValueError("a sandbox that other machines can reach needs a token of its own")


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError):
        return None
