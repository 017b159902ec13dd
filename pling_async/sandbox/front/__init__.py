"""Front's Core API (frontapp.com), served locally."""

from pling_async.sandbox.front.access import ApiToken
from pling_async.sandbox.front.semantics import FrontSemantics
from pling_async.sandbox.front.service import FrontService, MountedFront

__all__ = ["ApiToken", "FrontSemantics", "FrontService", "MountedFront"]
