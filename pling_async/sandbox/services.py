"""The services that a sandbox can mount beside Pling, by name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pling_async.sandbox.front import FrontService
from pling_async.sandbox.front_legacy import FrontLegacyService
from pling_async.sandbox.ip1 import Ip1Service
from pling_async.sandbox.pling import PlingService, User
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.service import Service

SERVICES: Final[dict[str, Callable[[], Service]]] = {
    "ip1": Ip1Service,
    "front": FrontService,
    "front-legacy": FrontLegacyService,
}
"""Each as it is without arguments."""
NAMES: Final = ("pling", *SERVICES)


def made(name: str) -> Service:
    """Return a service by its name, or raise `ValueError` naming the ones there are."""
    if name not in SERVICES:
        raise ValueError(f"there is no service {name!r}; there are {', '.join(NAMES)}")
    return SERVICES[name]()


def configured(switches: Mapping[str, Iterable[str]], *, secret: str, small_ids: bool) -> tuple[Service, ...]:
    """Return the services of these names, each with its switches, and all with one password or token."""
    pling = PlingService(semantics=Semantics(), users=(User(),), small_ids=small_ids)
    return tuple(
        (pling if name == pling.name else made(name)).configured(texts, secret) for name, texts in switches.items()
    )


def named(services: Iterable[Service]) -> dict[str, Service]:
    """Return services by their names; there must be one at least, and none twice."""
    found = list(services)
    by_name = {service.name: service for service in found}
    if not 0 < len(by_name) == len(found):
        raise ValueError("a sandbox serves one service at least, and none of them twice")
    return by_name
