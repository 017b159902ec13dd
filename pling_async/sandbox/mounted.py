"""A mounted service as the sandbox's owner sees it: where it is, and what is in its store."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.service import Service

S = TypeVar("S", bound=Service)
T = TypeVar("T")


@frozen(kw_only=True)
class Mounted(Generic[S]):
    """One service of a running sandbox; each folder's own subclass adds its credentials and its kinds of objects."""

    service: S
    origin: str
    _controls: Controls = field(repr=False)

    @property
    def url(self) -> str:
        """Base URL of the API, with its trailing slash."""
        return f"{self.origin}{self.service.prefix}/"

    async def seed(self, **objects: Iterable[Mapping[str, Any]]) -> None:
        """Put wire objects straight into the store, unchecked, by the wire name of their kind."""
        await self._controls.seed(self.service.name, objects)

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a job finds in the store."""
        return await self._controls.stage.worker.run(job)
