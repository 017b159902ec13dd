"""How many contacts an account's runs removed in the last 24 hours; forgetting a run does not forget that."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from pling_async.bulk.journal_file import removals
from pling_async.bulk.private_files import private_file
from pling_async.bulk.state import AccountFolder, RunFolder, started
from pling_async.errors import JournalError

_WINDOW: Final = timedelta(days=1)


def removed_recently(account: AccountFolder) -> int:
    """Return how many contacts the account's runs of the last 24 hours removed, or may have removed."""
    kept = {folder.id: removals(folder.journal) for folder in account.runs() if _is_recent(folder.id)}
    return sum((_forgotten(account) | kept).values())


def forget(account: AccountFolder, folder: RunFolder) -> None:
    """Delete what is kept of a run, save how many contacts it removed; call it as the account's only writer."""
    if _is_recent(folder.id):
        _remember(account, folder)
    folder.remove()


def _remember(account: AccountFolder, folder: RunFolder) -> None:
    try:
        count = removals(folder.journal)
    except JournalError:  # nobody can tell any more; whoever gives it up was told
        return
    if count:
        with private_file(account.removed) as out:
            out.write(json.dumps(_forgotten(account) | {folder.id: count}).encode())


def _forgotten(account: AccountFolder) -> dict[str, int]:
    """Return what forgotten runs removed, by their ids."""
    try:
        counts = json.loads(account.removed.read_bytes())
        return {run_id: int(count) for run_id, count in counts.items() if _is_recent(run_id)}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        words = f"{account.removed} is damaged; delete it, and check how many contacts were removed since yesterday"
        raise JournalError(words) from error


def _is_recent(run_id: str) -> bool:
    return datetime.now(tz=UTC) - started(run_id) <= _WINDOW
