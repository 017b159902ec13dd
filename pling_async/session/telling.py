"""Tells hooks the steps of an operation; whatever they do, the operation goes on."""

import logging
import re
import traceback
from functools import lru_cache
from typing import Any, Final

from pling_async.hooks import Event
from pling_async.session.operation import Operation

_log: Final = logging.getLogger("pling_async")
_WORD: Final = re.compile(r"[a-z][a-z-]*|contact_[a-z]+|v\d")


class Teller:
    """Tells what happens to the operations of one session."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._has_complained = False

    def tell(self, operation: Operation, kind: type[Event], now: float, **facts: Any) -> None:
        """Tell all who listen to an operation that something happened to it."""
        if not operation.hooks:
            return
        event = kind(
            request_id=operation.id,
            method=operation.request.method,
            route=route(operation.request.shown_path),
            origin=self._origin,
            attempt=operation.attempts,
            elapsed=now - operation.began,
            **facts,
        )
        for hook in operation.hooks:
            try:
                hook(event)
            except Exception as error:  # noqa: BLE001 - a listener must not decide what becomes of a request
                self._complain(error, operation)

    def _complain(self, error: Exception, operation: Operation) -> None:
        """Say where a hook raised, once aloud: it will most often do so at every request."""
        level = logging.DEBUG if self._has_complained else logging.WARNING
        self._has_complained = True
        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        words = (type(error).__name__, frame.f_code.co_qualname, line, operation)
        _log.log(level, "a hook raised %s (%s, line %d), and %s goes on", *words, extra=operation.labels)


@lru_cache(maxsize=256)
def route(path: str) -> str:
    """Return a path with everything left out that is not plainly a word of the API."""
    return "/" + "/".join(part if _WORD.fullmatch(part) else "{id}" for part in path.split("/"))
