"""Faults: what goes wrong on purpose, for which requests, and how often."""

from fnmatch import fnmatchcase
from typing import Literal, get_args

from attrs import Attribute, define, field, frozen

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


def _known(_: object, __: "Attribute[str]", value: str) -> None:
    if value not in get_args(Action):
        raise ValueError(f"there is no fault {value!r}; there are {', '.join(get_args(Action))}")


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
    method: str | None = None
    """None is every method."""
    path: str = "*"
    """Shell pattern for the whole path, as in */contacts/replace."""
    count: int | None = 1
    """How many matching requests it spoils; None is all."""
    skip: int = 0
    """How many matching requests pass before."""
    status: int = 500
    retry_after: str | None = None
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    delay: float = 0
    late: float = 0
    silence: float = 0
    keep: int = 0
    rows: int = 0

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
