"""Front's deprecated contact API, served locally."""

from pling_async.sandbox.front_legacy.service import FrontLegacyService, MountedFrontLegacy

__all__ = ["FrontLegacyService", "MountedFrontLegacy"]
