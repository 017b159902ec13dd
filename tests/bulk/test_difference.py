"""The difference between a list and an account decides who is added, changed, kept and removed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pling_async.bulk.difference import Action, Mode, Reason, difference
from pling_async.bulk.guards import Guards

Frame = Callable[..., pl.DataFrame]
OLA, KARI, NILS = "+4799999001", "+4799999002", "+4799999003"


@pytest.fixture
def compare(rejects: Frame) -> Callable[..., dict[str, dict[str, Any]]]:
    """Compare and return the rows by mobile."""

    def by_mobile(
        listed: pl.DataFrame,
        account: pl.DataFrame,
        mode: Mode = Mode.REPLACE,
        *,
        guards: Guards | None = None,
        rejected: pl.DataFrame | None = None,
    ) -> dict[str, dict[str, Any]]:
        bad = rejects() if rejected is None else rejected
        found = difference(listed, account, bad, mode=mode, guards=guards or Guards())
        return {row["mobile"]: row for row in found.iter_rows(named=True)}

    return by_mobile


Compare = Callable[..., dict[str, dict[str, Any]]]


def test_a_number_on_one_side_only_is_added_or_removed(account: Frame, listed: Frame, compare: Compare) -> None:
    """A replace adds what is new and removes what is not in the list."""
    rows = compare(listed({"mobile": KARI, "city": "OSLO"}), account({"mobile": OLA}))
    assert rows[KARI]["action"] == Action.ADD
    assert rows[KARI]["before"] is None
    assert rows[OLA]["action"] == Action.REMOVE


def test_a_merge_removes_nobody(account: Frame, listed: Frame, compare: Compare) -> None:
    """In a merge the list says nothing about contacts that it does not have (I-2)."""
    rows = compare(listed({"mobile": KARI}), account({"mobile": OLA}), Mode.MERGE)
    assert (rows[OLA]["action"], rows[OLA]["reason"]) == (Action.KEEP, Reason.MERGE)


def test_only_fields_that_differ_are_changed(account: Frame, listed: Frame, compare: Compare) -> None:
    """The changed fields are named, and the old values are kept beside the new."""
    before = account({"mobile": OLA, "city": "OSLO", "email": "ola@example.com"})
    row = compare(listed({"mobile": OLA, "city": "BERGEN", "email": "ola@example.com"}), before)[OLA]
    assert (row["action"], row["changed"], row["city"], row["before"]["city"]) == ("change", ["city"], "BERGEN", "OSLO")


def test_absent_columns_and_blank_cells_leave_the_account_alone(
    account: Frame, listed: Frame, compare: Compare
) -> None:
    """The source speaks only for the fields it has."""
    before = account(
        {"mobile": OLA, "city": "OSLO", "comment": "VIP", "is_active": False, "contact_groups": ["A"]},
        {"mobile": KARI, "city": "OSLO"},
    )
    rows = compare(listed({"mobile": OLA, "city": None}, {"mobile": KARI, "city": "BERGEN"}), before)
    assert rows[OLA]["action"] == Action.UNCHANGED
    assert (rows[OLA]["city"], rows[OLA]["comment"], rows[OLA]["is_active"]) == ("OSLO", "VIP", False)
    assert rows[OLA]["contact_groups"] == ["A"]


def test_a_new_contact_has_an_explicit_value_in_every_field(account: Frame, listed: Frame, compare: Compare) -> None:
    """Nothing about an addition depends on the server's defaults."""
    row = compare(listed({"mobile": OLA}), account())[OLA]
    assert (row["city"], row["is_active"], row["is_stopped"], row["contact_groups"]) == ("", True, False, [])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("says", [None, False])
def test_a_stopped_contact_stays_stopped_whatever_the_list_says(
    account: Frame, listed: Frame, compare: Compare, mode: Mode, *, says: bool | None
) -> None:
    """Without consent a stop only ever rises (I-4), and a list that says otherwise is told so."""
    row = compare(listed({"mobile": OLA, "is_stopped": says}), account({"mobile": OLA, "is_stopped": True}), mode)[OLA]
    assert row["is_stopped"] is True
    assert row["action"] == Action.UNCHANGED
    assert row["unstop_held_back"] is (says is False)


def test_consent_takes_exactly_the_person_named_off_the_stop_list(
    account: Frame, listed: Frame, compare: Compare
) -> None:
    """Consent for one number frees that number, and only when the list says so."""
    before = account(*({"mobile": mobile, "is_stopped": True} for mobile in (OLA, KARI, NILS)))
    new = listed({"mobile": OLA, "is_stopped": False}, {"mobile": KARI, "is_stopped": False}, {"mobile": NILS})
    rows = compare(new, before, guards=Guards(consent={OLA: "letter 7", NILS: "letter 8"}))
    assert [rows[mobile]["is_stopped"] for mobile in (OLA, KARI, NILS)] == [False, True, True]
    assert rows[OLA]["changed"] == ["is_stopped"]


def test_the_list_can_stop_somebody(account: Frame, listed: Frame, compare: Compare) -> None:
    """A stop in the list is a change like any other."""
    row = compare(listed({"mobile": OLA, "is_stopped": True}), account({"mobile": OLA}))[OLA]
    assert (row["changed"], row["is_stopped"]) == (["is_stopped"], True)


def test_a_stopped_contact_that_the_list_lacks_is_kept(account: Frame, listed: Frame, compare: Compare) -> None:
    """Dropping a stopped contact would lose the opt-out; no guard setting allows it."""
    generous = Guards(removals_despite_rejects=True, max_removals=100, allow_empty=True)
    row = compare(listed({"mobile": KARI}), account({"mobile": OLA, "is_stopped": True}), guards=generous)[OLA]
    assert (row["action"], row["reason"]) == (Action.KEEP, Reason.STOPPED)


def test_any_rejected_row_holds_all_removals_back(
    account: Frame, listed: Frame, rejects: Frame, compare: Compare
) -> None:
    """A person may be behind a row that could not be read (I-3)."""
    row = compare(listed({"mobile": KARI}), account({"mobile": OLA}), rejected=rejects((2, None)))[OLA]
    assert (row["action"], row["reason"]) == (Action.KEEP, Reason.HELD_BACK)


def test_a_contact_behind_a_rejected_row_stays_even_when_removals_are_allowed(
    account: Frame, listed: Frame, rejects: Frame, compare: Compare
) -> None:
    """A row with a readable number and another bad field still says that the person is in the list."""
    guards = Guards(removals_despite_rejects=True)
    before = account({"mobile": OLA}, {"mobile": NILS})
    rows = compare(listed({"mobile": KARI}), before, guards=guards, rejected=rejects((2, OLA), (3, None)))
    assert (rows[OLA]["action"], rows[OLA]["reason"]) == (Action.KEEP, Reason.REJECTED_ROW)
    assert rows[NILS]["action"] == Action.REMOVE


@pytest.mark.parametrize(("keep", "action"), [(True, Action.KEEP), (False, Action.REMOVE)])
def test_auto_created_contacts_can_be_kept(
    account: Frame, listed: Frame, compare: Compare, *, keep: bool, action: Action
) -> None:
    """The source system may not know contacts that incoming messages created (I6)."""
    before = account({"mobile": OLA, "auto_created": datetime(2026, 1, 1, tzinfo=UTC)})
    assert compare(listed({"mobile": KARI}), before, guards=Guards(keep_auto_created=keep))[OLA]["action"] == action


def test_groups_are_set_by_a_replace_and_added_by_a_merge(account: Frame, listed: Frame, compare: Compare) -> None:
    """The list's groups are the whole truth only when the list is."""
    new, before = listed({"mobile": OLA, "contact_groups": ["B"]}), account({"mobile": OLA, "contact_groups": ["A"]})
    assert compare(new, before)[OLA]["contact_groups"] == ["B"]
    assert compare(new, before, Mode.MERGE)[OLA]["contact_groups"] == ["A", "B"]


def test_the_order_of_groups_is_no_difference(account: Frame, listed: Frame, compare: Compare) -> None:
    """Membership is a set."""
    before = account({"mobile": OLA, "contact_groups": ["A", "B"]})
    assert compare(listed({"mobile": OLA, "contact_groups": ["B", "A"]}), before)[OLA]["action"] == Action.UNCHANGED


@pytest.mark.parametrize(
    ("held", "given", "name"),
    [
        ({"name": "Boss", "first_name": "Ola", "last_name": "N"}, {"first_name": "Ola", "last_name": "N"}, "Boss"),
        ({"name": "Boss", "first_name": "Ola", "last_name": "N"}, {"first_name": "Olav"}, "Olav N"),
        ({"name": "Boss"}, {"first_name": "Olav", "name": "Chief"}, "Chief"),
        ({"first_name": "Ola"}, {"last_name": "N"}, "Ola N"),
        ({"name": "Boss"}, {"city": "OSLO"}, "Boss"),
        ({"name": "Boss", "first_name": "A" * 50}, {"last_name": "B" * 50}, "Boss"),
    ],
)
def test_the_full_name_follows_its_parts_only_when_they_change(
    account: Frame, listed: Frame, compare: Compare, held: dict[str, str], given: dict[str, str], name: str
) -> None:
    """An account's own full name survives until first or last name changes (C4); one of 101 characters is not built."""
    row = compare(listed({"mobile": OLA, **given}), account({"mobile": OLA, **held}))[OLA]
    assert row["name"] == name


def test_a_second_comparison_finds_nothing(account: Frame, listed: Frame, compare: Compare) -> None:
    """Once the wanted state is in the account the same list changes nothing (I-14)."""
    new = listed({"mobile": OLA, "first_name": "Ola", "contact_groups": ["B"]}, {"mobile": KARI, "is_stopped": True})
    first = compare(new, account({"mobile": OLA, "city": "OSLO", "contact_groups": ["A"]}))
    columns = account().columns
    after = account(*({name: row[name] for name in columns} | {"id": 7} for row in first.values()))
    assert {row["action"] for row in compare(new, after).values()} == {Action.UNCHANGED}
