"""What `pling doctor` found, and how it is shown."""

from typing import TYPE_CHECKING, Any, Final

import attrs

from pling_async.cli.exits import Exit
from pling_async.cli.neighbours import NAMES as COPIED
from pling_async.cli.output import Output
from pling_async.cli.systems import PLING, System

if TYPE_CHECKING:
    from pling_async.cli.checks import Check

_CHECK_COLUMNS: Final = ("check", "result", "said", "do")
_READING_COLUMNS: Final = ("switch", "reading", "meaning")


@attrs.define(kw_only=True)
class Examination:
    """What is asked, and what was found."""

    system: System
    probe: bool
    throw_away: int | None
    checks: "list[Check]" = attrs.field(factory=list)
    readings: dict[str, object] = attrs.field(factory=dict)

    @property
    def code(self) -> Exit:
        """What the command ends with: the first failure decides."""
        return next((each.code or Exit.FAILED for each in self.checks if each.level == "fail"), Exit.OK)

    def show(self, output: Output) -> None:
        """Print checks and readings, and what to do next."""
        checks = [
            {"check": each.name, "result": each.level.value, "said": each.said, "do": each.way_out or None}
            for each in self.checks
        ]
        readings = list(_explained(self.readings))
        if output.is_table:
            output.records(_CHECK_COLUMNS, checks)
            if readings:
                output.show("")
                output.records(_READING_COLUMNS, readings)
        elif output.format == "json":
            output.record({"ok": self.code is Exit.OK, "checks": checks, "readings": readings})
        else:
            output.records((), [*checks, *readings])
        output.next_step(*(self._next() if self.code is Exit.OK else ("config", "show")))

    def _next(self) -> tuple[str, ...]:
        if self.system.name in COPIED:
            return ("copy", "--from", self.system.name, "--to", PLING.name, "--plan-only")
        return ("check", "FILE")


def _explained(readings: dict[str, object]) -> "list[dict[str, Any]]":
    from pling_async.sandbox import Semantics  # noqa: PLC0415 - aiohttp takes a while to import
    from pling_async.sandbox.switches import spelled  # noqa: PLC0415 - likewise

    return [
        {
            "switch": switch.name,
            "reading": spelled(readings[switch.name]),
            "meaning": switch.meaning,
            "is_default": readings[switch.name] == switch.default,
        }
        for switch in Semantics.switches()
        if switch.name in readings
    ]
