"""Guards are arithmetic on facts: each passes, holds back or refuses, and says what would allow it."""

import pytest
from attrs import asdict, evolve

from pling_async.bulk.guard_facts import Facts
from pling_async.bulk.guards import Guards, Level, Verdict, enforce, judge, removal_limit
from pling_async.errors import ConfigurationError, GuardRefused, Outcome

DIGEST = "0123456789abcdef" * 4
HARMLESS = Facts(
    account_id=12345,
    removed_recently=0,
    moves=0,
    account_contacts=1000,
    usable_rows=900,
    rejected_rows=0,
    removals=0,
    removals_held_back=0,
    behind_rejected_rows=0,
    stopped_kept=0,
    unstops_held_back=0,
    consents_used_by=(),
    groups_removed=(),
    duplicate_speed_dials=(),
)


def level(name: str, facts: Facts, guards: Guards | None = None) -> Level:
    """Return what one guard says."""
    return {verdict.guard: verdict.level for verdict in judge(facts, guards or Guards())}[name]


def test_a_harmless_plan_passes_every_guard() -> None:
    """Nothing is held back or refused when nothing is at stake."""
    assert {verdict.level for verdict in judge(HARMLESS, Guards())} == {Level.PASSED}


@pytest.mark.parametrize(
    ("contacts", "limit"), [(0, 10), (9, 10), (100, 10), (109, 10), (110, 11), (1000, 100), (12345, 1234)]
)
def test_the_removal_limit_is_the_larger_of_ten_and_ten_percent(contacts: int, limit: int) -> None:
    """The percentage is rounded down, and a small account still may lose ten."""
    assert removal_limit(Guards(), contacts) == limit


def test_an_empty_account_never_satisfies_a_percentage_rule() -> None:
    """A baseline that came back empty leaves the count alone as the limit (I-6)."""
    assert removal_limit(Guards(max_removals=0, max_removal_percent=100), 0) == 0


@pytest.mark.parametrize(("removals", "expected"), [(100, Level.PASSED), (101, Level.REFUSED)])
def test_removals_are_refused_past_the_limit(removals: int, expected: Level) -> None:
    """Exactly the limit is allowed, one more is not (I-1)."""
    assert level("removals", evolve(HARMLESS, removals=removals)) is expected


@pytest.mark.parametrize(("limit", "expected"), [(101, Level.PASSED), (100, Level.REFUSED)])
def test_the_flag_that_the_message_names_allows_the_removals(limit: int, expected: Level) -> None:
    """Guards(max_removals=n) allows n and not more, whatever the percentage would have been."""
    guards = Guards(max_removals=limit, max_removal_percent=0)
    assert level("removals", evolve(HARMLESS, removals=101), guards) is expected


def test_an_empty_list_is_refused_unless_allowed() -> None:
    """A list without a usable row is an accident until somebody says otherwise (I2)."""
    empty = evolve(HARMLESS, usable_rows=0)
    assert level("empty-source", empty) is Level.REFUSED
    assert level("empty-source", empty, Guards(allow_empty=True)) is Level.PASSED


@pytest.mark.parametrize(("rows", "expected"), [(899, Level.REFUSED), (900, Level.PASSED), (901, Level.PASSED)])
def test_fewer_rows_than_expected_are_refused(rows: int, expected: Level) -> None:
    """min_rows counts usable rows."""
    assert level("expected-rows", evolve(HARMLESS, usable_rows=rows), Guards(min_rows=900)) is expected


@pytest.mark.parametrize(
    ("guard", "facts"),
    [
        ("rejects", {"removals_held_back": 1, "rejected_rows": 1}),
        ("rejects", {"behind_rejected_rows": 1, "rejected_rows": 1}),
        ("stop-list", {"stopped_kept": 1}),
        ("consent", {"unstops_held_back": 1}),
    ],
)
def test_what_is_held_back_is_said_and_does_not_refuse(guard: str, facts: dict[str, int]) -> None:
    """A guard that left something out of the plan lets the rest pass."""
    held = evolve(HARMLESS, **facts)
    assert level(guard, held) is Level.HELD
    enforce(judge(held, Guards()), digest=DIGEST)


def test_rejected_rows_without_pending_removals_hold_nothing_back() -> None:
    """In a merge a bad row costs nobody else anything."""
    assert level("rejects", evolve(HARMLESS, rejected_rows=7)) is Level.PASSED


def test_groups_that_would_vanish_are_refused_unless_allowed() -> None:
    """An intentionally empty group is lost by a replace, and no contact's diff shows it (I7)."""
    facts = evolve(HARMLESS, groups_removed=("Styret",))
    assert level("groups", facts) is Level.REFUSED
    assert level("groups", facts, Guards(allow_group_removal=True)) is Level.PASSED


def test_shared_speed_dials_are_refused() -> None:
    """The server would refuse one of them; nobody knows which."""
    assert level("speed-dials", evolve(HARMLESS, duplicate_speed_dials=("+47******01",))) is Level.REFUSED


def test_a_refusal_lists_every_reason_with_its_way_out() -> None:
    """One error names all refusals, and says that nothing was sent."""
    facts = evolve(HARMLESS, removals=500, groups_removed=("Styret",), duplicate_speed_dials=("+47******01",))
    with pytest.raises(GuardRefused) as caught:
        enforce(judge(facts, Guards()), digest=DIGEST)
    for words in ("nothing was sent", "--max-removals 500", "--allow-group-removal", "make them unique"):
        assert words in str(caught.value)
    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert "--confirm" not in str(caught.value)


@pytest.mark.parametrize(("recently", "expected"), [(200, Level.PASSED), (201, Level.REFUSED)])
def test_removals_of_a_day_have_a_budget(recently: int, expected: Level) -> None:
    """Three times the limit of one plan, over all runs of 24 hours on this machine; exactly that is allowed."""
    assert level("removal-budget", evolve(HARMLESS, removals=100, removed_recently=recently)) is expected


@pytest.mark.parametrize(("budget", "expected"), [(6, Level.PASSED), (5, Level.REFUSED), (0, Level.REFUSED)])
def test_the_budget_can_be_set(budget: int, expected: Level) -> None:
    """Guards(max_removals_per_day=n) counts this plan, too."""
    facts = evolve(HARMLESS, removals=2, removed_recently=4)
    assert level("removal-budget", facts, Guards(max_removals_per_day=budget)) is expected


def test_a_spent_budget_does_not_stop_a_plan_without_removals() -> None:
    """Somebody else's removals are no reason to refuse additions."""
    assert level("removal-budget", evolve(HARMLESS, removed_recently=10_000)) is Level.PASSED


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [(None, Level.PASSED), ({12345}, Level.PASSED), ({1, 2}, Level.REFUSED), ((), Level.REFUSED)],
)
def test_only_allowed_accounts_are_written_to(accounts: set[int] | None, expected: Level) -> None:
    """Guards(accounts=...) names the only ones."""
    assert level("account", HARMLESS, Guards(accounts=accounts)) is expected


def test_number_changes_are_told() -> None:
    """They refuse nothing, and the message says how many and how to look at them as other people."""
    (told,) = (each for each in judge(evolve(HARMLESS, moves=3), Guards()) if each.guard == "moves")
    assert told.level is Level.PASSED
    assert "3 contacts" in told.message
    assert "--no-moves" in told.message


@pytest.mark.parametrize("facts", [{"removals": 500}, {"removals": 90, "removed_recently": 400}])
@pytest.mark.parametrize("confirmed", [DIGEST, DIGEST[:12], DIGEST[:40]])
def test_confirming_exactly_this_plan_lifts_the_limits_on_removals(facts: dict[str, int], confirmed: str) -> None:
    """The refusal names the digest to confirm, and that digest is enough (I-1)."""
    verdicts = judge(evolve(HARMLESS, **facts), Guards())
    with pytest.raises(GuardRefused, match=f"--confirm {DIGEST[:12]} "):
        enforce(verdicts, digest=DIGEST)
    enforce(verdicts, digest=DIGEST, confirmed=confirmed)


@pytest.mark.parametrize("confirmed", ["", DIGEST[:11], "f" * 64, f"{DIGEST[:12]}ff", f"{DIGEST}0"])
def test_the_confirmation_of_another_plan_is_refused(confirmed: str) -> None:
    """Too little of a digest, or another one, confirms nothing, even if nothing needed it."""
    for facts in (HARMLESS, evolve(HARMLESS, removals=500)):
        with pytest.raises(GuardRefused, match="another plan was confirmed"):
            enforce(judge(facts, Guards()), digest=DIGEST, confirmed=confirmed)


@pytest.mark.parametrize(
    "facts", [{"usable_rows": 0}, {"groups_removed": ("Styret",)}, {"duplicate_speed_dials": ("+47******01",)}]
)
def test_a_confirmation_lifts_nothing_else(facts: dict[str, object]) -> None:
    """Only the limits on removals can be confirmed away."""
    with pytest.raises(GuardRefused):
        enforce(judge(evolve(HARMLESS, removals=500, **facts), Guards()), digest=DIGEST, confirmed=DIGEST)


@pytest.mark.parametrize(
    "settings",
    [{"max_removals": -1}, {"max_removals_per_day": -1}, {"max_removal_percent": 101.0}, {"max_removal_percent": -1.0}],
)
def test_impossible_limits_are_refused(settings: dict[str, float]) -> None:
    """A limit that cannot be meant is an error where it is written."""
    with pytest.raises(ValueError, match="max_removal"):
        Guards(**settings)


def test_consent_is_not_shown_in_the_repr() -> None:
    """Phone numbers stay out of reprs."""
    assert "999" not in repr(Guards(consent={"+4799999001": "letter 7"}))


_PASSED = {
    "account": "any account may be written to",
    "removals": "removes 0 of 1000 contacts; the limit is 100",
    "removal-budget": "0 removed within 24 hours, this plan included; the limit is 300",
    "empty-source": "900 usable rows",
    "expected-rows": "no minimum number of rows is set",
    "rejects": "0 rows could not be used",
    "stop-list": "no stopped contact would be lost",
    "consent": "nobody is taken off the stop list without consent",
    "groups": "no group is deleted",
    "speed-dials": "speed dials are unique",
    "moves": "nobody's number changes",
}


def _told(facts: Facts, guards: Guards | None = None) -> dict[str, str]:
    return {verdict.guard: verdict.message for verdict in judge(facts, guards or Guards())}


def test_what_is_told_when_nothing_is_wrong() -> None:
    """People read these words every day, in this order."""
    assert list(_told(HARMLESS).items()) == list(_PASSED.items())


@pytest.mark.parametrize(
    ("guard", "facts", "guards", "message"),
    [
        ("account", {}, Guards(accounts={12345}), "account 12345 may be written to"),
        (
            "account",
            {},
            Guards(accounts={1}),
            (
                "account 12345 is not one that may be written to; "
                "check PLING_ACCOUNT_ID, or add --only-account 12345 (Guards(accounts=...))"
            ),
        ),
        (
            "removals",
            {"removals": 101, "account_contacts": 1},
            None,
            (
                "would remove 101 of 1 contact, more than the limit of 10; "
                "allow it with --max-removals 101 (Guards(max_removals=101))"
            ),
        ),
        (
            "removal-budget",
            {"removals": 301},
            None,
            (
                "301 would be removed within 24 hours, more than the limit of 300; "
                "wait, or allow it with --max-removals-per-day 301 (Guards(max_removals_per_day=301))"
            ),
        ),
        (
            "empty-source",
            {"usable_rows": 0},
            None,
            "the list has no usable row; check the file, or allow it with --allow-empty (Guards(allow_empty=True))",
        ),
        ("empty-source", {"usable_rows": 1}, None, "1 usable row"),
        ("expected-rows", {}, Guards(min_rows=1), "at least 1 row"),
        (
            "expected-rows",
            {},
            Guards(min_rows=901),
            "900 usable rows, 901 expected; check the file, or lower --min-rows (Guards(min_rows=...))",
        ),
        (
            "rejects",
            {"rejected_rows": 1, "removals_held_back": 2},
            None,
            (
                "2 removals held back, since 1 row could not be used; "
                "fix them, or use --remove-despite-rejects (Guards(removals_despite_rejects=True))"
            ),
        ),
        (
            "rejects",
            {"rejected_rows": 2, "behind_rejected_rows": 1},
            None,
            "2 rows could not be used; contacts with those numbers stay as they are: 1",
        ),
        ("stop-list", {"stopped_kept": 2}, None, "not in the list, but kept, still stopped: 2 contacts"),
        (
            "consent",
            {"unstops_held_back": 1},
            None,
            (
                "kept stopped although the list says otherwise: 1 contact; "
                "that needs written consent: --consent FILE (Guards(consent={...}))"
            ),
        ),
        (
            "consent",
            {"unstops_held_back": 1, "consents_used_by": ("20260102T030405-00000000", "20260103T030405-00000000")},
            None,
            (
                "a consent was used before, by run 20260102T030405-00000000; who opted out since needs a new one; "
                "leave it out, or say where the new one is kept, in --consent FILE (Guards(consent={...}))"
            ),
        ),
        (
            "groups",
            {"groups_removed": ("A", "B")},
            None,
            (
                "the replace deletes groups that nobody is left in: 'A', 'B'; "
                "allow it with --allow-group-removal (Guards(allow_group_removal=True)), or use --strategy per_contact"
            ),
        ),
        (
            "groups",
            {"groups_removed": ("A",)},
            Guards(allow_group_removal=True),
            "deletes groups that nobody is left in: 'A'",
        ),
        (
            "speed-dials",
            {"duplicate_speed_dials": tuple("123456")},
            None,
            "6 contacts would share a speed dial (1, 2, 3, 4, 5); make them unique",
        ),
        ("moves", {}, Guards(find_moves=False), "number changes are not looked for"),
        (
            "moves",
            {"moves": 1},
            None,
            (
                "keeps its id and gets a new number: 1 contact; "
                "if they are other people, use --no-moves (Guards(find_moves=False))"
            ),
        ),
    ],
)
def test_what_is_told_otherwise(guard: str, facts: dict[str, object], guards: Guards | None, message: str) -> None:
    """Every verdict says what was found, how much of it, and what to do."""
    assert _told(evolve(HARMLESS, **facts), guards)[guard] == message


def test_the_refusal_is_a_list() -> None:
    """One line for each refusal, and one for the confirmation when that would be enough."""
    verdicts = judge(evolve(HARMLESS, removals=101), Guards())
    with pytest.raises(GuardRefused) as caught:
        enforce(verdicts, digest=DIGEST)
    assert str(caught.value).split("\n") == [
        "The plan was refused and nothing was sent:",
        (
            "- would remove 101 of 1000 contacts, more than the limit of 100; "
            "allow it with --max-removals 101 (Guards(max_removals=101))"
        ),
        "Or confirm exactly this plan: --confirm 0123456789ab (ApplySettings(confirm=...))",
    ]


@pytest.mark.parametrize("guard", [verdict.guard for verdict in judge(HARMLESS, Guards())])
def test_a_confirmation_lifts_the_limits_on_removals_and_nothing_else(guard: str) -> None:
    """I-1: whoever confirms a plan has seen its removals; every other refusal has a setting of its own."""
    refused = (Verdict(guard=guard, level=Level.REFUSED, message="no"),)
    if guard in {"removals", "removal-budget"}:
        enforce(refused, digest=DIGEST, confirmed=DIGEST)
        return
    with pytest.raises(GuardRefused) as caught:
        enforce(refused, digest=DIGEST, confirmed=DIGEST)
    assert str(caught.value) == "The plan was refused and nothing was sent:\n- no"


def test_who_sets_nothing_gets_the_careful_choice() -> None:
    """Every guard is on until somebody turns it off."""
    assert asdict(Guards()) == {
        "max_removals": 10,
        "max_removal_percent": 10.0,
        "max_removals_per_day": None,
        "accounts": None,
        "find_moves": True,
        "allow_empty": False,
        "removals_despite_rejects": False,
        "allow_group_removal": False,
        "keep_auto_created": False,
        "min_rows": None,
        "consent": {},
    }


def test_guards_hold_what_they_were_given() -> None:
    """What the caller does with its own values afterwards changes no guard, and an iterator is read once."""
    consent = {"+4799999001": "letter"}
    guards = Guards(accounts=iter([12345]), consent=consent)
    consent.clear()
    assert guards.consent == {"+4799999001": "letter"}
    assert [level("account", HARMLESS, guards) for _ in range(2)] == [Level.PASSED] * 2
    assert "+47" not in repr(guards)


NOWHERE, NOBODY = (
    "consent: say where each written consent is kept; without it nobody is made reachable",
    "consent: a key is not E.164; write numbers as +4799999999",
)


@pytest.mark.parametrize(
    ("consent", "message"),
    [
        ({"+4799999001": " "}, NOWHERE),
        ({"+4799999001": "letter", "+4799999002": ""}, NOWHERE),
        ({"+4799999001": None}, NOWHERE),
        ({"99999001": "letter", "+4799999002": "letter"}, NOBODY),
    ],
)
def test_a_consent_names_a_number_and_where_it_is_kept(consent: dict[str, str], message: str) -> None:
    """Without a place there is no consent, and a number that is not E.164 is nobody's; neither is shown."""
    with pytest.raises(ConfigurationError) as caught:
        Guards(consent=consent)
    assert str(caught.value) == message
    assert Guards(consent={"+4799999001": " letter\n"}) == Guards(consent={"+4799999001": "letter"})


def test_a_consent_that_was_used_is_refused() -> None:
    """Also where others are held back, and whatever is confirmed."""
    facts = evolve(HARMLESS, consents_used_by=("20260102T030405-00000000",), unstops_held_back=1)
    assert level("consent", facts) is Level.REFUSED
    with pytest.raises(GuardRefused):
        enforce(judge(facts, Guards()), digest=DIGEST, confirmed=DIGEST)
