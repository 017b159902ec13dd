"""The other systems that a command can speak with: found in the environment, as sources and as targets."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pling_async.errors import PlingError

if TYPE_CHECKING:
    from pling_async.targets import Target

_CLIENTS: Final = {"ip1": ("ip1", "Ip1Client"), "front": ("frontapp", "FrontClient")}
"""Name on the command line to package, where the source and the target have the same name, and client."""

NAMES: Final = tuple(_CLIENTS)

Source = Any


@contextmanager
def spoken_with(name: str) -> Iterator[None]:
    """Say of every error inside that it is about this system."""
    try:
        yield
    except PlingError as error:
        error.system = name
        raise


def _client(name: str) -> Any:
    package, client = _CLIENTS[name]
    return getattr(import_module(f"pling_async.{package}.client"), client).from_env()


@asynccontextmanager
async def as_source(name: str, *, region: str) -> AsyncIterator[Source]:
    """Open a system to be read."""
    from pling_async import sources  # noqa: PLC0415 - polars takes a while to import

    options: Mapping[str, Mapping[str, Any]] = {"ip1": {}, "front": {"region": region}}
    make: Callable[..., Source] = getattr(sources, _CLIENTS[name][0])
    with spoken_with(name):
        async with _client(name) as client:
            yield make(client, **options[name])


@asynccontextmanager
async def as_target(name: str, *, region: str, stopped: str) -> AsyncIterator["Target"]:
    """Open a system to be written to; `stopped` says what becomes of people whom it cannot stop."""
    from pling_async import targets  # noqa: PLC0415 - polars takes a while to import

    options: Mapping[str, Mapping[str, Any]] = {"ip1": {}, "front": {"stopped": stopped}}
    make: Callable[..., Target] = getattr(targets, _CLIENTS[name][0])
    async with _client(name) as client:
        yield make(client, region=region, **options[name])
