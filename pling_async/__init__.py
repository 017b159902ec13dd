"""The asyncio SDK for the Pling Contacts API; `pling_async.bulk` has the list operations.

Each name is imported when it is first used: `import pling_async` costs next to nothing, and imports no polars.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pling_async import errors
from pling_async._version import __version__

if TYPE_CHECKING:
    from pling_async import bulk, hooks
    from pling_async.pling.client import PlingClient
    from pling_async.pling.models import (
        Contact,
        ContactGroup,
        ContactListing,
        InvalidContact,
        ReplaceResult,
    )
    from pling_async.session.auth import BasicAuth, BearerAuth
    from pling_async.session.retry import RetryPolicy
    from pling_async.session.settings import ClientSettings, Timeouts
    from pling_async.session.unset import UNSET, Unset

__all__ = [
    "UNSET",
    "BasicAuth",
    "BearerAuth",
    "ClientSettings",
    "Contact",
    "ContactGroup",
    "ContactListing",
    "InvalidContact",
    "PlingClient",
    "ReplaceResult",
    "RetryPolicy",
    "Timeouts",
    "Unset",
    "__version__",
    "bulk",
    "errors",
    "hooks",
]

_HOMES: Final = {
    "pling.client": ("PlingClient",),
    "pling.models": ("Contact", "ContactGroup", "ContactListing", "InvalidContact", "ReplaceResult"),
    "session.auth": ("BasicAuth", "BearerAuth"),
    "session.retry": ("RetryPolicy",),
    "session.settings": ("ClientSettings", "Timeouts"),
    "session.unset": ("UNSET", "Unset"),
}


def __getattr__(name: str) -> Any:
    if name in {"bulk", "hooks"}:
        return import_module(f"{__name__}.{name}")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
