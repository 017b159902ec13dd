"""What the page says before its lists: counts, charts, guards and groups; all of it readable without the script."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from pling_async.bulk import Level, Strategy
from pling_async.bulk.guards import some
from pling_async.cli.page.veil import Veil
from pling_async.cli.plan_view import MODES

if TYPE_CHECKING:
    from pling_async.bulk import Plan

_BARS: Final = 8
_SHOWN_GROUPS: Final = 200

_MARKS: Final = {Level.REFUSED: ("refused", "red"), Level.HELD: ("held back", "amber"), Level.PASSED: ("ok", "green")}


@frozen(kw_only=True)
class Bar:
    """A part of a chart; `start` and `share` are per cent."""

    label: str
    count: int
    colour: str = "accent"
    share: float = 0
    start: float = 0


def heading(plan: "Plan", veil: Veil) -> Mapping[str, Any]:
    """Return what is said of the plan as a whole."""
    return {
        "digest": plan.digest[:12],
        "account_id": plan.account_id,
        "mode": plan.mode.value.capitalize(),
        "mode_words": MODES[plan.mode],
        "is_redacted": veil.is_redacted,
    }


def verdict(plan: "Plan") -> Mapping[str, str]:
    """Return in a word whether the plan may be applied."""
    levels = Counter(each.level for each in plan.verdicts)
    if levels[Level.REFUSED]:
        words = f"Refused by {some(levels[Level.REFUSED], 'guard')}."
        return {"colour": "red", "words": words, "more": "Apply will send nothing; the reasons stand below."}
    if not plan.counts.writes:
        return {"colour": "green", "words": "Nothing to do.", "more": "The account already is what the list says."}
    if levels[Level.HELD]:
        words = f"{some(levels[Level.HELD], 'guard')} held something back."
        return {"colour": "amber", "words": words, "more": "The rest can be applied; see what was left out."}
    return {"colour": "green", "words": "Every guard passed.", "more": "The plan can be applied."}


def tiles(plan: "Plan") -> list[Bar]:
    """Return the counts, the most dangerous first."""
    counts = plan.counts
    return [
        Bar(label="removed", count=counts.remove, colour="red"),
        Bar(label="new number", count=counts.move, colour="violet"),
        Bar(label="changed", count=counts.change, colour="amber"),
        Bar(label="added", count=counts.add, colour="green"),
        Bar(label="unchanged", count=counts.unchanged, colour="grey"),
        Bar(label="kept", count=sum(counts.keep.values()), colour="grey"),
        Bar(label="rejected rows", count=counts.rejected_rows, colour="amber"),
    ]


def stack(plan: "Plan") -> Mapping[str, Any]:
    """Return all contacts as one bar, and what it shows in words."""
    counted = [each for each in tiles(plan) if each.count and each.label != "rejected rows"]
    words = ", ".join(f"{each.count} {each.label}" for each in counted) or "no contacts"
    return {"words": f"Contacts: {words}", "parts": list(_side_by_side(counted))}


def facts(plan: "Plan", veil: Veil) -> Iterator[tuple[str, str]]:
    """Yield what is known of the list and the account, by label."""
    source = plan.source
    yield "file", veil.text(source.name)
    read_as = [
        source.kind,
        source.encoding,
        f"delimiter {source.delimiter!r}" if source.delimiter else None,
        f"sheet {veil.text(source.sheet)}" if source.sheet else None,
    ]
    yield "read as", ", ".join([*filter(None, read_as), some(source.rows, "row")])
    yield "columns", ", ".join(f"{veil.text(header)} = {name}" for header, name in source.mapping.items())
    if source.ignored:
        yield "ignored", ", ".join(map(veil.text, source.ignored))
    yield "account", f"{plan.account_id} at {veil.text(plan.origin)}"
    if plan.counts.writes:
        size, requests = f"{plan.cost.replace_bytes / 1000:,.0f} kB", some(plan.cost.per_contact_requests, "request")
        yield "cost", f"about {size} in one replace, or {requests} one by one; auto is {plan.strategy.value}"


def guards(plan: "Plan", veil: Veil) -> Iterator[Mapping[str, str]]:
    """Yield the verdicts, refusals first."""
    names = plan.groups["name"].to_list()
    for level, (words, colour) in _MARKS.items():
        for each in plan.verdicts:
            if each.level is level:
                message = veil.message(each.message, names)
                yield {"name": each.guard, "words": words, "colour": colour, "message": message}


def reasons(plan: "Plan") -> list[Bar]:
    """Return the codes of the rejects, the most frequent first."""
    counts = plan.rejects["code"].value_counts().iter_rows()
    return charted({code.replace("_", " "): count for code, count in counts}, "amber")


def countries(plan: "Plan") -> list[Bar]:
    """Return the countries of the contacts that the account will have, the most frequent first."""
    starts = plan.wanted["mobile"].str.slice(1, 3).value_counts().iter_rows()
    found: Counter[str] = Counter()
    for digits, count in starts:
        found[_country(digits)] += count
    return charted(found, "accent")


def _country(digits: str) -> str:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as REGIONS  # noqa: PLC0415 - a table, loaded when needed

    code = next((int(digits[:length]) for length in (1, 2, 3) if int(digits[:length]) in REGIONS), None)
    return f"+{digits}" if code is None else f"+{code} {_NAMES.get(code, REGIONS[code][0])}"


_NAMES: Final = {
    1: "North America",
    31: "Netherlands",
    33: "France",
    34: "Spain",
    39: "Italy",
    44: "United Kingdom",
    45: "Denmark",
    46: "Sweden",
    47: "Norway",
    48: "Poland",
    49: "Germany",
    354: "Iceland",
    358: "Finland",
    370: "Lithuania",
    371: "Latvia",
    372: "Estonia",
    380: "Ukraine",
}
"""Countries by name that lists from here are likely to have; of the others the page shows the region's two letters."""


def charted(counts: Mapping[str, int], colour: str) -> list[Bar]:
    """Return the bars of a chart; what is rare becomes one."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rare = ordered[_BARS:]
    bars = [*ordered[:_BARS], (f"{len(rare)} others", sum(count for _, count in rare))] if rare else ordered
    most = max((count for _, count in bars), default=0)
    return [Bar(label=label, count=count, colour=colour, share=round(100 * count / most, 2)) for label, count in bars]


def _side_by_side(bars: Iterable[Bar]) -> Iterator[Bar]:
    bars = list(bars)
    total, start = sum(each.count for each in bars), 0.0
    for each in bars:
        share = 100 * each.count / total
        yield Bar(label=each.label, count=each.count, colour=each.colour, start=round(start, 3), share=round(share, 3))
        start += share


def groups(plan: "Plan", veil: Veil) -> list[Mapping[str, Any]]:
    """Return every group with its members now and afterwards; those that vanish first, then those that appear."""
    before, after = _members(plan.baseline), _members(plan.wanted)
    known = set(plan.groups["name"])
    vanishing = set(plan.group_names_removed())
    is_replace = plan.strategy is Strategy.REPLACE and plan.counts.writes > 0
    found = [
        {
            "name": veil.group(name),
            "before": before[name],
            "after": after[name],
            **_fate(name, known, vanishing, is_replace=is_replace),
        }
        for name in sorted(known | set(after))
    ]
    return sorted(found, key=lambda group: group["order"])


def shown_groups(found: list[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """Return the groups that fit on the page, whatever vanishes or appears among them, and how many do not."""
    shown = [group for place, group in enumerate(found) if group["words"] or place < _SHOWN_GROUPS]
    return shown, len(found) - len(shown)


def _fate(name: str, known: set[str], vanishing: set[str], *, is_replace: bool) -> Mapping[str, Any]:
    if name in vanishing:
        words = "vanishes" if is_replace else "left empty"
        return {"words": words, "colour": "red" if is_replace else "amber", "order": 0}
    if name not in known:
        return {"words": "appears", "colour": "green", "order": 1}
    return {"words": "", "colour": "", "order": 2}


def groups_words(found: Iterable[Mapping[str, Any]]) -> str:
    """Say how many groups appear and vanish."""
    counts = Counter(group["words"] for group in found)
    told = [f"{words}: {counts[words]}" for words in ("vanishes", "left empty", "appears") if counts[words]]
    return ", ".join(told).capitalize() if told else "No group appears or vanishes."


def _members(contacts: Any) -> Counter[str]:
    cells = contacts["contact_groups"].explode().drop_nulls()
    return Counter(dict(cells.value_counts().iter_rows()))
