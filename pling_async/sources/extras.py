"""Libraries that only some sources need, imported when one is read."""

from importlib import import_module
from typing import Any

from pling_async.errors import MissingExtraError


def needed(module: str, *, extra: str, source: str) -> Any:
    """Return a module, or raise `MissingExtraError` with the extra that brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        message = f"{source} needs {module}; install it with: pip install 'pling-async[{extra}]'"
        raise MissingExtraError(message) from error
