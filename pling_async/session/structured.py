"""Models that cattrs reads: its errors, which quote values, become the place where something is not as expected."""

from collections.abc import Callable
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.errors import AttributeValidationNote, ClassValidationError

from pling_async.session.strict import Mismatch

T = TypeVar("T")


def structured(converter: Converter, raw: Any, model: type[T], wire_name: Callable[[str], str] = str) -> T:
    """Return an object as a model, or raise `Mismatch` at the first member that does not fit, as the wire spells it."""
    try:
        return converter.structure(raw, model)
    except ClassValidationError as errors:
        mismatch = _first(errors, wire_name)
    raise mismatch


def _first(errors: ClassValidationError, wire_name: Callable[[str], str]) -> Mismatch:
    error = errors.exceptions[0]
    note = next(note for note in error.__notes__ if isinstance(note, AttributeValidationNote))
    mismatch = error if isinstance(error, Mismatch) else Mismatch("a value")
    return mismatch.below(f".{wire_name(note.name)}")
