"""The body of a replace is JSON, whatever the texts, and says what single requests would say."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pling_async.bulk.body import contact_of, with_sent_groups, write_body
from pling_async.pling.codec import encode

Frame = Callable[..., pl.DataFrame]
OLA, KARI, NILS = "+4799999001", "+4799999002", "+4799999003"
GROUPS = pl.DataFrame({"id": [4, 3], "name": ["A", "A"]})

ODD = ['"', "\\", 'a"b\\c', "\n\t\x00\x1f", "\x7f", "\u2028", "æøå", "😀", "</script>", "{}", ",", "null", " "]


@pytest.fixture
def wanted(account: Frame) -> Frame:
    """Build a plan's contacts from dicts, none of which changes."""

    def build(*contacts: dict[str, Any]) -> pl.DataFrame:
        nothing = pl.lit([], pl.List(pl.String))
        return account(*contacts).with_columns(changed=nothing, action=pl.lit("unchanged"))

    return build


def sent(folder: Path, contacts: pl.DataFrame, consent: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Write a body and parse it."""
    path = folder / "body.json"
    path.unlink(missing_ok=True)
    write_body(path, contacts, GROUPS, consent=consent)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found: list[dict[str, Any]] = orjson.loads(path.read_bytes())
    return found


def singly(contacts: pl.DataFrame) -> list[dict[str, Any]]:
    """Return what each contact's own request would have, the numbers for which a replace needs no word left out."""
    rows = with_sent_groups(contacts, GROUPS).iter_rows(named=True)
    return [encode(contact_of(row)) for row in rows]


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_any_text_is_escaped(tmp_path: Path, wanted: Frame, text: str) -> None:
    """A text that needs escapes among texts that do not arrives as it is."""
    contacts = wanted({"mobile": OLA, "name": text, "city": "OSLO"}, {"mobile": KARI, "name": "Kari"})
    assert [each["name"] for each in sent(tmp_path, contacts)] == [text, "Kari"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), min_size=1, max_size=5))
def test_a_body_says_what_single_requests_say(tmp_path: Path, wanted: Frame, texts: list[tuple[str, str]]) -> None:
    """One row of a replace and one PUT of the same contact are the same object."""
    rows = [{"mobile": f"+4799999{at:03}", "comment": one, "email": two} for at, (one, two) in enumerate(texts)]
    contacts = wanted(*rows, {"mobile": "+4799999900", "is_stopped": True, "is_active": False})
    assert sent(tmp_path, contacts) == singly(contacts)


def test_optional_members_come_only_where_they_have_a_value(tmp_path: Path, wanted: Frame) -> None:
    """Dates, groups by id or by name, and unknown fields, each for those who have one."""
    moment = datetime(2022, 3, 24, 9, 46, 41, 5000, tzinfo=UTC)
    contacts = wanted(
        {"mobile": OLA, "auto_created": moment, "contact_group_ids": None, "contact_groups": ["A"]},
        {"mobile": KARI, "contact_group_ids": None, "contact_groups": ["New"], "extra": '{"shoeSize":{"left":43}}'},
        {"mobile": NILS, "contact_group_ids": [4], "contact_groups": ["A"]},
    )
    ola, kari, nils = sent(tmp_path, contacts)
    assert (ola["autoCreated"], ola["contactGroupIds"]) == ("2022-03-24T09:46:41.005Z", [3])
    assert (kari["contactGroups"], kari["shoeSize"]) == (["New"], {"left": 43})
    assert nils["contactGroupIds"] == [4]
    assert not {"autoCreated", "shoeSize"} & nils.keys()
    assert "contactGroupIds" not in kari


def test_stop_zero_is_sent_with_consent_alone(tmp_path: Path, wanted: Frame) -> None:
    """1 is sent, 0 only for whom the plan frees and consent is held for (I-5)."""
    freed = pl.col("mobile").is_in([KARI, NILS])
    contacts = wanted({"mobile": OLA, "is_stopped": True}, {"mobile": KARI}, {"mobile": NILS}).with_columns(
        changed=pl.when(freed).then(pl.lit(["is_stopped"])).otherwise("changed")
    )
    assert [each.get("stop") for each in sent(tmp_path, contacts, consent=(KARI,))] == [1, 0, None]


def test_a_long_body_is_written_in_slices(tmp_path: Path, wanted: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the slices are cut makes no difference; nobody is an empty array."""
    contacts = wanted(*({"mobile": f"+4799999{row:03}", "city": "x" * (row % 3)} for row in range(50)))
    whole = sent(tmp_path, contacts)
    for size in (1, 7, 49, 50):
        monkeypatch.setattr("pling_async.bulk.body._SLICE", size)
        assert sent(tmp_path, contacts) == whole
    assert sent(tmp_path, contacts.clear()) == []
