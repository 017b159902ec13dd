"""Guards: small pure rules that a plan must pass, shown by `plan` and checked again by `apply`.

A guard either passes, holds something back (the plan was made without it, and says so) or refuses the plan.
A confirmation or a `--yes` lifts none of them; only the setting that its message names does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from attrs import Attribute, field, frozen, validators

from pling_async.bulk.guard_facts import Facts
from pling_async.errors import ConfigurationError, GuardRefused
from pling_async.phones import is_e164

CONFIRMABLE: Final = frozenset({"removals", "removal-budget"})
"""Guards that the confirmation of exactly one plan lifts."""

SHORTEST_DIGEST: Final = 12
"""Characters of a digest that are enough to confirm a plan."""


class Level(StrEnum):
    """What a guard decided."""

    PASSED = "passed"
    HELD = "held"
    """Something dangerous was left out of the plan; the rest may be applied."""
    REFUSED = "refused"


def _stripped(held: Mapping[str, str]) -> dict[str, str]:
    return {mobile: str(reference or "").strip() for mobile, reference in dict(held).items()}


def _said_where(_: object, __: "Attribute[Mapping[str, str]]", held: Mapping[str, str]) -> None:
    if not all(map(is_e164, held)):
        raise ConfigurationError("consent: a key is not E.164; write numbers as +4799999999")
    if not all(held.values()):
        raise ConfigurationError("consent: say where each written consent is kept; without it nobody is made reachable")


def _only_accounts(accounts: Iterable[int] | None) -> frozenset[int] | None:
    return None if accounts is None else frozenset(accounts)


@frozen(kw_only=True)
class Guards:
    """What a plan may do; the defaults are for somebody who has not looked yet."""

    max_removals: int = field(default=10, validator=validators.ge(0))
    max_removal_percent: float = field(default=10.0, validator=[validators.ge(0), validators.le(100)])
    """The larger of count and percent of the account is the limit."""
    max_removals_per_day: int | None = field(default=None, validator=validators.optional(validators.ge(0)))
    """Most contacts that all runs of 24 hours on this machine may remove; None is three times the limit of one."""
    accounts: frozenset[int] | None = field(default=None, converter=_only_accounts)
    """The only accounts that may be written to; None is any."""
    find_moves: bool = True
    """Take a removal and an addition that share a speed dial, an email or a name for one person's new number."""
    allow_empty: bool = False
    """Let an empty list plan the removal of everybody (within the removal limit)."""
    removals_despite_rejects: bool = False
    """Remove contacts although some rows could not be read; those behind readable numbers stay all the same."""
    allow_group_removal: bool = False
    """Let a replace delete groups that nobody is left in."""
    keep_auto_created: bool = False
    """Keep contacts that incoming messages created and the list does not know."""
    min_rows: int | None = None
    """Refuse a list with fewer usable rows than expected."""
    consent: Mapping[str, str] = field(
        factory=dict, converter=_stripped, validator=_said_where, repr=lambda held: f"<{len(held)} mobiles>"
    )
    """E.164 -> where the written consent to be taken off the stop list is kept (section 2.4); each can be used once."""


@frozen(kw_only=True)
class Verdict:
    """One guard's decision, with the sentence to show."""

    guard: str
    level: Level
    message: str


Decision = tuple[Level, str]


def removal_limit(guards: Guards, account_contacts: int) -> int:
    """Return how many contacts a plan may remove: the larger of the count and the percentage, rounded down."""
    return max(guards.max_removals, int(account_contacts * guards.max_removal_percent / 100))


def judge(facts: Facts, guards: Guards) -> tuple[Verdict, ...]:
    """Return every guard's verdict, in the order in which they are shown."""
    decisions = ((name, *guard(facts, guards)) for name, guard in _GUARDS.items())
    return tuple(Verdict(guard=name, level=level, message=message) for name, level, message in decisions)


def enforce(verdicts: tuple[Verdict, ...], *, digest: str, confirmed: str | None = None) -> None:
    """Raise `GuardRefused` naming every refusal and what would allow it; nothing was sent then.

    `confirmed` is the digest, or at least its first 12 characters, of a plan that somebody looked at: it lifts the
    limits on removals, for exactly this plan (I-1).
    """
    refused = [verdict for verdict in verdicts if verdict.level is Level.REFUSED]
    if confirmed is not None:
        if len(confirmed) < SHORTEST_DIGEST or not digest.startswith(confirmed):
            raise GuardRefused(f"another plan was confirmed; nothing was sent; this one is {digest[:SHORTEST_DIGEST]}")
        refused = [verdict for verdict in refused if verdict.guard not in CONFIRMABLE]
    if refused:
        raise GuardRefused("\n".join(_refusal(refused, digest)))


def _refusal(refused: Iterable[Verdict], digest: str) -> Iterator[str]:
    yield "The plan was refused and nothing was sent:"
    yield from (f"- {verdict.message}" for verdict in refused)
    if all(verdict.guard in CONFIRMABLE for verdict in refused):
        yield f"Or confirm exactly this plan: --confirm {digest[:SHORTEST_DIGEST]} (ApplySettings(confirm=...))"


def _removals(facts: Facts, guards: Guards) -> Decision:
    limit = removal_limit(guards, facts.account_contacts)
    share = f"{facts.removals} of {some(facts.account_contacts, 'contact')}"
    if facts.removals <= limit:
        return Level.PASSED, f"removes {share}; the limit is {limit}"
    way_out = f"allow it with --max-removals {facts.removals} (Guards(max_removals={facts.removals}))"
    return Level.REFUSED, f"would remove {share}, more than the limit of {limit}; {way_out}"


def _removal_budget(facts: Facts, guards: Guards) -> Decision:
    budget = guards.max_removals_per_day
    limit = 3 * removal_limit(guards, facts.account_contacts) if budget is None else budget
    removed = facts.removals + facts.removed_recently
    if removed <= limit or not facts.removals:
        return Level.PASSED, f"{removed} removed within 24 hours, this plan included; the limit is {limit}"
    way_out = f"wait, or allow it with --max-removals-per-day {removed} (Guards(max_removals_per_day={removed}))"
    return Level.REFUSED, f"{removed} would be removed within 24 hours, more than the limit of {limit}; {way_out}"


def _account(facts: Facts, guards: Guards) -> Decision:
    if guards.accounts is None:
        return Level.PASSED, "any account may be written to"
    if facts.account_id in guards.accounts:
        return Level.PASSED, f"account {facts.account_id} may be written to"
    way_out = f"check PLING_ACCOUNT_ID, or add --only-account {facts.account_id} (Guards(accounts=...))"
    return Level.REFUSED, f"account {facts.account_id} is not one that may be written to; {way_out}"


def _moves(facts: Facts, guards: Guards) -> Decision:
    if not facts.moves:
        return Level.PASSED, "nobody's number changes" if guards.find_moves else "number changes are not looked for"
    way_out = "if they are other people, use --no-moves (Guards(find_moves=False))"
    return Level.PASSED, f"keeps its id and gets a new number: {some(facts.moves, 'contact')}; {way_out}"


def _empty_source(facts: Facts, guards: Guards) -> Decision:
    if facts.usable_rows or guards.allow_empty:
        return Level.PASSED, some(facts.usable_rows, "usable row")
    way_out = "check the file, or allow it with --allow-empty (Guards(allow_empty=True))"
    return Level.REFUSED, f"the list has no usable row; {way_out}"


def _expected_rows(facts: Facts, guards: Guards) -> Decision:
    if guards.min_rows is None:
        return Level.PASSED, "no minimum number of rows is set"
    if facts.usable_rows >= guards.min_rows:
        return Level.PASSED, f"at least {some(guards.min_rows, 'row')}"
    way_out = "check the file, or lower --min-rows (Guards(min_rows=...))"
    return Level.REFUSED, f"{some(facts.usable_rows, 'usable row')}, {guards.min_rows} expected; {way_out}"


def _rejects(facts: Facts, _: Guards) -> Decision:
    rows = f"{some(facts.rejected_rows, 'row')} could not be used"
    if facts.removals_held_back:
        way_out = "fix them, or use --remove-despite-rejects (Guards(removals_despite_rejects=True))"
        return Level.HELD, f"{some(facts.removals_held_back, 'removal')} held back, since {rows}; {way_out}"
    if facts.behind_rejected_rows:
        return (
            Level.HELD,
            f"{rows}; contacts with those numbers stay as they are: {facts.behind_rejected_rows}",
        )
    return Level.PASSED, rows


def _stopped_kept(facts: Facts, _: Guards) -> Decision:
    if facts.stopped_kept:
        return Level.HELD, f"not in the list, but kept, still stopped: {some(facts.stopped_kept, 'contact')}"
    return Level.PASSED, "no stopped contact would be lost"


def _unstops(facts: Facts, _: Guards) -> Decision:
    if facts.consents_used_by:
        used = f"a consent was used before, by run {facts.consents_used_by[0]}; who opted out since needs a new one"
        way_out = "leave it out, or say where the new one is kept, in --consent FILE (Guards(consent={...}))"
        return Level.REFUSED, f"{used}; {way_out}"
    if not facts.unstops_held_back:
        return Level.PASSED, "nobody is taken off the stop list without consent"
    way_out = "that needs written consent: --consent FILE (Guards(consent={...}))"
    return (
        Level.HELD,
        f"kept stopped although the list says otherwise: {some(facts.unstops_held_back, 'contact')}; {way_out}",
    )


def _groups(facts: Facts, guards: Guards) -> Decision:
    if not facts.groups_removed:
        return Level.PASSED, "no group is deleted"
    groups = "deletes groups that nobody is left in: " + ", ".join(repr(name) for name in facts.groups_removed)
    if guards.allow_group_removal:
        return Level.PASSED, groups
    way_out = "allow it with --allow-group-removal (Guards(allow_group_removal=True)), or use --strategy per_contact"
    return Level.REFUSED, f"the replace {groups}; {way_out}"


def _speed_dials(facts: Facts, _: Guards) -> Decision:
    if not facts.duplicate_speed_dials:
        return Level.PASSED, "speed dials are unique"
    who = ", ".join(facts.duplicate_speed_dials[:5])
    return (
        Level.REFUSED,
        f"{len(facts.duplicate_speed_dials)} contacts would share a speed dial ({who}); make them unique",
    )


def some(count: int, what: str) -> str:
    """Return a count with its noun."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_GUARDS: Final[Mapping[str, Callable[[Facts, Guards], Decision]]] = {
    "account": _account,
    "removals": _removals,
    "removal-budget": _removal_budget,
    "empty-source": _empty_source,
    "expected-rows": _expected_rows,
    "rejects": _rejects,
    "stop-list": _stopped_kept,
    "consent": _unstops,
    "groups": _groups,
    "speed-dials": _speed_dials,
    "moves": _moves,
}
