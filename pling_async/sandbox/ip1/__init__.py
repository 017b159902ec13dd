"""The IP1 contacts API, served locally."""

from pling_async.sandbox.ip1.semantics import Ip1Semantics
from pling_async.sandbox.ip1.service import Ip1Service, MountedIp1

__all__ = ["Ip1Semantics", "Ip1Service", "MountedIp1"]
