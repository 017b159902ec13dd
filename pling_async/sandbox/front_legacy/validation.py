"""The rules of the one body that there is."""

from typing import Any, Final

import orjson

SOURCES: Final = ("email", "twitter", "phone")


class Invalid(ValueError):
    """A body breaks a rule; the message is for the answer."""


def checked(body: bytes) -> dict[str, Any]:
    """Return a contact, or raise `Invalid`."""
    try:
        contact = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"Unexpected token at position {error.pos}") from error
    if not isinstance(contact, dict):
        raise Invalid("The body must be an object")
    for name in ("name", "description"):
        if name in contact and not isinstance(contact[name], str):
            raise Invalid(f"{name} must be a string")
    fields, links = contact.get("fields"), contact.get("link", [])
    if not isinstance(fields, list) or not fields or not all(map(_is_field, fields)):
        raise Invalid("fields must be an array of objects with source and handle")
    if not isinstance(links, list) or not all(isinstance(each, dict) and _is_text(each.get("url")) for each in links):
        raise Invalid("link must be an array of objects with url")
    return contact


def _is_field(value: object) -> bool:
    return isinstance(value, dict) and value.get("source") in SOURCES and _is_text(value.get("handle"))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
