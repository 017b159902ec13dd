"""What goes wrong: each seed enables a random subset of the faults, each with a rate of its own (swarm testing)."""

import random
from typing import Final

from attrs import define, field

ANY: Final = ("refused", "reset_before", "reset_after", "timeout", "rate_limit", "pause", "error_before", "error_after")
"""Faults of any request. `pause` is a 429 with Retry-After, `rate_limit` one without."""
LOST: Final = ("reset_after", "timeout", "error_after")
"""The server did its work, now or later or never, and nobody was told."""
ANSWERS: Final = ("truncated", "garbage", "empty", "not_json", "protocol")
"""Answers that come after the server did its work, and cannot be believed."""
OF_ONE: Final = ("mismatch",)
"""The answer to a POST or PUT speaks of somebody else."""
OF_REPLACE: Final = ("too_large", "dies", "slow_replace")
GENERAL: Final = ("slow", "late_pause")
"""A slow answer; a Retry-After that is longer than anybody waits."""
MODES: Final = ("no_access", "forbidden", "outage")
"""From some request on, every answer is a 401, a 403, or a 503 for a while."""
ALL: Final = (*ANY, *ANSWERS, *OF_ONE, *OF_REPLACE, *GENERAL, *MODES)


@define(eq=False)
class Faults:
    """Decides the fate of each request; after `heal` everything works."""

    rng: random.Random
    rates: dict[str, float] = field(factory=dict)
    patience: int = 40
    """Faults to come, so that a server that is always broken does not take the whole seed."""
    mode: str = ""
    mode_at: int = 0
    """Request number from which the mode holds."""
    outage_ends: int = 0
    seen: int = 0
    aimed: dict[str, str] = field(factory=dict)
    """One fault for the first request of a kind, where doubt has the most consequences; see `fate`."""
    forgets_a_stop: bool = False
    """Once, in an import, the server takes a request that says `stop: 1` and does not keep it."""

    @classmethod
    def drawn(cls, rng: random.Random) -> "Faults":
        """Enable a random subset; one seed in five has no faults at all."""
        if rng.random() < 0.2:
            return cls(rng)
        enabled = [each for each in ALL if each not in MODES and rng.random() < rng.choice((0.1, 0.3, 0.6))]
        faults = cls(rng, rates={each: rng.choice((0.02, 0.1, 0.3)) for each in enabled}, patience=rng.randint(1, 60))
        if rng.random() < 0.25:
            faults.mode, faults.mode_at = rng.choice(MODES), rng.randint(1, 30)
            faults.outage_ends = faults.mode_at + rng.choice((3, 20, 400))
        if rng.random() < 0.6:
            often = (*LOST, *LOST, *LOST, "dies", "dies")
            faults.aimed["replace"] = rng.choice((*often, "reset_before", *OF_REPLACE, *ANSWERS))
            if rng.random() < 0.6:
                faults.rates, faults.mode = {}, ""  # alone, so that the account can be watched afterwards
        if rng.random() < 0.5:
            faults.aimed["DELETE"] = rng.choice(LOST)
        faults.forgets_a_stop = rng.random() < 0.3
        return faults

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self.rates, self.mode, self.aimed, self.forgets_a_stop = {}, "", {}, False

    def fate(self, *, method: str, path: str, about: str = "") -> str:
        """Draw what happens to one request; the empty text means nothing. `about` names what is special about it."""
        self.seen += 1
        if self.mode and self.seen >= self.mode_at and not (self.mode == "outage" and self.seen > self.outage_ends):
            return self.mode
        kinds = (about, "replace", "replace again") if path == "contacts/replace" else (about, method)
        for kind in kinds:
            if kind in self.aimed:
                return self.aimed.pop(kind)
        for kind, rate in self.rates.items():
            if self._applies(kind, method, path) and self.patience and self.rng.random() < rate:
                self.patience -= 1
                return kind
        return ""

    def _applies(self, kind: str, method: str, path: str) -> bool:
        if kind in OF_REPLACE:
            return path == "contacts/replace"
        if kind in OF_ONE:
            return method in {"POST", "PUT"} and path != "contacts/replace"
        if kind in ANSWERS:
            return method != "DELETE" or kind == "protocol"
        return True
