"""What a regular expression over digits says of all numbers of one length, as ranges of integers.

The numbering plans are such expressions: classes, groups, alternatives, counts, and nothing else. A text of digits is
its integer here, and `size` is how many digits it has, zeros in front included.
"""

import re
from functools import lru_cache
from typing import Final

Range = tuple[int, int]
"""The first integer, and the one after the last."""
States = frozenset[int]

_TOKEN: Final[re.Pattern[str]] = re.compile(r"\\d|\[(?:\\d|[0-9-])+\]|[0-9$]|\((?:\?:)?|[)|?]|\{\d+(?:,\d+)?\}")
_DIGITS: Final = "0123456789"
_END: Final = 0
"""The state in which the expression has matched."""


class Machine:
    """The states of an expression; raises `ValueError` for syntax that no numbering plan has used so far."""

    def __init__(self, pattern: str) -> None:
        self._tokens: list[str] = _TOKEN.findall(pattern)
        if "".join(self._tokens) != pattern:
            raise ValueError("a numbering plan with unknown syntax")
        self._at = 0
        self._steps: list[list[tuple[str, int]]] = [[]]
        self._free: list[list[int]] = [[]]
        start = self._state()
        self._join(self._alternatives(start), _END)
        self.start = self._reached({start})
        self._next: dict[States, tuple[States, ...]] = {}

    def after(self, states: States) -> tuple[States, ...]:
        """Return the states that follow, for each digit."""
        if states not in self._next:
            steps = [step for state in states for step in self._steps[state]]
            self._next[states] = tuple(self._reached({to for on, to in steps if digit in on}) for digit in _DIGITS)
        return self._next[states]

    def _reached(self, states: set[int]) -> States:
        todo = list(states)
        while todo:
            new = set(self._free[todo.pop()]) - states
            states |= new
            todo += new
        return frozenset(state for state in states if self._steps[state] or state == _END)

    def _state(self) -> int:
        self._steps.append([])
        self._free.append([])
        return len(self._steps) - 1

    def _join(self, start: int, end: int) -> None:
        self._free[start].append(end)

    def _next_is(self, *tokens: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][0] in tokens

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _alternatives(self, start: int) -> int:
        end = self._state()
        self._join(self._sequence(start), end)
        while self._next_is("|"):
            self._take()
            self._join(self._sequence(start), end)
        return end

    def _sequence(self, start: int) -> int:
        while self._at < len(self._tokens) and not self._next_is("|", ")"):
            start = self._piece(start)
        return start

    def _piece(self, start: int) -> int:
        """Read what may be repeated, as often as it may be at most."""
        begin, end, out = self._at, self._atom(start), self._state()
        least, most = self._counts()
        after = self._at
        if least == 0:
            self._join(start, out)
        for count in range(1, most + 1):
            if count > 1:
                self._at = begin
                end = self._atom(end)
            if count >= least:
                self._join(end, out)
        self._at = after
        return out

    def _counts(self) -> Range:
        if self._next_is("?"):
            self._take()
            return 0, 1
        if self._next_is("{"):
            least, _, most = self._take()[1:-1].partition(",")
            return int(least), int(most or least)
        return 1, 1

    def _atom(self, start: int) -> int:
        piece = self._take()
        if piece.startswith("("):
            end = self._alternatives(start)
            self._take()
            return end
        end = self._state()
        self._steps[start].append((_accepted(piece), end))
        return end


class Digits:
    """The answers of an expression."""

    def __init__(self, pattern: str) -> None:
        self._machine = Machine(pattern)
        self._ranges: dict[tuple[States, int], tuple[Range, ...]] = {}
        self._turns: dict[tuple[States, int], tuple[int, ...]] = {}

    def ranges(self, size: int) -> tuple[Range, ...]:
        """Return the numbers that match."""
        return self._matching(self._machine.start, size)

    def turns(self, size: int) -> tuple[int, ...]:
        """Return where matching takes another course; from one turn to the next it is the same for every number."""
        return self._turning(self._machine.start, size)

    def _matching(self, states: States, size: int) -> tuple[Range, ...]:
        if not states or size == 0:
            return ((0, 1),) if _END in states else ()
        if (states, size) not in self._ranges:
            found: list[Range] = []
            for first, after in zip(range(0, 10**size, 10 ** (size - 1)), self._machine.after(states), strict=True):
                for start, end in self._matching(after, size - 1):
                    joins = bool(found) and found[-1][1] == first + start
                    found.append((found.pop()[0] if joins else first + start, first + end))
            self._ranges[states, size] = tuple(found)
        return self._ranges[states, size]

    def _turning(self, states: States, size: int) -> tuple[int, ...]:
        if not states or size == 0:
            return ()
        if (states, size) not in self._turns:
            found: list[int] = []
            before = None
            for first, after in zip(range(0, 10**size, 10 ** (size - 1)), self._machine.after(states), strict=True):
                found += [first] if first and after != before else []
                found += [first + turn for turn in self._turning(after, size - 1)]
                before = after
            self._turns[states, size] = tuple(found)
        return self._turns[states, size]


def _accepted(piece: str) -> str:
    """Return the digits that a piece accepts; `$` accepts none, for it is met only where nothing follows."""
    return "".join(digit for digit in _DIGITS if piece != "$" and re.fullmatch(piece, digit))


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Digits:
    """Return what is known of an expression; it is read once."""
    return Digits(pattern)
