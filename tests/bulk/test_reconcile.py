"""What an account shows after a lost replace: converged, untouched, partial or foreign."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pling_async.bulk import Conclusion, Guards, Mode, PrepareSettings, Snapshot
from pling_async.bulk.fields import canonical
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.plan import Plan, compare
from pling_async.bulk.prepare import Prepared
from pling_async.bulk.reconcile import conclude
from pling_async.sources import SourceInfo

Frame = Callable[..., pl.DataFrame]
OLA, KARI, LIV, EVA = (f"+4799999{number:03}" for number in range(1, 5))
BEFORE = [{"mobile": OLA, "city": "OSLO"}, {"mobile": KARI}, {"mobile": LIV, "city": "BODØ"}]
WANTED = [
    {"mobile": OLA, "city": "BERGEN"},
    {"mobile": LIV, "city": "BODØ"},
    {"mobile": EVA, "first_name": "Eva", "name": "Eva"},
]


@pytest.fixture
def snapshot(account: Frame) -> Callable[..., Snapshot]:
    """Build a snapshot from dicts of attributes."""

    def build(*contacts: dict[str, Any]) -> Snapshot:
        frame = account(*contacts)
        groups = pl.DataFrame(schema={"id": pl.Int64, "name": pl.String})
        return Snapshot(
            origin="https://api.test",
            account_id=1,
            contacts=frame,
            groups=groups,
            fingerprint=digest(canonical(frame)),
            taken_at=datetime.now(tz=UTC),
        )

    return build


@pytest.fixture
def plan(snapshot: Callable[..., Snapshot], listed: Frame, rejects: Frame) -> Plan:
    """Plan to turn BEFORE into WANTED."""
    info = SourceInfo(name="list", sha256="0", rows=3, encoding=None, delimiter=None, mapping={})
    prepared = Prepared(
        contacts=listed(*({name: value for name, value in each.items() if name != "name"} for each in WANTED)),
        rejects=rejects(),
        merges=pl.DataFrame(),
        source=info,
        settings=PrepareSettings(),
    )
    return compare(prepared, snapshot(*BEFORE), mode=Mode.REPLACE, guards=Guards())


def _changed(contacts: list[dict[str, Any]], mobile: str, **values: Any) -> list[dict[str, Any]]:
    return [{**each, **values} if each["mobile"] == mobile else each for each in contacts]


@pytest.mark.parametrize(
    ("found", "conclusion"),
    [
        (WANTED, Conclusion.CONVERGED),
        (_changed(WANTED, LIV, is_stopped=True), Conclusion.CONVERGED),
        (BEFORE, Conclusion.UNTOUCHED),
        (_changed(BEFORE, OLA, is_stopped=True), Conclusion.UNTOUCHED),
        ([*BEFORE, WANTED[2]], Conclusion.PARTIAL),
        (_changed(BEFORE, OLA, city="BERGEN"), Conclusion.PARTIAL),
        (BEFORE[:1] + BEFORE[2:], Conclusion.PARTIAL),
        (_changed(BEFORE, OLA, city="NARVIK"), Conclusion.FOREIGN),
        (_changed(WANTED, LIV, city="NARVIK"), Conclusion.FOREIGN),
        ([*BEFORE, {"mobile": "+4799999009"}], Conclusion.FOREIGN),
        ([*WANTED, {"mobile": "+4799999009"}], Conclusion.FOREIGN),
        (WANTED[:1], Conclusion.FOREIGN),
        ([], Conclusion.FOREIGN),
        (_changed(BEFORE, KARI, is_stopped=True), Conclusion.FOREIGN),  # would be removed, and opted out since
    ],
)
def test_the_account_tells(
    plan: Plan, snapshot: Callable[..., Snapshot], found: list[dict[str, Any]], conclusion: Conclusion
) -> None:
    """Every contact counts: one that is neither as before nor as promised is somebody else's work (I-12)."""
    assert conclude(plan, snapshot(*found)) is conclusion
