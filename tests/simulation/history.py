"""What happened in a seed, in order: requests, changes of the account with who made them, and what was shown."""

from typing import Any, Final

from attrs import define, evolve, field, frozen

TEXTS: Final = (
    "name",
    "firstName",
    "lastName",
    "speedDial",
    "comment",
    "address",
    "postalCode",
    "city",
    "autoCreatedNumber",
    "email",
)

State = dict[str, "Person"]
"""A whole account at one instant, by mobile."""


@frozen(kw_only=True)
class Person:
    """One contact as it counts: everything writable, groups by name."""

    texts: tuple[str, ...]
    """In the order of `TEXTS`."""
    is_stopped: bool
    is_active: bool
    groups: frozenset[str]

    def __str__(self) -> str:
        """Say it in few words."""
        words = [f"{name}={text}" for name, text in zip(TEXTS, self.texts, strict=True) if text]
        flags = ["STOP"] * self.is_stopped + ["inactive"] * (not self.is_active)
        return f"<{' '.join([*words, *flags, *sorted(self.groups)])}>"

    def ungrouped(self) -> "Person":
        """Return the same without groups, which a server may hide."""
        return evolve(self, groups=frozenset())

    def satisfies(self, wanted: "Person") -> bool:
        """Tell whether this is what was wanted, or that and opted out since."""
        same = (self.texts, self.is_active, self.groups) == (wanted.texts, wanted.is_active, wanted.groups)
        return same and (self.is_stopped or not wanted.is_stopped)


@define(kw_only=True, eq=False)
class Sent:
    """One attempt, as the transport saw it."""

    number: int
    run: Any
    """The `RunRecord` of the process that sent it."""
    life: int
    at: float
    """When it was sent; `came_at` and `change` numbers order what has the same time."""
    method: str
    path: str
    query: dict[str, str]
    body: Any
    payload: str
    """SHA-256 of the exact body."""
    request_id: str
    timeout: float
    position: int
    """How many events were before it."""
    fault: str = ""
    acquired: bool = False
    is_in_doubt: bool = False
    """Nobody knows whether the server applied it."""
    came_at: float | None = None
    result: Any = None
    """A status, or the class of the error; None as long as nothing came."""
    retry_after: float | None = None
    shown_at: int | None = None
    """Position in the history at which a believable answer came."""

    @property
    def is_mutating(self) -> bool:
        """Whether it may change the account."""
        return self.method != "GET"

    @property
    def is_replace(self) -> bool:
        """Whether it replaces the whole account."""
        return self.path == "contacts/replace"

    @property
    def mobiles(self) -> list[str]:
        """The numbers that its body speaks of."""
        items = self.body if isinstance(self.body, list) else [self.body]
        return [item["mobile"] for item in items if isinstance(item, dict) and "mobile" in item]


@frozen(kw_only=True)
class Change:
    """One contact came, changed or went."""

    at: float
    actor: str
    """client, phone, person, or setup."""
    mobile: str
    before: Person | None
    after: Person | None
    cause: Sent | None
    """The client's request."""


@frozen(kw_only=True)
class Shown:
    """A believable answer reached a process: what it knows from then on."""

    at: float
    sent: Sent
    people: dict[str, Person]
    """True at the moment the server answered."""
    is_account: bool
    """It was the listing of everybody."""


@define(eq=False)
class History:
    """Everything in the order in which it happened."""

    events: list[Sent | Change | Shown] = field(factory=list)
    requests: list[Sent] = field(factory=list)
    changes: list[tuple[int, Change]] = field(factory=list)
    shown: list[tuple[int, Shown]] = field(factory=list)

    def add(self, event: Sent | Change | Shown) -> None:
        """Write down one more event."""
        place = len(self.events)
        self.events.append(event)
        match event:
            case Sent():
                self.requests.append(event)
            case Change():
                self.changes.append((place, event))
            case Shown():
                self.shown.append((place, event))

    def held(self, mobile: str, start: int, end: int) -> list[Person | None]:
        """Return every state that a number had between two positions, the one at the start included."""
        states: list[Person | None] = [None]
        for place, change in self.changes:
            if change.mobile == mobile and place < end:
                states = [change.after] if place < start else [*states, change.after]
        return states

    def state(self, position: int) -> State:
        """Return the account as it was before the event at a position."""
        state: State = {}
        for place, change in self.changes:
            if place >= position:
                break
            if change.after is None:
                state.pop(change.mobile, None)
            else:
                state[change.mobile] = change.after
        return state

    def by_operation(self) -> dict[str, list[Sent]]:
        """Return the attempts of each operation."""
        found: dict[str, list[Sent]] = {}
        for sent in self.requests:
            found.setdefault(sent.request_id, []).append(sent)
        return found
