"""A plan's digest is bound to every contact of it, also to those that the account has already (I-29)."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import orjson
import polars as pl
import pytest

from pling_async import bulk, errors
from pling_async.bulk import Guards, Plan, difference, fingerprint
from pling_async.bulk.listing_frame import read_listing
from pling_async.bulk.plan import compare
from pling_async.bulk.snapshot import from_listed

EVERYBODY = ADDED, CHANGED, SAME, GONE, STOPPED = tuple(f"+4799999{number:03}" for number in range(1, 6))
LIST = [{"mobile": ADDED}, {"mobile": CHANGED, "city": "BERGEN"}, {"mobile": SAME, "city": "OSLO"}]
ACCOUNT: list[dict[str, Any]] = [
    {"id": 1, "accountId": 7, "mobile": CHANGED, "city": "OSLO", "contactGroupIds": [1]},
    {"id": 2, "accountId": 7, "mobile": SAME, "city": "OSLO", "contactGroupIds": [2, 1], "email": "kari@example.com"},
    {"id": 3, "accountId": 7, "mobile": GONE, "contactGroupIds": []},
    {"id": 4, "accountId": 7, "mobile": STOPPED, "stop": 1},
]
GROUPS = [{"id": 1, "accountId": 7, "name": "A"}, {"id": 2, "accountId": 7, "name": "B"}]

Planned = Callable[..., Plan]


@pytest.fixture(autouse=True, params=[True, False], ids=["few", "many"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as small and as large plans are hashed: what counts is the same."""
    if not request.param:
        monkeypatch.setattr(fingerprint, "_FEW", -1)


@pytest.fixture
async def planned() -> Planned:
    """Plan the list against an account as some server lists it."""
    prepared = await bulk.prepare(LIST)

    def make(contacts: list[dict[str, Any]] = ACCOUNT, groups: list[dict[str, Any]] = GROUPS) -> Plan:
        listed = read_listing(orjson.dumps({"contacts": contacts, "contactGroups": groups}))
        snapshot = from_listed(listed, origin="http://127.0.0.1", account_id=7)
        return compare(prepared, snapshot, mode=difference.Mode.REPLACE, guards=Guards())

    return make


def changed(plan: Plan, mobile: str, name: str, value: Any) -> Plan:
    """Return the plan with another value in one cell."""
    kind = plan.contacts.schema[name]
    cell = pl.when(pl.col("mobile") == mobile).then(pl.lit(pl.Series([value], dtype=kind))).otherwise(name)
    return attrs.evolve(plan, contacts=plan.contacts.with_columns(cell.alias(name)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mobile", "+4799999009"),
        ("city", "TROMSØ"),
        ("is_stopped", None),
        ("is_active", False),
        ("contact_groups", ["C"]),
        ("contact_group_ids", [9]),
        ("auto_created", datetime(2022, 3, 24, tzinfo=UTC)),
        ("extra", '{"shoeSize":43}'),
        ("rows", [9]),
        ("action", "other"),
        ("reason", "other"),
        ("changed", ["comment"]),
        ("unstop_held_back", True),
        ("moved_from", "+4799999009"),
    ],
)
def test_every_cell_counts(planned: Planned, name: str, value: Any) -> None:
    """Whatever is done with a contact, another value is another plan."""
    plan = planned()
    unnoticed = [mobile for mobile in EVERYBODY if changed(plan, mobile, name, value).digest == plan.digest]
    assert not unnoticed


@pytest.mark.parametrize("mobile", EVERYBODY)
def test_every_contact_counts(planned: Planned, mobile: str) -> None:
    """A contact that is left out would be deleted."""
    plan = planned()
    fewer = plan.contacts.filter(pl.col("mobile") != mobile)
    assert attrs.evolve(plan, contacts=fewer).digest != plan.digest


@pytest.mark.parametrize("mobile", [CHANGED, GONE])
def test_the_id_that_is_written_to_counts(planned: Planned, mobile: str) -> None:
    """An id in a request's path is another person's if it is another one."""
    plan = planned()
    assert changed(plan, mobile, "id", 99).digest != plan.digest


def test_how_the_account_is_listed_does_not_count(planned: Planned) -> None:
    """Neither the order of keys, contacts and groups, nor spaces, nor null for an empty text."""
    backwards = [dict(reversed(contact.items())) | {"comment": None} for contact in reversed(ACCOUNT)]
    assert planned(backwards, GROUPS[::-1]).digest == planned().digest


def test_how_the_contacts_lie_in_memory_does_not_count(planned: Planned) -> None:
    """Chunks are an accident."""
    plan = planned()
    chunks = pl.concat([plan.contacts.head(2), plan.contacts.slice(2)], rechunk=False)
    assert attrs.evolve(plan, contacts=chunks).digest == plan.digest


def test_what_the_account_was_is_checked_against_its_fingerprint(planned: Planned, tmp_path: Path) -> None:
    """Whoever rewrites both sides of a contact that stays as it is does not get the digest that was reviewed."""
    plan, path = planned(), tmp_path / "kunder.plan"
    held = [{**was, "city": "X"} if was and was["city"] == "OSLO" else was for was in plan.contacts["before"]]
    forged = changed(plan, SAME, "city", "X").contacts.with_columns(
        before=pl.Series(held, dtype=plan.contacts.schema["before"])
    )
    forgery = attrs.evolve(plan, contacts=forged)
    assert forgery.digest == plan.digest
    bulk.save_plan(forgery, path)
    with pytest.raises(errors.SourceError, match="was changed after it was made"):
        bulk.load_plan(path)
