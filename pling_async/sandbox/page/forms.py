"""What the page's forms say, turned into values; what cannot be is a `ValueError` with a sentence to show."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
import orjson

from pling_async.sandbox.faults import Fault

Form = Mapping[str, str]

_WHOLE: Final = ("status", "skip", "keep", "rows")
_SECONDS: Final = ("delay", "late", "silence")


def fault(form: Form) -> Fault:
    """Return the fault that a form describes; a blank is the usual value."""
    given: dict[str, Any] = {name: form[name] for name in ("action", "path", "content_type") if form.get(name)}
    given |= {name: form[name] for name in ("method", "retry_after") if form.get(name)}
    given |= {name: whole(form[name], name) for name in _WHOLE if form.get(name)}
    given |= {name: _seconds(form[name], name) for name in _SECONDS if form.get(name)}
    given["count"] = whole(form["count"], "count") if form.get("count") else None
    return Fault(**given, body=form.get("body", "").encode())


def described(fault: Fault) -> str:
    """Return what is unusual about a fault, as in status=503 count=2."""
    shown = attrs.asdict(fault, filter=lambda attribute, value: value != attribute.default)
    shown.pop("action", None)
    return " ".join(
        f"{name}={value.decode(errors='replace') if isinstance(value, bytes) else value}"
        for name, value in shown.items()
    )


def seed(text: str) -> dict[str, Any]:
    """Return the objects that a text in JSON holds; a list is one of contacts."""
    try:
        objects = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"that is not JSON: {error}") from None
    objects = {"contacts": objects} if isinstance(objects, list) else objects
    if not isinstance(objects, dict) or objects.keys() - {"contacts", "contactGroups"}:
        raise ValueError('that is neither a list of contacts nor {"contacts": [...], "contactGroups": [...]}')
    return objects


def whole(text: str, name: str) -> int:
    """Return a whole number that is not negative."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):  # noqa: PLR2004 - SQLite takes no more than 18
        raise ValueError(f"{name} is a whole number")
    return int(text)


def _seconds(text: str, name: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 3600:  # noqa: PLR2004 - longer than an hour nobody waits
        raise ValueError(f"{name} is a number of seconds")
    return seconds
