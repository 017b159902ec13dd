"""The asyncio SDK for the Pling Contacts API; `pling_async.bulk` has the list operations.

Importing this package imports neither polars nor click.
"""

from pling_async import errors
from pling_async.pling.client import PlingClient
from pling_async.pling.models import UNSET, Contact, ContactGroup, ContactListing, InvalidContact, ReplaceResult, Unset
from pling_async.session.auth import BasicAuth, BearerAuth
from pling_async.session.retry import RetryPolicy
from pling_async.session.settings import ClientSettings, Timeouts

__version__ = "0.1.0"

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
    "errors",
]
