"""One sandbox with Pling, IP1 and Front, two Pling accounts, and a client for each."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from attrs import frozen

from pling_async import ClientSettings, PlingClient, RetryPolicy, bulk, sources, targets
from pling_async.bulk import Plan, Run
from pling_async.bulk.per_contact import Written
from pling_async.frontapp.client import FrontClient
from pling_async.ip1 import Ip1Client
from pling_async.sandbox import FrontSemantics, FrontService, Ip1Semantics, Ip1Service, Sandbox, User
from pling_async.sources.frontapp import FIELDS
from pling_async.targets import CopyPlan, Target

AT_ONCE = ClientSettings(retry=RetryPolicy(base=0, base_when_limited=0))
FLAGS = {"Stop", "Active"}


@frozen
class World:
    """The systems, and what a test does with them."""

    sandbox: Sandbox
    pling: PlingClient
    other_account: PlingClient
    ip1: Ip1Client
    front: FrontClient

    def target(self, name: str, **options: Any) -> Target:
        """Return a system to copy to; Front is told to take stopped people."""
        return targets.ip1(self.ip1) if name == "ip1" else targets.frontapp(self.front, **{"stopped": "mark"} | options)

    def source(self, name: str) -> Any:
        """Return a system to copy from."""
        return sources.ip1(self.ip1) if name == "ip1" else sources.frontapp(self.front)

    async def out(self, name: str, **options: Any) -> tuple[CopyPlan, list[Written]]:
        """Copy the account to a system."""
        target = self.target(name, **options)
        plan = await targets.plan(self.pling, target)
        return plan, [each async for each in targets.apply(self.pling, plan, target)]

    async def planned_back(self, name: str, client: PlingClient) -> Plan:
        """Plan a copy from a system."""
        return await bulk.plan(client, await bulk.prepare(self.source(name)))

    async def back(self, name: str, client: PlingClient) -> Run:
        """Copy from a system."""
        return await bulk.apply(client, await self.planned_back(name, client))

    async def reachable(self, name: str) -> set[str]:
        """Return the numbers that a system has, and that it would send to, or that nobody there is warned of."""
        if name == "ip1":
            blocked = set(await self.sandbox.ip1.blacklist())
            numbers = {each["properties"]["phoneNumber"] for each in await self.sandbox.ip1.contacts()}
            return {number for number in numbers if number[1:] not in blocked}
        contacts = [
            each for each in await self.sandbox.front.contacts() if each["custom_fields"].get("Stop") is not True
        ]
        return {handle["handle"] for each in contacts for handle in each["handles"] if handle["source"] == "phone"}

    async def count(self, name: str) -> int:
        """Return how many contacts a system has."""
        return len(await (self.sandbox.ip1.contacts() if name == "ip1" else self.sandbox.front.contacts()))


Serve = Callable[..., Awaitable[World]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start sandboxes; keywords name the switches of IP1 and Front."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            ip1: dict[str, Any] | None = None,
            front: dict[str, Any] | None = None,
            fields: Sequence[str] = (*FIELDS,),
        ) -> World:
            services = (
                "pling",
                Ip1Service(semantics=Ip1Semantics(**ip1 or {})),
                FrontService(semantics=FrontSemantics(**front or {})),
            )
            users = (User(accounts=(1, 2)),)
            sandbox = await stack.enter_async_context(Sandbox(services=services, users=users))
            kinds = [{"name": name, "type": "boolean" if name in FLAGS else "string"} for name in fields]
            await sandbox.front.seed(custom_fields=kinds)
            login = {"base_url": sandbox.url, "settings": AT_ONCE}
            pling = PlingClient(sandbox.username, sandbox.password, account_id=1, **login)
            await stack.enter_async_context(pling)
            there = Ip1Client(sandbox.ip1.token, base_url=sandbox.ip1.url, settings=AT_ONCE)
            await stack.enter_async_context(there)
            company = FrontClient(sandbox.front.token, base_url=sandbox.front.url, settings=AT_ONCE)
            await stack.enter_async_context(company)
            return World(sandbox, pling, pling.for_account(2), there, company)

        yield start


@pytest.fixture
async def world(serve: Serve) -> World:
    """Start a sandbox with every switch at its default."""
    return await serve()
