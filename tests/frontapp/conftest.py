"""Sandboxes of Front's APIs, each with a client."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from attrs import frozen

from pling_async import ClientSettings, RetryPolicy
from pling_async.frontapp.client import FrontClient
from pling_async.frontapp.models import Contact, Handle, NewContact
from pling_async.sandbox import FrontSemantics, FrontService, Sandbox

FIELDS = ("Job Title", "Location")


@frozen
class Front:
    """A sandbox and a client of it."""

    sandbox: Sandbox
    client: FrontClient

    async def add(self, name: str = "Ola", **more: Any) -> Contact:
        """Create a contact that has an address of that name."""
        return await self.client.contacts.create(NewContact(name=name, handles=(email(name),), **more))


def email(name: str) -> Handle:
    """Return an address for a name."""
    return Handle("email", f"{name.lower()}@example.com")


Serve = Callable[..., Awaitable[Front]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start sandboxes; keywords that are switches make the semantics."""
    async with AsyncExitStack() as stack:

        async def start(*, settings: ClientSettings | None = None, **options: Any) -> Front:
            names = {switch.name for switch in FrontSemantics.switches()}
            semantics = FrontSemantics(**{name: options.pop(name) for name in names & options.keys()})
            company = options.pop("company", "sandbox")
            service = FrontService(semantics=semantics, company=company)
            sandbox = await stack.enter_async_context(Sandbox(deterministic=True, services=(service,), **options))
            await sandbox.front.seed(custom_fields=[{"name": name} for name in FIELDS])
            client = FrontClient(
                sandbox.front.token,
                base_url=sandbox.front.url,
                settings=settings or ClientSettings(retry=RetryPolicy(base=0)),
            )
            return Front(sandbox, await stack.enter_async_context(client))

        yield start


@pytest.fixture
async def front(serve: Serve) -> Front:
    """Return a sandbox with every switch at its default."""
    return await serve()
