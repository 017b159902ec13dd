"""Between JSON and models: the one converter, and the only place where camelCase lives.

Reading coerces nothing, and says where a value is not what it should be. A null text reads as "". A date that does
not exist reads as None and its text stays in `extra` under its wire name, so that no listing fails because of it and
an `autoCreated` is written back as it came. Of groups given both ways, the ids win.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

import attrs
from cattrs import Converter
from cattrs.errors import AttributeValidationNote, ClassValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from pling_async.errors import SchemaError
from pling_async.pling.models import Contact, ContactGroup, ContactListing, InvalidContact, ReplaceResult, Unset
from pling_async.session.jsontext import load_in_pieces, load_json

T = TypeVar("T")

_LARGEST_ID: Final = 2**53
_FLAGS: Final[dict[tuple[type, object], bool]] = {
    (int, 0): False,
    (int, 1): True,
    (bool, False): False,
    (bool, True): True,
    (str, "0"): False,
    (str, "1"): True,
}
_RENAMED: Final = {"is_stopped": "stop", "is_active": "active", "extra": "\0extra"}
"""What is not simply the camelCase of the attribute; no JSON field is called extra by us."""
_DATES: Final = {"created": "created", "lastModified": "last_modified", "autoCreated": "auto_created"}


def wire_name(attribute: str) -> str:
    """Return how the wire spells an attribute."""
    first, *rest = attribute.split("_")
    return _RENAMED.get(attribute) or first + "".join(map(str.capitalize, rest))


class _Mismatch(Exception):
    """A value that is not as expected, and the way to it, collected from the inside out."""

    def __init__(self, expected: str, path: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.path = path

    def below(self, step: str) -> "_Mismatch":
        return _Mismatch(self.expected, step + self.path)


def _given_text(value: Any, _: Any = None) -> str:
    if type(value) is not str:
        raise _Mismatch("a text")
    return value


def _text(value: Any, _: Any = None) -> str:
    return "" if value is None else _given_text(value)


def _number(value: Any, _: Any = None) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST_ID:
        raise _Mismatch("a whole number from 0 to 2^53")
    return value


def _flag(value: Any, _: Any = None) -> bool:
    try:
        return _FLAGS[type(value), value]
    except (KeyError, TypeError):
        raise _Mismatch("0 or 1") from None


def _moment(value: Any, _: Any = None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(_given_text(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise _Mismatch("an object")
    return value


def _array(value: Any, read: Callable[[Any], T], first: int = 0) -> list[T]:
    """Read an array whose first element has the index `first` in the whole answer."""
    if type(value) is not list:
        raise _Mismatch("an array")
    found: list[T] = []
    try:
        found.extend(map(read, value))
    except _Mismatch as mismatch:
        raise mismatch.below(f"[{first + len(found)}]") from None
    return found


def _numbers(value: Any, _: Any = None) -> tuple[int, ...]:
    return tuple(_array(value, _number))


def _texts(value: Any, _: Any = None) -> tuple[str, ...]:
    return tuple(_array(value, _given_text))


def _wire_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_HOOKS: Final[tuple[tuple[Any, Callable[[Any, Any], Any]], ...]] = (
    (str, _given_text),
    (int, _number),
    (str | Unset, _text),
    (int | Unset, _number),
    (bool | Unset, _flag),
    (datetime | Unset | None, _moment),
    (tuple[int, ...] | Unset, _numbers),
    (tuple[str, ...] | Unset, _texts),
    (tuple[InvalidContact, ...], lambda value, _: tuple(_array(value, _invalid))),
    (Mapping[str, Any], lambda value, _: value),
)
"""Strict hooks for every type a model has, since cattrs by itself turns None into 'None' and 1.9 into 1."""
_MODELS: Final[tuple[type, ...]] = (Contact, ContactGroup, ReplaceResult)
_UNSENT: Final = ("id", "account_id", "created", "last_modified", "extra")


def _make_converter() -> Converter:
    converter = Converter()
    for kind, read in _HOOKS:
        converter.register_structure_hook_func(partial(operator.eq, kind), read)
    converter.register_unstructure_hook(bool, int)
    converter.register_unstructure_hook(datetime, _wire_moment)
    for model in _MODELS:
        names = [each.name for each in attrs.fields(model)]
        read_as: dict[str, Any] = {name: override(rename=wire_name(name)) for name in names}
        sent_as: dict[str, Any] = {name: override(rename=wire_name(name), omit=name in _UNSENT) for name in names}
        converter.register_structure_hook(model, make_dict_structure_fn(model, converter, **read_as))
        converter.register_unstructure_hook(
            model, make_dict_unstructure_fn(model, converter, _cattrs_omit_if_default=True, **sent_as)
        )
    return converter


_converter: Final = _make_converter()
_KNOWN: Final = {model: frozenset(wire_name(each.name) for each in attrs.fields(model)) for model in _MODELS}


def _read(model: type[T], raw: Any) -> T:
    unknown = _object(raw).keys() - _KNOWN[model]
    raw["\0extra"] = {name: raw[name] for name in unknown}
    try:
        return _converter.structure(raw, model)
    except ClassValidationError as errors:
        mismatch = _first(errors)
    raise mismatch


def _first(errors: ClassValidationError) -> _Mismatch:
    error = errors.exceptions[0]
    note = next(note for note in error.__notes__ if isinstance(note, AttributeValidationNote))
    mismatch = error if isinstance(error, _Mismatch) else _Mismatch("a value")
    return mismatch.below(f".{wire_name(note.name)}")


def _required(raw: dict[str, Any], name: str) -> None:
    if name not in raw:
        raise _Mismatch("a value", f".{name}")


def _contact(raw: Any) -> Contact:
    _required(_object(raw), "id")
    if "contactGroupIds" in raw:
        raw.pop("contactGroups", None)
    contact = _read(Contact, raw)
    lost = {wire: raw[wire] for wire, name in _DATES.items() if raw.get(wire) and getattr(contact, name) is None}
    return contact.evolve(extra={**contact.extra, **lost}) if lost else contact


def _group(raw: Any) -> ContactGroup:
    if "id" not in _object(raw) and "Id" in raw:
        raw["id"] = raw.pop("Id")
    _required(raw, "id")
    return _read(ContactGroup, raw)


def _invalid(raw: Any) -> InvalidContact:
    _required(_object(raw), "error")
    error = _text(raw.pop("error"))
    return InvalidContact(sent=raw, error=error)


def _decoded(read: Callable[[], T]) -> T:
    try:
        return read()
    except _Mismatch as mismatch:
        failure = SchemaError.at(f"${mismatch.path}", mismatch.expected)
    raise failure


def decode_contact(body: bytes) -> Contact:
    """Read the answers of sections 3.2 to 3.4."""
    return _decoded(lambda: _contact(load_json(body)))


def decode_group(body: bytes) -> ContactGroup:
    """Read the answers of sections 3.7 to 3.9."""
    return _decoded(lambda: _group(load_json(body)))


def decode_groups(body: bytes) -> tuple[ContactGroup, ...]:
    """Read the answer of section 3.6."""
    return _decoded(lambda: tuple(_array(load_json(body), _group)))


def decode_result(body: bytes) -> ReplaceResult:
    """Read the answer of section 3.11."""
    return _decoded(lambda: _read(ReplaceResult, load_json(body)))


def decode_listing(body: bytes) -> ContactListing:
    """Read the answer of section 3.1."""
    return _decoded(lambda: _listing(body))


def _listing(body: bytes) -> ContactListing:
    contacts: list[Contact] = []

    def take(value: Any) -> None:
        try:
            contacts.extend(_array(value, _contact, first=len(contacts)))
        except _Mismatch as mismatch:
            raise mismatch.below(".contacts") from None

    rest = _object(load_in_pieces(body, "contacts", take))
    take(rest.get("contacts"))
    try:
        groups = _array(rest.get("contactGroups"), _group)
    except _Mismatch as mismatch:
        raise mismatch.below(".contactGroups") from None
    return ContactListing(contacts=tuple(contacts), contact_groups=tuple(groups))


def encode(value: Contact | ContactGroup, *, account_id: int | None = None, consent: bool = False) -> dict[str, Any]:
    """Return the object to send: what is given, the unknown fields as they came, and never what is read-only.

    `stop` is sent as 1, and as 0 only with consent. `account_id` is left out of a replace's items.
    """
    wire: dict[str, Any] = _converter.unstructure(value)
    if wire.get("stop") == 0 and not consent:
        del wire["stop"]
    unknown = {name: raw for name, raw in value.extra.items() if _is_carried(name, wire, _KNOWN[type(value)])}
    return {**({} if account_id is None else {"accountId": account_id}), **wire, **unknown}


def _is_carried(name: str, wire: Mapping[str, Any], known: frozenset[str]) -> bool:
    return name not in known or (name == "autoCreated" and wire.get(name) is None)
