"""Frames for tests: an account and a list, spelled as shortly as the test needs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import polars as pl
import pytest

from pling_async import ClientSettings, PlingClient, RetryPolicy
from pling_async.bulk.fields import ACCOUNT_SCHEMA, TEXTS
from pling_async.sandbox import Sandbox, Semantics

REJECTS_SCHEMA = pl.Schema(
    {"row": pl.UInt32(), "field": pl.String(), "code": pl.String(), "message": pl.String(), "mobile": pl.String()}
)

Frame = Callable[..., pl.DataFrame]


def _account_row(number: int, values: dict[str, Any]) -> dict[str, Any]:
    empty = {"is_stopped": False, "is_active": True, "contact_groups": [], "contact_group_ids": []}
    texts = dict.fromkeys(TEXTS, "")
    return {**texts, **empty, "id": number, "auto_created": None, "extra": None, **values}


@pytest.fixture
def account() -> Frame:
    """Build an account from dicts of attributes; everything else is empty."""

    def build(*contacts: dict[str, Any]) -> pl.DataFrame:
        rows = [_account_row(number, values) for number, values in enumerate(contacts, start=1)]
        return pl.DataFrame(rows, schema=ACCOUNT_SCHEMA).sort("mobile")

    return build


@pytest.fixture
def listed() -> Frame:
    """Build a prepared list from dicts of attributes, with only the columns that some row has."""

    def build(*contacts: dict[str, Any]) -> pl.DataFrame:
        names = {name for values in contacts for name in values} | {"mobile"}
        schema = {name: dtype for name, dtype in ACCOUNT_SCHEMA.items() if name in names}
        rows = [{"rows": [number], **values} for number, values in enumerate(contacts, start=1)]
        return pl.DataFrame(rows, schema=schema | {"rows": pl.List(pl.UInt32())})

    return build


@pytest.fixture
def rejects() -> Frame:
    """Build rejected rows from pairs of a row number and a mobile or None."""

    def build(*rows: tuple[int, str | None]) -> pl.DataFrame:
        cells = [(row, "mobile", "no_number", "no number", mobile) for row, mobile in rows]
        return pl.DataFrame(cells, schema=REJECTS_SCHEMA, orient="row")

    return build


@pytest.fixture
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """Serve an account; parametrize indirectly with a `Semantics` for another reading of the document."""
    async with Sandbox(deterministic=True, semantics=getattr(request, "param", Semantics())) as server:
        yield server


@pytest.fixture
async def pling(sandbox: Sandbox) -> AsyncIterator[PlingClient]:
    """Talk to the sandbox with retries that do not wait."""
    settings = ClientSettings(retry=RetryPolicy(base=0))
    async with PlingClient(
        sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url, settings=settings
    ) as client:
        yield client


@pytest.fixture
def state(sandbox: Sandbox) -> Callable[[], Awaitable[dict[str, dict[str, Any]]]]:
    """Return the account's true contacts by mobile, group names instead of ids."""

    async def read() -> dict[str, dict[str, Any]]:
        names = {group["id"]: group["name"] for group in await sandbox.groups()}
        contacts = await sandbox.contacts()
        return {
            contact["mobile"]: {**contact, "groups": sorted(names[each] for each in contact["contactGroupIds"])}
            for contact in contacts
        }

    return read


@pytest.fixture
def writes(sandbox: Sandbox) -> Callable[[], list[str]]:
    """Return the mutating requests that the server saw, as METHOD path."""

    def seen() -> list[str]:
        return [f"{entry.method} {entry.path}" for entry in sandbox.requests if entry.method != "GET"]

    return seen
