"""Rare situations that a seed may be about: drawn apart from everything else, so that other seeds stay what they were.

A theme bends the draws of an import towards one situation that chance alone would hardly ever make.
"""

from typing import Any, Final

from attrs import evolve

from pling_async import RetryPolicy
from tests.simulation.faults import LOST
from tests.simulation.people import Row
from tests.simulation.runs import RunRecord
from tests.simulation.world import World

_PER_CONTACT: Final = {"removals", "by_hand", "found", "early_undo"}
_REMOVING: Final = {"removals", "by_hand", "found"}
_NOTES: Final = ("result", "ended", "conclusion", "stops", "decided", "settled", "settled")


def bend_semantics(world: World) -> None:
    """Let the server apply lost requests at the moment that a theme is about."""
    if world.theme == "found":
        _read_as(world, lost="at_once")
    elif world.theme == "early_undo":
        _read_as(world, lost="late")
    elif world.theme == "refused_again":
        _read_as(world, commit="row_by_row")


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


def _free_somebody(world: World, record: RunRecord) -> None:
    """Hold the consent of somebody who is on the stop list, and let the list say so."""
    stopped = [mobile for mobile, person in world.server.people().items() if person.is_stopped]
    if not stopped:
        return
    mobile = world.spare.choice(stopped)
    row = Row(spelled={"mobile": mobile, "is_stopped": False}, mobile=mobile, says={"is_stopped": False})
    record.rows = [*(each for each in record.rows if each.mobile != mobile), row]
    record.consent = frozenset({mobile})
    record.guards = evolve(record.guards, consent={mobile: "letter 8"})


def bend_troubles(world: World) -> None:
    """Choose the faults that a theme is about, before a plan is carried out."""
    faults, spare = world.faults, world.spare
    match world.theme:
        case "consent":
            faults.aimed |= {"frees": spare.choice(LOST), "replace": spare.choice((*LOST, "dies", "dies"))}
        case "full":
            world.full_at = spare.choice(_NOTES), spare.randint(1, 6)
        case "found":
            faults.mode, faults.rates, faults.patience = "", dict.fromkeys(LOST, 0.2), 60
            world.settings = evolve(world.settings, retry=RetryPolicy(attempts=1), max_in_flight=8)
        case "dial":
            faults.aimed["dial"] = spare.choice(LOST)
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

