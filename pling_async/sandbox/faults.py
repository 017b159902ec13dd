"""Faults: what goes wrong on purpose, for which requests, and how often."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from math import inf
from typing import Any, Literal, get_args

from attrs import Attribute, define, field, frozen
from attrs.validators import optional

Action = Literal[
    "answer",
    "answer_after_commit",
    "reset_before_commit",
    "reset_after_commit",
    "apply_late",
    "truncate_body",
    "replace_body",
    "crash",
    "delay",
]
Validator = Callable[[object, "Attribute[Any]", Any], None]


def _known(_: object, __: "Attribute[str]", value: str) -> None:
    if value not in get_args(Action):
        raise ValueError(f"there is no fault {value!r}; there are {', '.join(get_args(Action))}")


def _text(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not (isinstance(value, str) and value.isprintable()):
        raise ValueError(f"{attribute.name} must be a text without control characters, not {value!r}")


def _whole(least: int, most: float = inf) -> Validator:
    """Return a validator for whole numbers; any other value would only show as a 500 that nobody asked for."""
    wanted = f"{least} or more" if most == inf else f"from {least} to {most}"

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        if not (isinstance(value, int) and least <= value <= most):
            raise ValueError(f"{attribute.name} must be a whole number, {wanted}, not {value!r}")

    return check


def _count(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None:
        _whole(1)(instance, attribute, value)


def _seconds(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not (isinstance(value, int | float) and 0 <= value < inf):
        raise ValueError(f"{attribute.name} must be seconds, 0 or more, not {value!r}")


@frozen(kw_only=True)
class Fault:
    """One thing that goes wrong, for the next `count` requests that match.

    * `answer`: `status`, `retry_after` and `body`; nothing is applied. `answer_after_commit`: likewise, but applied.
    * `reset_before_commit`, `reset_after_commit`: the connection is reset, without or with the request applied.
    * `apply_late`: the connection is reset, the request is applied `late` seconds after it came.
    * `truncate_body`: applied, and the answer breaks off after `keep` bytes of its body.
    * `replace_body`: applied, and the answer is `body` under its own status.
    * `crash`: a replace stops after `rows` items (removals count behind them); then the connection is reset.
    * `delay`: nothing but the `delay` seconds that every action may begin with.

    Before a connection is reset nothing is heard for `silence` seconds: a client that waits less sees its own time-out.
    All three are seconds of the sandbox's clock.
    """

    action: Action = field(default="answer", validator=_known)
    method: str | None = field(default=None, validator=optional(_text))
    """None is every method."""
    path: str = field(default="*", validator=_text)
    """Shell pattern for the whole path, as in */contacts/replace."""
    count: int | None = field(default=1, validator=_count)
    """How many matching requests it spoils; None is all."""
    skip: int = field(default=0, validator=_whole(0))
    """How many matching requests pass before."""
    status: int = field(default=500, validator=_whole(100, 599))
    retry_after: str | None = field(default=None, validator=optional(_text))
    body: bytes = field(default=b"", repr=False)
    content_type: str = field(default="application/json", validator=_text)
    delay: float = field(default=0, validator=_seconds)
    late: float = field(default=0, validator=_seconds)
    silence: float = field(default=0, validator=_seconds)
    keep: int = field(default=0, validator=_whole(0))
    rows: int = field(default=0, validator=_whole(0))

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request is one that this fault is for."""
        return self.method in {None, method} and fnmatchcase(path, self.path)


@define
class _Armed:
    fault: Fault
    seen: int = 0

    def take(self) -> bool:
        self.seen += 1
        return self.seen > self.fault.skip

    @property
    def is_spent(self) -> bool:
        return self.fault.count is not None and self.seen >= self.fault.skip + self.fault.count


class Faults:
    """The armed faults; the first that matches a request spoils it."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def arm(self, fault: Fault) -> None:
        """Add a fault behind those already armed."""
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Disarm every fault."""
        self._armed.clear()

    def armed(self) -> tuple[Fault, ...]:
        """Return the faults that still have requests to spoil."""
        return tuple(each.fault for each in self._armed)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request and count it, or None."""
        for each in self._armed:
            if each.fault.matches(method, path) and each.take():
                self._armed = [other for other in self._armed if not other.is_spent]
                return each.fault
        return None
