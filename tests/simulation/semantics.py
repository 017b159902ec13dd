"""What the API's document leaves open, drawn for each seed; every promise must hold for every value."""

import random
from typing import Any, Final, Literal, Self, get_args, get_type_hints

from attrs import frozen

Omitted = Literal["keep", "default", "null"]


@frozen(kw_only=True)
class Semantics:
    """One reading of the document."""

    post: Omitted = "keep"
    """What a POST to a number that exists does to the fields it omits."""
    put: Omitted = "keep"
    replace: Omitted = "keep"
    groups: Literal["keep", "clear"] = "keep"
    """What an update that mentions no groups does to them."""
    invalid_existing: Literal["kept", "removed"] = "kept"
    """What a replace does to a contact whose item it refuses."""
    stop_memory: Literal["forgotten", "remembered"] = "forgotten"
    """Whether a number that was deleted while stopped is stopped when it comes back."""
    commit: Literal["atomic", "row_by_row"] = "atomic"
    """What a replace that dies half way leaves behind."""
    lost: Literal["at_once", "late", "never", "any"] = "at_once"
    """When a mutation is applied whose answer did not come in time: late is up to 120 seconds later."""
    existing_status: Literal[201, 200] = 201
    duplicates: Literal["last", "first", "error"] = "last"
    stopped_groups: Literal["shown", "hidden"] = "shown"
    """Whether answers show the groups of stopped contacts."""

    @classmethod
    def drawn(cls, rng: random.Random) -> Self:
        """Draw every switch."""
        return cls(**{name: rng.choice(values) for name, values in SWITCHES.items()})


SWITCHES: Final[dict[str, tuple[Any, ...]]] = {
    name: get_args(hint) for name, hint in get_type_hints(Semantics).items() if get_args(hint)
}
