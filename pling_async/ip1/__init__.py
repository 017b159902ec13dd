"""The IP1 SMS contacts API, version 2: models, codec, resources, client.

The client is imported when it is first used, since a list that is only read needs no connection.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pling_async.ip1.models import BlacklistEntry, Contact, ImportAccepted, LabelUsage, PropertyUsage, Summary

if TYPE_CHECKING:
    from pling_async.ip1.client import Ip1Client

__all__ = ["BlacklistEntry", "Contact", "ImportAccepted", "Ip1Client", "LabelUsage", "PropertyUsage", "Summary"]


def __getattr__(name: str) -> Any:
    if name == "Ip1Client":
        return import_module(f"{__name__}.client").Ip1Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
