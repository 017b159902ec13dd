"""The value that is none: what a request leaves out, and what an answer did not have."""

from enum import Enum
from typing import Final, Literal


class Unset(Enum):
    """The type of `UNSET`: not given, which is neither None nor empty."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Not given: left out of a request, or absent from an answer."""
