"""Which consents an account's runs have used: whoever opts out again needs a new one.

A consent is a number with its reference. What is kept of it is a hash, and the run; forgetting the run does not forget
that. It counts as used once something may be sent, and no longer if nothing was, or the request is known to have done
nothing.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

import polars as pl

from pling_async.bulk.plan import Plan
from pling_async.bulk.private_files import private_file
from pling_async.bulk.run import Run
from pling_async.bulk.state import AccountFolder
from pling_async.bulk.workers import to_the_end
from pling_async.errors import GuardRefused, JournalError, Outcome, PlingError, StalePlan


def used_before(account: AccountFolder, plan: Plan) -> tuple[str, ...]:
    """Return the runs that used a consent by which a plan would take somebody off the stop list."""
    return _users(account, _keys(plan))


async def using_consents(account: AccountFolder, run: Run, work: Callable[[], Awaitable[Run]]) -> Run:
    """Do the work of a run, which uses its plan's consents; call it as the account's only writer.

    Raises `GuardRefused`, and does nothing, when another run has used one of them.
    """
    keys = _keys(run.plan)
    if not keys:
        return await work()
    new = await to_the_end(asyncio.ensure_future(asyncio.to_thread(_use, account, run, keys)))
    try:
        ended = await work()
    except StalePlan:  # nothing was sent since
        await asyncio.to_thread(_forget, account, new)
        raise
    except PlingError as error:
        if isinstance(error.run, Run):
            await asyncio.to_thread(_give_back, account, error.run, keys)
        raise
    await asyncio.to_thread(_give_back, account, ended, keys)
    return ended


def _keys(plan: Plan) -> dict[str, str]:
    """Return mobile -> key for everybody whom a plan takes off the stop list."""
    consent = plan.guards.consent
    if not consent:
        return {}
    is_freed = pl.col("changed").list.contains("is_stopped") & ~pl.col("is_stopped")
    freed = plan.contacts.filter(is_freed & pl.col("mobile").is_in(list(consent)))["mobile"]
    return {mobile: hashlib.sha256(f"{mobile}\n{consent[mobile]}".encode()).hexdigest() for mobile in freed}


def _users(account: AccountFolder, keys: Mapping[str, str]) -> tuple[str, ...]:
    used = _used(account) if keys else {}
    return tuple(sorted({used[key] for key in keys.values() if key in used}))


def _use(account: AccountFolder, run: Run, keys: Mapping[str, str]) -> frozenset[str]:
    """Write down that a run uses keys, and return those that it did not use before."""
    others = {*_users(account, keys)} - {run.id}
    if others:
        raise GuardRefused(f"run {others.pop()} used a consent of this run meanwhile; plan the list with a new one")
    used = _used(account)
    _keep(account, used | dict.fromkeys(keys.values(), run.id))
    return frozenset(keys.values()) - used.keys()


def _give_back(account: AccountFolder, run: Run, keys: Mapping[str, str]) -> None:
    """Let the consents be used again by which nobody was taken off the stop list."""
    undone = run.written.filter(pl.col("outcome").is_in([Outcome.NOT_APPLIED.value, Outcome.SKIPPED.value]))["mobile"]
    _forget(account, {keys[mobile] for mobile in undone if mobile in keys})


def _forget(account: AccountFolder, unused: Collection[str]) -> None:
    with suppress(JournalError):  # they stay used; how the run ended says more
        _keep(account, {key: by for key, by in _used(account).items() if key not in unused})


def _used(account: AccountFolder) -> dict[str, str]:
    """Return key -> the run that used it."""
    try:
        return {str(key): str(by) for key, by in json.loads(account.consents.read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        words = f"{account.consents} is damaged; delete it, and check whether a consent was used before"
        raise JournalError(words) from error


def _keep(account: AccountFolder, used: Mapping[str, str]) -> None:
    try:
        with private_file(account.consents) as out:
            out.write(json.dumps(used).encode())
    except OSError as error:
        raise JournalError(f"{account.consents} cannot be written: {error.strerror}; nothing more is sent") from error
