"""Avatars: one picture in one part of a multipart request, and nothing beside it."""

import asyncio
import secrets
from pathlib import Path
from typing import Final

from attrs import frozen

from pling_async.errors import SourceError, ValidationError
from pling_async.frontapp.account import Account
from pling_async.frontapp.paths import Ref, at_contact

LARGEST: Final = 25_000_000
"""Bytes of a picture; Front says 25 MB, and this is the smaller reading of it."""

_KINDS: Final = (
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"GIF8", "gif", "image/gif"),
    (b"RIFF", "webp", "image/webp"),
    (b"", "bin", "application/octet-stream"),
)


@frozen
class Avatars:
    """The pictures of contacts."""

    _account: Account

    async def upload(self, id: Ref, picture: bytes | Path | str) -> None:  # noqa: A002 - the API's own word
        """Give a contact a picture, of at most 25 MB: its bytes, or the file that it is in."""
        spot = at_contact(id)
        content = picture if isinstance(picture, bytes) else await asyncio.to_thread(_content, Path(picture))
        _check(len(content))
        body, content_type = await asyncio.to_thread(_multipart, content)
        await self._account.send("PATCH", spot, body, content_type=content_type)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise SourceError(f"the picture cannot be read ({type(error).__name__})") from error


def _check(size: int) -> None:
    if not size:
        raise ValidationError.unsent("avatar", "empty", "the picture is empty")
    if size > LARGEST:
        message = f"a picture has at most {LARGEST} bytes (25 MB); make it smaller"
        raise ValidationError.unsent("avatar", "too_long", message)


def _multipart(content: bytes) -> tuple[bytes, str]:
    """Return a body of one part and its type; the name of the file stays here."""
    boundary = secrets.token_hex(16)
    while boundary.encode() in content:
        boundary = secrets.token_hex(16)
    suffix, kind = next((suffix, kind) for start, suffix, kind in _KINDS if content.startswith(start))
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="avatar"; filename="avatar.{suffix}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return b"".join(
        (head.encode(), content, f"\r\n--{boundary}--\r\n".encode())
    ), f"multipart/form-data; boundary={boundary}"
