"""How the service reads its document at the moment: switches that can be set while it runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.validation import ContactReader
from pling_async.sandbox.switches import spelled


@frozen(kw_only=True)
class Setting:
    """One switch as it stands, its values as they are spelled."""

    name: str
    value: str
    default: str
    values: tuple[str, ...]
    point: str
    meaning: str


@define(eq=False)
class Reading:
    """The switches, and what reads contacts as they say; every request is read as they stand when it is carried out."""

    semantics: Semantics
    reader: ContactReader = field(init=False)

    @reader.default
    def _usual_reader(self) -> ContactReader:
        return ContactReader(self.semantics)

    def change(self, chosen: Mapping[str, str]) -> None:
        """Set switches to values as they are spelled; raises `ValueError` for what is none, and sets nothing then."""
        known = {switch.name: switch for switch in self.semantics.switches()}
        if unknown := sorted(chosen.keys() - known.keys()):
            raise ValueError(f"there is no switch {unknown[0]!r}")
        values: dict[str, Any] = {name: known[name].value(text) for name, text in chosen.items()}
        self.semantics = evolve(self.semantics, **values)
        self.reader = ContactReader(self.semantics)

    def settings(self) -> Iterator[Setting]:
        """Yield every switch."""
        for switch in self.semantics.switches():
            yield Setting(
                name=switch.name,
                value=spelled(getattr(self.semantics, switch.name)),
                default=spelled(switch.default),
                values=tuple(map(spelled, switch.values)),
                point=switch.point,
                meaning=switch.meaning,
            )
