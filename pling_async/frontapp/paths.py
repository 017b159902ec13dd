"""Ids and aliases, in paths and in bodies: what could lead to another resource is refused before there is a request."""

import re
from typing import Any, Final
from urllib.parse import quote

from attrs import field, frozen

from pling_async.errors import ValidationError
from pling_async.session.jsontext import is_sendable
from pling_async.session.unset import Unset

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SOURCE: Final = re.compile(r"[A-Za-z0-9_]{1,50}")
_WORDS: Final = frozenset({"merge", "custom_fields"})
_LITERAL: Final = ":@+!$&'()*,;=-._~"
"""What a path may hold as it is (RFC 3986, pchar); a + is a plus there, not a blank."""


@frozen
class Alias:
    """Names a contact by one of its handles, in place of an id; in a path it is escaped, in a body it is not."""

    source: str = field()
    handle: str = field(repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse what names nothing."""
        if not (is_sendable(self.source) and _SOURCE.fullmatch(self.source)):
            raise ValidationError.unsent("source", "bad_source", "an alias has a source, such as email or phone")
        if not is_sendable(self.handle) or not self.handle.strip():
            message = "the handle of an alias is a text, not blank and without half characters (lone surrogates)"
            raise ValidationError.unsent("handle", "bad_handle", message)

    def __str__(self) -> str:
        return f"alt:{self.source}:{self.handle}"


Ref = str | Alias
"""An id, or what stands for one: alt:{source}:{handle} as a text may have no slash, an `Alias` may."""


@frozen
class Spot:
    """A path below the base URL, and what may be said of it."""

    path: str = field(repr=False)
    shown: str


def at(*steps: Ref | Unset) -> Spot:
    """Return the path of some steps, each of which is a word, an id or an alias."""
    known = [checked(step) for step in steps]
    return Spot("/".join(map(_escaped, known)), "/".join(map(_shown, known)))


def at_contact(contact: Ref, *steps: Ref) -> Spot:
    """Return the path of a contact, or of something below it; the words in place of ids are no contacts."""
    if isinstance(contact, str) and contact in _WORDS:
        raise ValidationError.unsent("id", "reserved", "the id is the name of something else below contacts")
    return at("contacts", contact, *steps)


def checked(ref: Any) -> Ref:
    """Return an id or an alias, or refuse what is neither."""
    if isinstance(ref, Alias):
        return ref
    if isinstance(ref, str) and _ID.fullmatch(ref):
        return ref
    if isinstance(ref, str) and ref.startswith("alt:") and "/" not in ref:
        _, source, handle = [*ref.split(":", 2), ""][:3]
        return Alias(source, handle)
    message = "an id is not empty and has letters, digits, - and _ only; use Alias(source, handle) for handles"
    raise ValidationError.unsent("id", "bad_id", message)


def in_body(ref: Ref) -> str:
    """Return an id or alias as JSON bodies have it."""
    return str(checked(ref))


def _escaped(ref: Ref) -> str:
    return f"alt:{ref.source}:{quote(ref.handle, safe=_LITERAL)}" if isinstance(ref, Alias) else ref


def _shown(ref: Ref) -> str:
    return f"alt:{ref.source}:***" if isinstance(ref, Alias) else ref
