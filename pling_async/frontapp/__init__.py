"""The contacts of Front (frontapp.com), which has nothing to do with Front Information, the company behind Pling.

The clients are imported when they are first used, since a list that is only read needs no connection.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pling_async.frontapp.models import (
    Company,
    Contact,
    ContactChange,
    ContactList,
    Conversation,
    CustomField,
    Handle,
    NewContact,
    Note,
)
from pling_async.frontapp.paths import Alias

if TYPE_CHECKING:
    from pling_async.frontapp.client import FrontClient
    from pling_async.frontapp.legacy import LegacyContact, LegacyFrontClient

__all__ = [
    "Alias",
    "Company",
    "Contact",
    "ContactChange",
    "ContactList",
    "Conversation",
    "CustomField",
    "FrontClient",
    "Handle",
    "LegacyContact",
    "LegacyFrontClient",
    "NewContact",
    "Note",
]

_HOMES: Final = {"FrontClient": "client", "LegacyContact": "legacy", "LegacyFrontClient": "legacy"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
