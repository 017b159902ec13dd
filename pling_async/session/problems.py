"""What a server says of its refusal, as fields: one reader for the ways in which our systems say it.

What RFC 9457 asks for holds for all of them: a member of another type than it should have is as good as none.
"""

from typing import Any, Final

from pling_async.errors import DecodeError, ProblemDetails
from pling_async.session.excerpts import sanitised
from pling_async.session.jsontext import load_json

_LARGEST: Final = 64 * 1024
_MOST: Final = 20
"""Fields, and texts of each."""
_ENVELOPE: Final = "_error"
"""Where Front's Core API keeps it all."""
_CODE: Final = ("code", "type")
_DETAIL: Final = ("detail", "message", "error")
"""In the words of RFC 9457 (IP1), of Front and restify, and of the one error that the document of Pling shows."""
_NO_TYPE: Final = "about:blank"


def problem_of(body: bytes) -> ProblemDetails | None:
    """Return what the body of a refusal says, None when that is nothing, or not strict JSON of a sensible size."""
    if len(body) > _LARGEST:
        return None
    try:
        said = load_json(body)
    except DecodeError:
        return None
    problem = _read(said) if isinstance(said, dict) else None
    return problem if problem != ProblemDetails() else None


def _read(said: dict[str, Any]) -> ProblemDetails:
    inner = said.get(_ENVELOPE)
    members = inner if isinstance(inner, dict) else said
    code = _first(members, _CODE)
    return ProblemDetails(
        status=_status(members.get("status")),
        code="" if code == _NO_TYPE else code,
        title=_text(members.get("title")),
        detail=_first(members, _DETAIL),
        points=_texts(members.get("details")),
        fields=_fields(members.get("errors")),
    )


def _status(value: Any) -> int | None:
    return value if type(value) is int and 100 <= value <= 599 else None  # noqa: PLR2004 - what a status can be


def _first(members: dict[str, Any], names: tuple[str, ...]) -> str:
    return next(filter(None, (_text(members.get(name)) for name in names)), "")


def _text(value: Any) -> str:
    return sanitised(value) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list; one that stands alone is a list of itself."""
    each = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(_text, each[:_MOST])))


def _fields(value: Any) -> dict[str, tuple[str, ...]]:
    """Return texts by field; names are made fit for messages too, since they may repeat what was sent."""
    pairs = list(value.items())[:_MOST] if isinstance(value, dict) else []
    return {sanitised(name): texts for name, said in pairs if (texts := _texts(said))}
