"""Nothing is sent before its intent is on the disk, and a journal is either whole or refused."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pling_async.bulk.journal import Journal
from pling_async.bulk.journal_file import VERSION, has_ended, is_in_doubt, read_journal, removals
from pling_async.errors import JournalError, Outcome

FACTS = {"version": "1", "removals": 3}
MOBILE = "+4799999001"


@pytest.fixture
async def journal(tmp_path: Path) -> Journal:
    """Start a journal; the test closes it."""
    return await Journal.create(tmp_path / "journal.sqlite", FACTS)


async def _intend(journal: Journal, path: str = "contacts", method: str = "POST") -> int:
    return await journal.intend(method=method, path=path, subject=MOBILE, payload="00")


async def test_an_intent_is_durable_when_its_number_is_known(journal: Journal, tmp_path: Path) -> None:
    """Another connection sees it before anything could be sent (I-9), and it has no outcome yet."""
    number = await _intend(journal)
    seen = await asyncio.to_thread(read_journal, tmp_path / "journal.sqlite")
    (intent,) = seen.intents
    assert (intent.number, intent.subject, intent.outcome) == (number, MOBILE, None)
    await journal.close()


async def test_outcomes_and_events_are_read_back(journal: Journal, tmp_path: Path) -> None:
    """What became of an intent, and what happened to the run, survive closing; the repr shows no number."""
    first, second = await asyncio.gather(_intend(journal), _intend(journal))
    journal.settle(first, Outcome.APPLIED, attempts=2)
    await journal.note("result", invalid=[])
    journal.settle(second, Outcome.NOT_APPLIED, code="BadRequest", message="no")
    await journal.close()
    record = await asyncio.to_thread(read_journal, tmp_path / "journal.sqlite")
    assert [(each.outcome, each.code, each.attempts) for each in record.intents] == [
        (Outcome.APPLIED, "", 2),
        (Outcome.NOT_APPLIED, "BadRequest", 0),
    ]
    assert record.facts == FACTS
    assert record.last("result") == {"invalid": []}
    assert record.last("ended") is None
    assert MOBILE not in repr(record) + repr(record.intents[0])


async def test_it_goes_on_where_it_stopped(journal: Journal, tmp_path: Path) -> None:
    """A reopened journal numbers on."""
    assert await _intend(journal) == 1
    await journal.close()
    again = await Journal.reopen(tmp_path / "journal.sqlite")
    assert await _intend(again) == 2
    await again.close()


async def test_waiting_intents_share_a_commit(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many intents that wait together cost few commits."""
    commits = 0
    commit = journal._commit

    def counted(rows: list[tuple[str, tuple[object, ...]]]) -> None:
        nonlocal commits
        commits += 1
        commit(rows)

    monkeypatch.setattr(journal, "_commit", counted)
    await asyncio.gather(*(_intend(journal) for _ in range(100)))
    assert commits < 5
    await journal.close()


async def test_a_full_disk_ends_it(journal: Journal) -> None:
    """SQLITE_FULL: the intent is refused, and so is every later one (#89)."""
    await journal._in_thread(lambda: journal._connection and journal._connection.execute("PRAGMA max_page_count = 8"))
    with pytest.raises(JournalError, match="disk is full"):
        await asyncio.gather(*(_intend(journal, path="contacts/" + "9" * 200) for _ in range(1000)))
    with pytest.raises(JournalError, match="disk is full"):
        await _intend(journal)
    await journal.close()


async def test_an_intent_that_was_cancelled_was_not_sent(journal: Journal, tmp_path: Path) -> None:
    """Whoever is cancelled while the intent is written never sends it, and the journal says so (#72)."""
    waiting = asyncio.create_task(_intend(journal))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await journal.close()
    record = await asyncio.to_thread(read_journal, tmp_path / "journal.sqlite")
    assert [each.outcome for each in record.intents] == [Outcome.NOT_APPLIED]


@pytest.mark.parametrize(
    ("outcome", "events", "doubt"),
    [
        (None, (), True),
        (Outcome.UNKNOWN, (), True),
        (Outcome.APPLIED, (), False),
        (Outcome.NOT_APPLIED, (), False),
        (Outcome.UNKNOWN, ("resumed",), True),
        (Outcome.UNKNOWN, ("conclusion",), False),
        (None, ("ended",), False),
    ],
)
async def test_a_replace_is_in_doubt_until_it_is_concluded(
    journal: Journal,
    tmp_path: Path,
    outcome: Outcome | None,
    events: tuple[str, ...],
    doubt: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """Only an answer, or a conclusion drawn after it was sent, ends the doubt (#79)."""
    number = await _intend(journal, path="contacts/replace")
    if outcome is not None:
        journal.settle(number, outcome)
    for kind in events:
        await journal.note(kind)
    await journal.close()
    assert await asyncio.to_thread(is_in_doubt, tmp_path / "journal.sqlite") is doubt


async def test_removals_are_counted_as_they_may_have_happened(journal: Journal, tmp_path: Path) -> None:
    """People and not requests: repeated ones once, unknown ones, and all that a replace planned; no others."""
    await _intend(journal, path="contacts/1", method="DELETE")
    for outcome in (Outcome.NOT_APPLIED, Outcome.SKIPPED):
        journal.settle(await _intend(journal, path="contacts/2", method="DELETE"), outcome)
    await journal.note("resumed")
    assert await asyncio.to_thread(removals, tmp_path / "journal.sqlite") == 1
    for outcome in (Outcome.UNKNOWN, Outcome.APPLIED):
        journal.settle(await _intend(journal, path="contacts/1", method="DELETE"), outcome)
        journal.settle(await _intend(journal, path="contacts/3", method="DELETE"), outcome)
    await journal.note("resumed")
    assert await asyncio.to_thread(removals, tmp_path / "journal.sqlite") == 2
    journal.settle(await _intend(journal, path="contacts/replace"), Outcome.SKIPPED)
    await journal.note("resumed")
    assert await asyncio.to_thread(removals, tmp_path / "journal.sqlite") == 2
    await _intend(journal, path="contacts/replace")
    assert await asyncio.to_thread(removals, tmp_path / "journal.sqlite") == 2 + FACTS["removals"]
    await journal.close()


async def test_a_damaged_journal_that_still_says_the_end(journal: Journal, tmp_path: Path) -> None:
    """It is in no doubt and removed at most what was planned; one that does not say the end may be in doubt."""
    path = tmp_path / "journal.sqlite"
    await journal.close()
    await asyncio.to_thread(_execute, path, "DROP TABLE intent")
    with pytest.raises(JournalError):
        await asyncio.to_thread(is_in_doubt, path)
    assert not await asyncio.to_thread(has_ended, path)
    await asyncio.to_thread(_execute, path, "INSERT INTO event (after, at, kind, detail) VALUES (1, '', 'ended', '{}')")
    assert await asyncio.to_thread(has_ended, path)
    assert not await asyncio.to_thread(is_in_doubt, path)
    assert await asyncio.to_thread(removals, path) == FACTS["removals"]


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


async def test_nobody_waits_for_a_writer_that_failed(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in it, every intent is refused, those that came meanwhile too, and nothing more is sent."""
    commits = 0

    def broken(_: object) -> None:
        nonlocal commits
        commits += 1
        time.sleep(0.05)  # others come meanwhile
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(journal, "_commit", broken)
    first = asyncio.create_task(_intend(journal))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        refused = await asyncio.gather(first, *(_intend(journal) for _ in range(5)), return_exceptions=True)
        with pytest.raises(JournalError, match="RuntimeError"):
            await _intend(journal)
        await journal.close()
    assert {type(each) for each in refused} == {JournalError}
    assert commits == 1


async def test_creating_it_is_not_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cancels it gets control when the file is there and closed: nothing appears later (#72)."""
    create = Journal._create

    def slow(self: Journal, facts: Mapping[str, Any]) -> None:
        time.sleep(0.05)
        create(self, facts)

    monkeypatch.setattr(Journal, "_create", slow)
    creating = asyncio.create_task(Journal.create(tmp_path / "journal.sqlite", FACTS))
    for _ in range(2):
        await asyncio.sleep(0.005)
        creating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creating
    names = await asyncio.to_thread(lambda: sorted(path.name for path in tmp_path.iterdir()))
    assert names == ["journal.sqlite"]  # an open one has a write-ahead log beside it


async def test_it_is_private(journal: Journal, tmp_path: Path) -> None:
    """The file and what SQLite keeps beside it are readable by their owner alone."""
    await _intend(journal)
    modes = await asyncio.to_thread(lambda: [path.stat().st_mode for path in tmp_path.glob("journal.sqlite*")])
    assert len(modes) > 1
    assert all(mode & 0o077 == 0 for mode in modes)
    await journal.close()


async def test_a_damaged_journal_is_refused(journal: Journal, tmp_path: Path) -> None:
    """Garbage, another version and a missing file: an error that says so, never a fresh start (#92)."""
    await journal.close()
    path = tmp_path / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(JournalError, match="another version"):
        await asyncio.to_thread(read_journal, path)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(JournalError, match="damaged"):
        await asyncio.to_thread(read_journal, path)
    path.unlink()
    with pytest.raises(JournalError, match="cannot be used"):
        await asyncio.to_thread(read_journal, path)


async def test_every_commit_goes_through_to_the_disk(journal: Journal) -> None:
    """Write-ahead log and synchronous=FULL: what was acknowledged survives a power cut (#93)."""
    pragmas = await journal._in_thread(lambda: _pragmas(journal))
    assert pragmas == ("wal", 2)
    await journal.close()


def _pragmas(journal: Journal) -> tuple[str, int]:
    if journal._connection is None:
        raise RuntimeError("closed")
    (mode,) = journal._connection.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = journal._connection.execute("PRAGMA synchronous").fetchone()
    return mode, synchronous
