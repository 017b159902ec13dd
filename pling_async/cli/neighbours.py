"""The other systems that contacts are copied from and to: configured as the account is, as sources and as targets."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import field, frozen

from pling_async.cli.configuration import configuration
from pling_async.cli.connection import say_folder
from pling_async.cli.passwords import needed_password
from pling_async.cli.systems import NEIGHBOURS
from pling_async.errors import PlingError

if TYPE_CHECKING:
    from pling_async.targets import Target

_PACKAGES: Final = {"ip1": "ip1", "front": "frontapp"}
"""Name on the command line to package; the source and the target have the package's name."""

NAMES: Final = tuple(_PACKAGES)

Source = Any


@contextmanager
def spoken_with(name: str) -> Iterator[None]:
    """Say of every error inside that it is about this system."""
    try:
        yield
    except PlingError as error:
        error.system = name
        raise


@frozen
class _Spoken:
    """A target whose errors say which system they are about, so that a copy may speak with Pling in between."""

    _name: str
    _target: "Target"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    async def account(self) -> str:
        """Ask which account is spoken to."""
        with spoken_with(self._name):
            return await self._target.account()

    async def count(self) -> int | None:
        """Ask how many contacts there are."""
        with spoken_with(self._name):
            return await self._target.count()

    async def open(self) -> Collection[str]:
        """Learn what there is a place for."""
        with spoken_with(self._name):
            return await self._target.open()


@frozen
class Neighbour:
    """A system that is configured: files and the keyring were read before any loop runs."""

    name: str
    _opened: Callable[[], Any] = field(repr=False)

    @asynccontextmanager
    async def as_source(self, *, region: str) -> AsyncIterator[Source]:
        """Open it to be read."""
        from pling_async import sources  # noqa: PLC0415 - polars takes a while to import

        make: Callable[..., Source] = getattr(sources, _PACKAGES[self.name])
        with spoken_with(self.name):
            async with self._opened() as client:
                yield make(client, region=region)

    @asynccontextmanager
    async def as_target(self, *, region: str, stopped: str) -> AsyncIterator["Target"]:
        """Open it to be written to; `stopped` says what becomes of people whom it cannot stop."""
        from pling_async import targets  # noqa: PLC0415 - polars takes a while to import

        options: Mapping[str, Mapping[str, Any]] = {"ip1": {}, "front": {"stopped": stopped}}
        make: Callable[..., Target] = getattr(targets, _PACKAGES[self.name])
        async with AsyncExitStack() as stack:
            with spoken_with(self.name):
                client = await stack.enter_async_context(self._opened())
            target = make(client, region=region, **options[self.name])
            yield cast("Target", _Spoken(self.name, target))


def neighbour(name: str) -> Neighbour:
    """Return a system as options, environment and files have it, or raise `ConfigurationError`."""
    from pling_async.session.settings import BaseUrl  # noqa: PLC0415 - `pling --help` does without

    configured = configuration(NEIGHBOURS[name])
    token, base_url = needed_password(configured), configured.value("base_url") or configured.system.default_url
    say_folder(configured, f"{name} at {BaseUrl.parse(base_url).origin}")
    return Neighbour(name, partial(configured.system.opener, token, base_url=base_url))
