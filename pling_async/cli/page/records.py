"""The lists that the page's script shows, as compact as a hundred thousand lines of them need to be."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from pling_async.bulk import Action
from pling_async.bulk.fields import WRITABLE
from pling_async.cli.page.veil import Veil, held

if TYPE_CHECKING:
    from pling_async.bulk import Plan

LIMIT: Final = 200_000
"""Changes that one page holds; a browser takes more, but slowly."""

Record = list[Any]


@frozen
class Kind:
    """One kind of change, in words and colour."""

    label: str
    mark: str
    colour: str


KINDS: Final[Mapping[Action, Kind]] = {
    Action.REMOVE: Kind("Removed", "removed", "red"),
    Action.MOVE: Kind("New number", "new number", "violet"),
    Action.CHANGE: Kind("Changed", "changed", "amber"),
    Action.ADD: Kind("Added", "added", "green"),
    Action.KEEP: Kind("Kept or held back", "kept", ""),
}
"""Every kind on the page, the most dangerous first."""

LABELS: Final = tuple(name.removeprefix("is_").removeprefix("contact_").replace("_", " ") for name in WRITABLE)
"""What the page calls each field."""

_PLACES: Final = {name: place for place, name in enumerate(WRITABLE)}

_NOTES: Final = {
    "stopped": "not in the list, but stopped: without the contact the opt-out would be lost",
    "rejected_row": "the list has the number, in a row that could not be used",
    "auto_created": "an incoming message created it, and those are kept",
    "held_back": "not in the list, but some rows could not be read: it may be behind one of them",
    "not_of_run": "the run did not touch it, or somebody else did since",
}
_STILL_STOPPED: Final = "still stopped, although the list says otherwise: that needs written consent"


def changed(plan: "Plan") -> list[Any]:
    """Return the contacts of each kind, as frames."""
    return list(_frames(plan))


def changes(frames: Iterable[Any], veil: Veil) -> Iterator[Record]:
    """Yield [kind, mobile, name, moved from, note, rows, [[field, before, after]]], at most `LIMIT` of them."""
    return islice(_changes(frames, veil), LIMIT)


def rejects(plan: "Plan", veil: Veil) -> Iterator[Record]:
    """Yield [row, field, code, message, mobile]."""
    for row, name, code, message, mobile in plan.rejects.select(_REJECT).iter_rows():
        yield [row, name, code, message, veil.number(mobile)]


_REJECT: Final = ("row", "field", "code", "message", "mobile")


def duplicates(plan: "Plan", veil: Veil) -> Iterator[Record]:
    """Yield [mobile, rows, last row, [[field, row that won]]] for each number with several rows."""
    lines = plan.merges.select("mobile", "rows", "field", "kept_row").iter_rows()
    found: dict[str, Record] = {}
    for mobile, rows, name, kept in lines:
        record = found.setdefault(mobile, [veil.number(mobile), rows, max(rows), []])
        if name is not None:
            record[3].append([name, kept])
    yield from found.values()


def _frames(plan: "Plan") -> Iterator[Any]:
    contacts = plan.contacts
    for action in KINDS:
        rows = contacts.filter(action=action.value)
        if action is Action.KEEP:
            others = contacts.filter(action=Action.UNCHANGED.value, unstop_held_back=True)
            rows = rows.filter(rows["reason"] != "merge").vstack(others)
        yield rows


def _changes(frames: Iterable[Any], veil: Veil) -> Iterator[Record]:
    for kind, (action, rows) in enumerate(zip(KINDS, frames, strict=True)):
        for row in rows.select(_COLUMNS).iter_rows(named=True):
            yield [
                kind,
                veil.number(row["mobile"]),
                veil.value((row if action is not Action.REMOVE else row["before"])["name"]),
                veil.number(row["moved_from"]),
                _note(row),
                row["rows"],
                list(_fields(action, row, veil)),
            ]


_COLUMNS: Final = (
    "mobile",
    *WRITABLE,
    "before",
    "changed",
    "moved_from",
    "moved_by",
    "reason",
    "unstop_held_back",
    "rows",
)


def _note(row: Mapping[str, Any]) -> str:
    notes = [_NOTES.get(row["reason"] or "", "")]
    if row["moved_by"]:
        notes.append(f"one person: the same {row['moved_by'].replace('_', ' ')}")
    if row["unstop_held_back"]:
        notes.append(_STILL_STOPPED)
    return "; ".join(filter(None, notes))


def _fields(action: Action, row: Mapping[str, Any], veil: Veil) -> Iterator[Record]:
    if action is Action.ADD:
        for name, value in held({name: row[name] for name in WRITABLE if name != "name"}):
            yield [_PLACES[name], None, veil.value(value)]
    elif action is Action.REMOVE:
        for name, value in held({name: row["before"][name] for name in WRITABLE if name != "name"}):
            yield [_PLACES[name], veil.value(value), None]
    else:
        for name in row["changed"]:
            yield [_PLACES[name], _shown(row["before"][name], veil), _shown(row[name], veil)]


def _shown(value: Any, veil: Veil) -> Any:
    """Return a side of a change; blank is a text here, since null is a side that is not there."""
    return "" if value is None else veil.value(value)
