"""How the service reads its document at the moment: switches that can be set while it runs."""

from collections.abc import Mapping
from typing import Any

from attrs import define, evolve, field

from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.validation import ContactReader


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
