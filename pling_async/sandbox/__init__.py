"""Local servers for the APIs, with real storage, switches for what their documents leave open, and faults on demand."""

from pling_async.sandbox.clock import ManualClock
from pling_async.sandbox.faults import Fault
from pling_async.sandbox.front import ApiToken, FrontSemantics, FrontService
from pling_async.sandbox.front_legacy import FrontLegacyService
from pling_async.sandbox.ip1 import Ip1Semantics, Ip1Service
from pling_async.sandbox.journal import Entry
from pling_async.sandbox.pling import User
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.server import Sandbox
from pling_async.sandbox.services import NAMES, configured

__all__ = [
    "NAMES",
    "ApiToken",
    "Entry",
    "Fault",
    "FrontLegacyService",
    "FrontSemantics",
    "FrontService",
    "Ip1Semantics",
    "Ip1Service",
    "ManualClock",
    "Sandbox",
    "Semantics",
    "User",
    "configured",
]
