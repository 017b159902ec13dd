"""What errors carry: frozen values without any behaviour; `pling_async.errors` has them all."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from attrs import field, frozen


class Outcome(StrEnum):
    """What became of one mutation: three answers of a database, and the row that was never sent."""

    APPLIED = "applied"
    """The server confirmed it, and the confirmation matches the request."""
    NOT_APPLIED = "not_applied"
    """It certainly did not happen: no connection was ever acquired, or the server said no."""
    UNKNOWN = "unknown"
    """It may have happened, or may still happen."""
    SKIPPED = "skipped"
    """Nothing was sent, by decision: unchanged, rejected, or the run stopped before it."""


def _read_only(fields: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(dict(fields))


@frozen(kw_only=True)
class ProblemDetails:
    """What a server says of its refusal, for programs: what it does not say is empty.

    Texts are bounded, and numbers, addresses and secrets in them masked as in messages; names of people are not, which
    is why nothing but the status is shown, and why None is all that a pickle has of it.
    """

    status: int | None = None
    """As the body has it; `PlingError.status` is that of the answer itself."""
    code: str = field(default="", repr=False)
    """A word that stays while texts change: restify's `code`, or the `type` of problem details (RFC 9457)."""
    title: str = field(default="", repr=False)
    detail: str = field(default="", repr=False)
    """The sentence: `detail` of problem details, `message` of Front, `error` or `message` of Pling."""
    points: tuple[str, ...] = field(default=(), repr=False)
    """Front's `details`: sentences of their own."""
    fields: Mapping[str, tuple[str, ...]] = field(factory=dict, converter=_read_only, repr=False, hash=False)
    """What is wrong by field, as the server spells it: `errors` of problem details."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return (type(None), ())


@frozen(kw_only=True)
class Exchange:
    """What is known about the request behind an error; safe to log (no secret, no query, no body)."""

    method: str | None = None
    path: str | None = None
    status: int | None = None
    excerpt: str = field(default="", repr=False)
    """At most 200 characters of the answer, control characters escaped; it may name a person."""
    problem: ProblemDetails | None = field(default=None, repr=False)
    """What a refusal says, member by member; None where it says nothing that can be read so."""
    retry_after: float | None = None
    """Seconds the server asked to wait."""
    request_id: str | None = None
    """Our id of the operation, the same in the logs and in the X-Request-ID header."""
    attempts: int = 0
    """Requests put on the wire or tried for this operation."""


@frozen(kw_only=True)
class Problem:
    """One broken rule: which field, a stable code, and a sentence with the way out."""

    field: str
    code: str
    message: str
    row: int | None = None
    """One-based row of the source, the header not counted; None for a single contact."""


@frozen(kw_only=True)
class Place:
    """Where in a source something is wrong; rows count from 1, the header is not a row."""

    source: str
    row: int | None = None
    field: str | None = field(default=None)

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row is not None else ""
        column = f", column {self.field!r}" if self.field is not None else ""
        return f"{self.source}{row}{column}"
