"""Between JSON and models: the one converter of Front's Core API.

Reading coerces nothing, and says where a value is not what it should be. A null text reads as "", a list that is only
a name as a list without an id, and unknown fields stay in `extra`.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

import attrs
import orjson
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from pling_async.errors import ValidationError
from pling_async.frontapp.models import (
    Company,
    Contact,
    ContactChange,
    ContactList,
    Conversation,
    CustomField,
    Handle,
    NewContact,
    Note,
)
from pling_async.session import strict
from pling_async.session.jsontext import is_sendable, load_json
from pling_async.session.paging import Page
from pling_async.session.structured import structured
from pling_async.session.unset import UNSET, Unset

T = TypeVar("T")

_REST: Final = "\0extra"
_READ: Final = (Contact, ContactList, Note, Conversation, CustomField, Company)


def _truth(value: Any, _: Any = None) -> bool:
    if type(value) is not bool:
        raise strict.Mismatch("true or false")
    return value


def _moment(value: Any, _: Any = None) -> datetime | None:
    """Read seconds since 1970, fractions included."""
    if value is None:
        return None
    if type(value) not in {int, float}:
        raise strict.Mismatch("seconds since 1970")
    try:
        return datetime.fromtimestamp(value, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _fields(value: Any, _: Any = None) -> dict[str, Any]:
    return {} if value is None else strict.json_object(value)


def _handle(value: Any) -> Handle:
    if type(value) is dict and type(value.get("source")) is str and type(value.get("handle")) is str:
        return Handle(value["source"], value["handle"])
    raise strict.Mismatch("an object with source and handle")


def _list(value: Any, _: Any = None) -> ContactList:
    return ContactList(name=value) if type(value) is str else read(ContactList, value)


def _many(each: Callable[[Any], T]) -> Callable[[Any, Any], tuple[T, ...]]:
    return lambda value, _: () if value is None else tuple(strict.array(value, each))


_HOOKS: Final[tuple[tuple[Any, Callable[[Any, Any], Any]], ...]] = (
    (str | Unset, strict.text),
    (bool | Unset, _truth),
    (datetime | Unset | None, _moment),
    (tuple[str, ...] | Unset, _many(strict.given_text)),
    (tuple[Handle, ...], _many(_handle)),
    (tuple[ContactList, ...] | Unset, _many(_list)),
    (Mapping[str, Any], _fields),
)


def _make_converter() -> Converter:
    converter = Converter(omit_if_default=True)
    converter.register_structure_hook(str, strict.given_text)
    for kind, hook in _HOOKS:
        converter.register_structure_hook_func(partial(operator.eq, kind), hook)
    for model in _READ:
        renamed = make_dict_structure_fn(model, converter, extra=override(rename=_REST))
        converter.register_structure_hook(model, renamed)
    for change in (ContactChange, NewContact):
        converter.register_unstructure_hook(
            change, make_dict_unstructure_fn(change, converter, _cattrs_omit_if_default=True)
        )
    return converter


_converter: Final = _make_converter()
_KNOWN: Final[dict[type, frozenset[str]]] = {
    model: frozenset(each.name for each in attrs.fields(model)) - {"extra"} for model in _READ
}
_REQUIRED: Final[dict[type, list[str]]] = {
    model: [each.name for each in attrs.fields(model) if each.default is attrs.NOTHING] for model in _READ
}


def read(model: type[T], raw: Any) -> T:
    """Return an object as a model, or raise `Mismatch` with the place."""
    known, given = _KNOWN[model], strict.json_object(raw)
    for name in _REQUIRED[model]:
        if name not in given:
            raise strict.Mismatch("a value", f".{name}")
    rest = {name: value for name, value in given.items() if name not in known}
    given[_REST] = rest
    return structured(_converter, given, model)


def decode(model: type[T], body: bytes) -> T:
    """Read an answer that is one object."""
    return strict.decoded(lambda: read(model, load_json(body)))


def decode_page(model: type[T], body: bytes) -> Page[T, str]:
    """Read a listing: its `_results`, and `_pagination.next` as it came; listings without pages lack it."""
    return strict.decoded(lambda: _page(model, strict.json_object(load_json(body))))


def _page(model: type[T], raw: dict[str, Any]) -> Page[T, str]:
    results = strict.array(raw.get("_results"), partial(read, model), at="._results")
    following = _fields(raw.get("_pagination")).get("next")
    return Page(tuple(results), None if following is None else strict.given_text(following) or None)


def encode(value: ContactChange) -> bytes:
    """Return the body of a POST or PATCH: what is given, and nothing else."""
    return dumped(_converter.unstructure(value))


def dumped(value: object) -> bytes:
    """Return JSON, or refuse what has no spelling in it, by the name of its field."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        field = _unspeakable(value)
        why = "it has half a character (a lone surrogate), or is neither text nor a number nor a boolean"
        message = f"{field} cannot be written as JSON: {why}"
        raise ValidationError.unsent(field, "no_json", message) from error


def _unspeakable(value: object) -> str:
    """Return the name of the first member that has no spelling, which may be its name."""
    for name, each in value.items() if isinstance(value, Mapping) else ():
        try:
            orjson.dumps({name: each})
        except orjson.JSONEncodeError:
            return name if is_sendable(name) else ascii(name)
    return "body"


def given(**members: Any) -> dict[str, Any]:
    """Return the members that are not `UNSET`."""
    return {name: value for name, value in members.items() if value is not UNSET}
