"""Switches: one for each question that an API's document leaves open, and every value it takes."""

from collections.abc import Iterable
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

import attrs
from attrs import field, frozen


def switch(default: object, point: str, meaning: str) -> Any:
    """Declare a switch; `point` names the question in the interface notes."""
    return field(default=default, metadata={"point": point, "meaning": meaning})


@frozen(kw_only=True)
class Switch:
    """One switch: its name, every value it takes, and the open question behind it."""

    name: str
    values: tuple[object, ...]
    default: object
    point: str
    meaning: str

    def value(self, text: str) -> object:
        """Return the value that a text stands for, or raise `ValueError` naming the ones there are."""
        by_text = {spelled(value): value for value in self.values}
        if text not in by_text:
            raise self._refusal(text)
        return by_text[text]

    def check(self, value: object) -> None:
        """Raise `ValueError` unless the switch takes a value."""
        if value not in self.values or type(value) is not type(self.default):
            raise self._refusal(value)

    def _refusal(self, value: object) -> ValueError:
        return ValueError(f"{self.name} cannot be {value!r}; it takes {', '.join(map(spelled, self.values))}")


def spelled(value: object) -> str:
    """Return a value as the command line and the documentation write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@frozen(kw_only=True)
class Setting:
    """One switch as it stands, its values as they are spelled."""

    name: str
    value: str
    default: str
    values: tuple[str, ...]
    point: str
    meaning: str


@frozen(kw_only=True)
class Switches:
    """The switches of one API; every combination of their values is allowed."""

    def __attrs_post_init__(self) -> None:
        for switch in self.switches():
            switch.check(getattr(self, switch.name))

    def summary(self) -> str:
        """Return the switches that differ from their defaults, for descriptions."""
        chosen = [(switch, getattr(self, switch.name)) for switch in self.switches()]
        changed = [f"{switch.name}={spelled(value)}" for switch, value in chosen if value != switch.default]
        return ", ".join([*changed, "the others" if changed else "all"]) + " at their defaults"

    def settings(self) -> tuple[Setting, ...]:
        """Return every switch as it stands."""
        return tuple(
            Setting(
                name=switch.name,
                value=spelled(getattr(self, switch.name)),
                default=spelled(switch.default),
                values=tuple(map(spelled, switch.values)),
                point=switch.point,
                meaning=switch.meaning,
            )
            for switch in self.switches()
        )

    @classmethod
    def switches(cls) -> tuple[Switch, ...]:
        """Return every switch, in the order they are declared."""
        hints = get_type_hints(cls)
        return tuple(
            Switch(name=each.name, values=_values(hints[each.name]), default=each.default, **each.metadata)
            for each in attrs.fields(cls)
        )

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Return the semantics that `name=value` texts describe; the rest stays at its default."""
        switches = {switch.name: switch for switch in cls.switches()}
        chosen: dict[str, Any] = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in switches:
                raise ValueError(f"there is no switch {name!r}; there are {', '.join(switches)}")
            chosen[name] = switches[name].value(value)
        return cls(**chosen)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Return the default and every semantics that differs from it in one switch, by their `name=value`."""
        variants = {"default": cls()}
        for switch in cls.switches():
            for value in switch.values:
                if value != switch.default:
                    change: dict[str, Any] = {switch.name: value}
                    variants[f"{switch.name}={spelled(value)}"] = cls(**change)
        return variants

    @classmethod
    def table(cls) -> str:
        """Return the Markdown table of all switches; the default is in bold."""
        rows = ["| switch | values | what it decides | point |", "|---|---|---|---|"]
        for switch in cls.switches():
            values = (f"**{spelled(v)}**" if v == switch.default else spelled(v) for v in switch.values)
            rows.append(f"| `{switch.name}` | {', '.join(values)} | {switch.meaning} | {switch.point} |")
        return "\n".join(rows) + "\n"


def _values(hint: object) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) is Literal else (True, False)
