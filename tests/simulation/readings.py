"""What the checkers read out of plans, runs and the history, in the model's terms."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from tests.simulation.history import Change, Person, Sent, Shown, State
from tests.simulation.runs import RunRecord
from tests.simulation.world import World

REFUSED = frozenset({400, 401, 403, 404, 409, 413, 429})
"""Statuses of requests that did nothing."""
_TEXTS = (
    "name",
    "first_name",
    "last_name",
    "speed_dial",
    "comment",
    "address",
    "postal_code",
    "city",
    "auto_created_number",
    "email",
)


def state_of(frame: pl.DataFrame) -> State:
    """Return the people of a frame of contacts."""
    return {
        row["mobile"]: Person(
            texts=tuple(row[name] for name in _TEXTS),
            is_stopped=row["is_stopped"],
            is_active=row["is_active"],
            groups=frozenset(row["contact_groups"]),
        )
        for row in frame.iter_rows(named=True)
    }


def promised(record: RunRecord) -> State:
    """Return the account that a run's plan promises."""
    if record.promised is None:
        record.promised = state_of(record.plan.wanted)
    return record.promised


def baseline(record: RunRecord) -> State:
    """Return the account that a run's plan was made for."""
    if record.baseline is None:
        record.baseline = state_of(record.plan.baseline)
    return record.baseline


def removals(record: RunRecord) -> set[str]:
    """Return the numbers that a plan takes away; that of somebody who gets a new one is among them."""
    return set(record.plan.removals["mobile"]) | set(moves(record).values())


def moves(record: RunRecord) -> dict[str, str]:
    """Return the old number of everybody who gets a new one, by the new one."""
    pairs = record.plan.contacts.select("mobile", "moved_from").drop_nulls()
    return dict(pairs.iter_rows())


def by_client(world: World) -> Iterator[tuple[int, Change, Sent]]:
    """Yield every change that a request of ours made, with its position and the request."""
    for place, change in world.history.changes:
        if change.cause is not None:
            yield place, change, change.cause


def is_calm(world: World, record: RunRecord) -> bool:
    """Tell whether nobody else changed the account while a run lasted, not even another run."""
    start, end = started(record), record.last.ended
    return all(
        change.cause is not None and change.cause.run is record
        for place, change in world.history.changes
        if start <= place < end
    )


def shown_to(world: World, record: RunRecord, *, before: int | None = None) -> list[tuple[int, Shown]]:
    """Return what a run's processes were shown, perhaps only before a position."""
    return [
        (place, shown)
        for place, shown in world.history.shown
        if shown.sent.run is record and (before is None or place < before)
    ]


def accounts_shown(world: World, record: RunRecord, *, before: int | None = None) -> list[tuple[int, Shown]]:
    """Return the whole listings among what a run was shown."""
    return [(place, shown) for place, shown in shown_to(world, record, before=before) if shown.is_account]


def built_at(world: World, sent: Sent) -> Sent:
    """Return the first attempt of a request: its bytes were decided then."""
    return next(each for each in world.history.requests if each.request_id == sent.request_id)


def subjects(world: World, record: RunRecord, only: Sent | None = None) -> set[str]:
    """Return the numbers of whom a run's requests speak, or one of them: by body, and by the id of a deletion."""
    ids = {f"contacts/{each}": mobile for mobile, each in record.plan.removals.select("mobile", "id").iter_rows()}
    mine = [only] if only is not None else [sent for sent in world.history.requests if sent.run is record]
    named = {mobile for sent in mine for mobile in sent.mobiles}
    return named | {ids[sent.path] for sent in mine if sent.method == "DELETE" and sent.path in ids}


def written(run: Any) -> list[dict[str, Any]]:
    """Return what a run says of each contact it was to write."""
    return [] if run is None else list(run.written.iter_rows(named=True))


def started(record: RunRecord) -> int:
    """Return the position at which a run began, planning included."""
    return record.lives[0].started


def imports(world: World) -> list[RunRecord]:
    """Return the runs that carry out the plan of a list."""
    return [record for record in world.records if record.kind in {"import", "again"} and record.plan is not None]


def planned(world: World) -> list[RunRecord]:
    """Return all runs that have a plan, undoing ones too."""
    return [record for record in world.records if record.plan is not None]
