"""Which contacts a request is about: by labels, properties and metadata."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import field, frozen

from pling_async.errors import ValidationError
from pling_async.ip1.links import Query
from pling_async.session.jsontext import is_sendable

META: Final = (("meta", ""),)
"""The flag that brings metadata; its value does not matter."""


def _plain(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise ValidationError.unsent("labels", "not_a_list", "the labels are a list of texts, not one text")
    return tuple(values)


@frozen(kw_only=True)
class Filters:
    """Labels, properties and metadata that contacts must have; its repr names nobody.

    A blank one is refused, since it may mean anything.
    """

    labels: tuple[str, ...] = field(default=(), converter=_plain, repr=False)
    properties: Mapping[str, str] = field(factory=dict, repr=False)
    metadata: Mapping[str, str | bool] = field(factory=dict, repr=False)
    """By property and field, as in {"phoneNumber.isBlocked": True}."""

    def __attrs_post_init__(self) -> None:
        """Refuse blanks: a server that passes over an empty filter would take every contact."""
        given: tuple[Any, ...] = (*self.properties, *self.metadata, *(value for _, value in self.pairs()))
        for text in given:
            if not is_sendable(text) or not text.strip():
                message = "the filter is blank or not a text; leave it out, or say what is meant"
                raise ValidationError.unsent("filter", "blank", message)

    def pairs(self) -> Query:
        """Return the filters as the wire has them."""
        return (
            *(("labels", label) for label in self.labels),
            *((f"properties[{name}]", value) for name, value in self.properties.items()),
            *((f"metadata[{name}]", _text(value)) for name, value in self.metadata.items()),
        )

    def query(self, *, meta: bool = False) -> Query:
        """Return the query; metadata is only looked at when `meta` is asked for, so a filter by it asks."""
        return (*self.pairs(), *(META if meta or self.metadata else ()))


def _text(value: str | bool) -> str:  # noqa: FBT001 - a value, not a switch
    return str(value).lower() if isinstance(value, bool) else value
