"""multipart/form-data: one part for each property, as Front splits them."""

import re
from typing import Any, Final

from attrs import field, frozen

from pling_async.sandbox.front.errors import ApiError

_BOUNDARY: Final = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME: Final = re.compile(rb';\s*name="((?:[^"\\]|\\.)*)"')
_QUOTED: Final = re.compile(rb"\\(.)")
_FILENAME: Final = re.compile(rb';\s*filename="')
_TYPE: Final = re.compile(rb"^content-type:\s*([^\r\n;]+)", re.IGNORECASE | re.MULTILINE)
_MEMBER: Final = re.compile(r"(\w+)\[([^\]]*)\]")


@frozen(kw_only=True)
class File:
    """A part with a file name."""

    content: bytes = field(repr=False)
    content_type: str


@frozen(kw_only=True)
class Form:
    """The properties of a form, and its files."""

    values: dict[str, Any]
    files: dict[str, File]


def parse(content_type: str, body: bytes) -> Form:
    """Return what a form has; arrays are name[0] or name[], members of objects name[key]."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ApiError(status=400, message="Multipart: Boundary not found")
    mark = b"\r\n--" + (found[1] or found[2]).encode()
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - what is before the first mark is nothing
        raise ApiError(status=400, message="Unexpected end of form")
    values: dict[str, Any] = {}
    files: dict[str, File] = {}
    for piece in pieces[1:-1]:
        _take(piece, values, files)
    return Form(values=values, files=files)


def _take(piece: bytes, values: dict[str, Any], files: dict[str, File]) -> None:
    head, separator, content = piece.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if not separator or name is None:
        raise ApiError(status=400, message="Malformed part header")
    try:
        key = _QUOTED.sub(rb"\1", name[1]).decode()
        if _FILENAME.search(head):
            kind = _TYPE.search(head)
            files[key] = File(content=content, content_type=kind[1].decode() if kind else "application/octet-stream")
        else:
            _put(values, key, content.decode())
    except UnicodeDecodeError as error:
        raise ApiError(status=400, message="A part is not UTF-8") from error


def _put(values: dict[str, Any], key: str, text: str) -> None:
    member = _MEMBER.fullmatch(key)
    if member is None:
        values[key] = text
    elif member[2] == "" or member[2].isdigit():
        held = values.setdefault(member[1], [])
        values[member[1]] = [*held, text] if isinstance(held, list) else [text]
    else:
        held = values.setdefault(member[1], {})
        values[member[1]] = {**held, member[2]: text} if isinstance(held, dict) else {member[2]: text}
