"""Between JSON and models: the one converter, and the only place where camelCase lives.

Reading coerces nothing, and says where a value is not what it should be. A null text reads as "". A date that does
not exist reads as None and its text stays in `extra` under its wire name, so that no listing fails because of it and
an `autoCreated` is written back as it came. Of groups given both ways, the ids win.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import attrs
from cattrs import Converter
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from pling_async.pling.models import Contact, ContactGroup, ContactListing, InvalidContact, ReplaceResult
from pling_async.session import strict
from pling_async.session.jsontext import load_in_pieces, load_json
from pling_async.session.structured import structured
from pling_async.session.unset import Unset

T = TypeVar("T")

_RENAMED: Final = {"is_stopped": "stop", "is_active": "active", "extra": "\0extra"}
"""What is not simply the camelCase of the attribute; no JSON field is called extra by us."""
_DATES: Final = {"created": "created", "lastModified": "last_modified", "autoCreated": "auto_created"}


def wire_name(attribute: str) -> str:
    """Return how the wire spells an attribute."""
    first, *rest = attribute.split("_")
    return _RENAMED.get(attribute) or first + "".join(map(str.capitalize, rest))


_HOOKS: Final[tuple[tuple[Any, Callable[[Any, Any], Any]], ...]] = (
    (str | Unset, strict.text),
    (int | Unset, strict.number),
    (bool | Unset, strict.flag),
    (datetime | Unset | None, strict.moment),
    (tuple[int, ...] | Unset, strict.numbers),
    (tuple[str, ...] | Unset, strict.texts),
    (tuple[InvalidContact, ...], lambda value, _: tuple(strict.array(value, _invalid))),
    (Mapping[str, Any], lambda value, _: value),
)
"""Strict hooks for whatever a model has, since cattrs by itself turns None into 'None' and 1.9 into 1."""
_MODELS: Final[tuple[type, ...]] = (Contact, ContactGroup, ReplaceResult)
_UNSENT: Final = ("id", "account_id", "created", "last_modified", "extra")


def _make_converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(str, strict.given_text)
    converter.register_structure_hook(int, strict.number)
    for kind, read in _HOOKS:
        converter.register_structure_hook_func(partial(operator.eq, kind), read)
    converter.register_unstructure_hook_func(partial(operator.eq, str | Unset), identity)
    for kind in (tuple[int, ...] | Unset, tuple[str, ...] | Unset):
        converter.register_unstructure_hook_func(partial(operator.eq, kind), list)
    converter.register_unstructure_hook(bool, int)
    converter.register_unstructure_hook(datetime, strict.wire_moment)
    converter.register_structure_hook_factory(_MODELS.__contains__, partial(_make_reader, converter))
    converter.register_unstructure_hook_factory(_MODELS.__contains__, partial(_make_writer, converter))
    return converter


def _make_reader(converter: Converter, model: type) -> Any:
    """Return what reads a model; it is made when the first one comes, since starting should take no time."""
    read_as: dict[str, Any] = {each.name: override(rename=wire_name(each.name)) for each in attrs.fields(model)}
    return make_dict_structure_fn(model, converter, **read_as)


def _make_writer(converter: Converter, model: type) -> Any:
    names = [each.name for each in attrs.fields(model)]
    sent_as: dict[str, Any] = {name: override(rename=wire_name(name), omit=name in _UNSENT) for name in names}
    return make_dict_unstructure_fn(model, converter, _cattrs_omit_if_default=True, **sent_as)


_converter: Final = _make_converter()
_KNOWN: Final = {model: frozenset(wire_name(each.name) for each in attrs.fields(model)) for model in _MODELS}


def _read(model: type[T], raw: Any) -> T:
    known = _KNOWN[model]
    is_known = strict.json_object(raw).keys() <= known
    raw["\0extra"] = {} if is_known else {name: value for name, value in raw.items() if name not in known}
    return structured(_converter, raw, model, wire_name)


def _required(raw: dict[str, Any], name: str) -> None:
    if name not in raw:
        raise strict.Mismatch("a value", f".{name}")


def _contact(raw: Any) -> Contact:
    _required(strict.json_object(raw), "id")
    if "contactGroupIds" in raw:
        raw.pop("contactGroups", None)
    contact = _read(Contact, raw)
    lost = {wire: raw[wire] for wire, name in _DATES.items() if getattr(contact, name) is None and raw.get(wire)}
    return contact.evolve(extra={**contact.extra, **lost}) if lost else contact


def _group(raw: Any) -> ContactGroup:
    if "id" not in strict.json_object(raw) and "Id" in raw:
        raw["id"] = raw.pop("Id")
    _required(raw, "id")
    return _read(ContactGroup, raw)


def _invalid(raw: Any) -> InvalidContact:
    _required(strict.json_object(raw), "error")
    error = strict.text(raw.pop("error"))
    return InvalidContact(sent=raw, error=error)


def decode_contact(body: bytes) -> Contact:
    """Read the answers of sections 3.2 to 3.4."""
    return strict.decoded(lambda: _contact(load_json(body)))


def decode_group(body: bytes) -> ContactGroup:
    """Read the answers of sections 3.7 to 3.9."""
    return strict.decoded(lambda: _group(load_json(body)))


def decode_groups(body: bytes) -> tuple[ContactGroup, ...]:
    """Read the answer of section 3.6."""
    return strict.decoded(lambda: tuple(strict.array(load_json(body), _group)))


def decode_result(body: bytes) -> ReplaceResult:
    """Read the answer of section 3.11."""
    return strict.decoded(lambda: _read(ReplaceResult, load_json(body)))


def decode_listing(body: bytes) -> ContactListing:
    """Read the answer of section 3.1."""
    return strict.decoded(lambda: _listing(body))


def _listing(body: bytes) -> ContactListing:
    contacts: list[Contact] = []

    def take(value: Any) -> None:
        contacts.extend(strict.array(value, _contact, at=".contacts", first=len(contacts)))

    rest = strict.json_object(load_in_pieces(body, "contacts", take))
    take(rest.get("contacts"))
    groups = strict.array(rest.get("contactGroups"), _group, at=".contactGroups")
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
