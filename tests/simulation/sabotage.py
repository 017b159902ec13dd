"""Defects put in on purpose: each must be caught, or the checkers prove nothing."""

import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import polars as pl

from pling_async.bulk import body, execution, guards, journalled, reconcile, state, used_consents, whole_account
from pling_async.session.retry import RetryLaw, RetryPolicy


def _no_removal_limit() -> None:
    guards._GUARDS = {**guards._GUARDS, "removals": lambda *_: (guards.Level.PASSED, "")}  # type: ignore[misc]


def _forgotten_stops() -> None:
    body._stop = lambda consent: pl.lit("")  # noqa: ARG005 - the name is the original's


def _blind_replace() -> None:
    allows = RetryPolicy.allows

    @functools.wraps(allows)
    def blind(self: RetryPolicy, error: Any, *, attempt: int, law: RetryLaw) -> bool:
        return allows(self, error, attempt=attempt, law=RetryLaw.CONVERGENT if law is RetryLaw.UNSENT else law)

    RetryPolicy.allows = blind  # type: ignore[method-assign]


def _no_journal() -> None:
    async def call(self: Any, request: Any, decode: Any) -> Any:
        return await self._session.call(request, decode)

    journalled.Journalled.call = call  # type: ignore[method-assign]


def _no_lock() -> None:
    @asynccontextmanager
    async def lock(*_: object) -> AsyncIterator[None]:
        yield

    state.AccountFolder.lock = lock  # type: ignore[assignment, method-assign]


def _no_doubt() -> None:
    execution.is_in_doubt = lambda path: False  # type: ignore[attr-defined]  # noqa: ARG005 - likewise


def _hasty() -> None:
    watch = whole_account.reconcile

    @functools.wraps(watch)
    async def hasty(*arguments: Any, settle: float, **named: Any) -> reconcile.Reconciled:  # noqa: ARG001 - likewise
        return await watch(*arguments, settle=0, **named)

    whole_account.reconcile = hasty  # type: ignore[attr-defined]


def _old_consents() -> None:
    used_consents._used = lambda account: {}  # type: ignore[assignment]  # noqa: ARG005 - likewise


SABOTAGE: Final[Mapping[str, Callable[[], None]]] = {
    "no_removal_limit": _no_removal_limit,
    "forgotten_stops": _forgotten_stops,
    "blind_replace": _blind_replace,
    "no_journal": _no_journal,
    "no_lock": _no_lock,
    "no_doubt": _no_doubt,
    "hasty": _hasty,
    "old_consents": _old_consents,
}
