"""Rare situations that a seed may be about: drawn apart from everything else, so that other seeds stay what they were.

A theme bends the draws of an import towards one situation that chance alone would hardly ever make.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from attrs import evolve

from pling_async import RetryPolicy
from tests.simulation.faults import LOST
from tests.simulation.people import POOL, Row
from tests.simulation.runs import RunRecord
from tests.simulation.world import World

_PER_CONTACT: Final = {"removals", "by_hand", "found", "early_undo", "dial"}
_REMOVING: Final = {"removals", "by_hand", "found", "full"}
_PEOPLE: Final = 15
_NOTES: Final = {"replace": ("result", "result", "ended", "conclusion"), "per_contact": ("settled", "ended", "decided")}


def bend_world(world: World) -> None:
    """Choose the reading of the document, and the settings, that a theme is about."""
    if world.theme == "found":
        _read_as(world, lost="at_once")
        world.settings = evolve(world.settings, retry=RetryPolicy(attempts=1), max_in_flight=8)
    elif world.theme == "consent" and world.spare.random() < 0.7:
        _read_as(world, lost="at_once")
    elif world.theme == "early_undo" or (world.theme == "dial" and world.spare.random() < 0.7):
        _read_as(world, lost="late")
    elif world.theme == "refused_again":
        _read_as(world, commit="row_by_row")
    if world.theme == "dial" and world.spare.random() < 0.6:
        world.settings = evolve(world.settings, retry=RetryPolicy(attempts=1))
    if world.theme:
        _fill_up(world)


def _fill_up(world: World) -> None:
    """Let the account have enough people for something to happen to one of them."""
    server = world.server
    free = [mobile for mobile in POOL if mobile not in server.contacts]
    for mobile in world.spare.sample(free, max(0, _PEOPLE - len(server.contacts))):
        server.write(mobile, server.fresh(mobile, {"city": world.spare.choice(("OSLO", "BERGEN"))}), actor="setup")


def _read_as(world: World, **switches: Any) -> None:
    world.semantics = world.server.semantics = evolve(world.semantics, **switches)


def bend_run(world: World, record: RunRecord) -> None:
    """Let a run be carried out in the way, and with the list, that a theme is about."""
    if world.theme in _PER_CONTACT:
        record.strategy = "per_contact"
    if world.theme in _REMOVING:
        record.mode = "replace"
        record.guards = evolve(record.guards, max_removals=40, removals_despite_rejects=True, allow_group_removal=True)
    if world.theme == "consent":
        _free_somebody(world, record)
    elif world.theme == "refused_again":
        record.strategy = "replace"
    elif world.theme == "dial":
        record.rows = with_dial(world, record.rows)


def _free_somebody(world: World, record: RunRecord) -> None:
    """Hold the consent of somebody who is on the stop list, and let the list say so."""
    server = world.server
    if not server.contacts:
        return
    mobile = world.spare.choice(sorted(server.contacts))
    server.write(mobile, {**server.contacts[mobile], "stop": 1}, actor="setup")
    row = Row(spelled={"mobile": mobile, "is_stopped": False}, mobile=mobile, says={"is_stopped": False})
    record.mode, record.rows = "merge", [*(each for each in record.rows if each.mobile != mobile), row]
    record.consent = frozenset({mobile})
    record.guards = evolve(record.guards, consent={mobile: "letter 8"})


def with_dial(world: World, rows: Sequence[Row]) -> list[Row]:
    """Give one person of a list a speed dial, and let the answer to its first request be lost."""
    named = Counter(row.mobile for row in rows)
    once = [place for place, row in enumerate(rows) if row.mobile is not None and named[row.mobile] == 1]
    found = list(rows)
    if once:
        place = world.spare.choice(once)
        dial = {"speed_dial": f"L{str(rows[place].mobile)[-4:]}"}
        row = rows[place]
        found[place] = evolve(row, spelled={**row.spelled, **dial}, says={**row.says, **dial})
        world.faults.aimed["dial"] = world.spare.choice(LOST)
    return found


def bend_troubles(world: World, record: RunRecord) -> None:
    """Choose the faults that a theme is about, before a plan is carried out."""
    faults, spare = world.faults, world.spare
    match world.theme:
        case "consent":
            faults.aimed |= {"frees": spare.choice(LOST), "replace": spare.choice((*LOST, "dies", "dies"))}
        case "full":
            kinds = _NOTES.get(record.strategy, _NOTES["replace"] + _NOTES["per_contact"])
            world.full_at, world.disk_pages = (spare.choice(kinds), spare.randint(1, 6)), None
            faults.mode, faults.aimed = "", faults.aimed if spare.random() < 0.3 else {}
        case "found":
            faults.mode, faults.rates, faults.patience = "", dict.fromkeys(LOST, 0.2), 60
        case "early_undo":
            faults.aimed |= {method: spare.choice(LOST) for method in ("POST", "PUT", "DELETE")}
        case "refused_again":
            faults.mode, faults.rates, faults.aimed = "", {}, {"replace": "dies", "replace again": "late_pause"}


def bent_cut(world: World) -> dict[str, Any] | None:
    """Say where a theme lets a process die; None leaves it to the draw."""
    match world.theme:
        case "by_hand":
            world.kill_at_request, world.kill_after = world.spare.randint(1, 4), world.spare.randint(1, 40)
            world.theme = "by_hand then undo"
            return {}
        case "by_hand then undo" | "found" | "refused_again":
            return {}
    return None
