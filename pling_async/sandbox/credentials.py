"""What all services ask of credentials: what a header brings, and what the environment has for elsewhere."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

from pling_async.sandbox.guard import is_loopback


def sent(header: str | None, scheme: str) -> str:
    """Return what an Authorization header has for a scheme, "" when it has another or is absent."""
    given, _, credentials = (header or "").partition(" ")
    return credentials.strip() if given.lower() == scheme else ""


def sent_pair(header: str | None) -> bytes:
    """Return the decoded name and password of Basic credentials (RFC 7617), b"" when there are none."""
    try:
        return base64.b64decode(sent(header, "basic"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def real_secret(environment: Mapping[str, str], system: str, name: str) -> str | None:
    """Return the secret, as in PLING_PASSWORD or PLING_PASSWORD_FILE, with which something elsewhere is opened.

    None when there is none, or when the base URL leads to this machine, as a sandbox's does.
    """
    if is_loopback(environment.get(f"{system}_BASE_URL", "")):
        return None
    return environment.get(f"{system}_{name}") or _content(environment.get(f"{system}_{name}_FILE"))


def _content(path: str | None) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n") if path else None
    except (OSError, UnicodeError):
        return None
