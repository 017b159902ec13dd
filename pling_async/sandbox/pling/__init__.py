"""The Pling Contacts API, served locally."""

from pling_async.sandbox.pling.access import User
from pling_async.sandbox.pling.service import PlingService

__all__ = ["PlingService", "User"]
