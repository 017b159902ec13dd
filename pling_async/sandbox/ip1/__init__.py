"""The IP1 contacts API, served locally."""

from pling_async.sandbox.ip1.semantics import Ip1Semantics
from pling_async.sandbox.ip1.service import Ip1, Ip1Service

__all__ = ["Ip1", "Ip1Semantics", "Ip1Service"]
