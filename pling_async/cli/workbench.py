"""An empty account to try things on: raw requests, fictional people, and nothing left behind."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from attrs import define, field, frozen

from pling_async.cli.checks import header
from pling_async.cli.endpoint import Target
from pling_async.errors import GuardRefused
from pling_async.session.protocol import Request, Response
from pling_async.session.retry import RetryLaw
from pling_async.session.transport import AiohttpTransport

_FIRST: Final = 99_999_300
"""The number before the first fictional one that is used."""
_PREFIX: Final = "pling doctor"
"""What names of groups begin with, so that nobody else's is taken away."""
_TIMEOUT: Final = 30.0


@frozen(kw_only=True)
class Answer:
    """What the server said, as it said it."""

    status: int
    body: Any = None
    """Its JSON, None for other texts."""
    response: Response = field(repr=False)

    @property
    def is_yes(self) -> bool:
        """Whether the server did it."""
        return self.status < 300  # noqa: PLR2004 - the first class of statuses that are no success

    def header(self, name: str) -> str | None:
        """Return a header."""
        return header(self.response, name)


@define(kw_only=True)
class Workbench:
    """Sends what probes want to know about; every number and every name is new."""

    target: Target
    transport: AiohttpTransport
    _number: int = _FIRST
    _named: int = 0

    def mobile(self) -> str:
        """Return a fictional number that was not used before: a stop may outlive its contact."""
        self._number += 1
        return f"+47{self._number}"

    def name(self) -> str:
        """Return a name for a group that was not used before."""
        self._named += 1
        return f"{_PREFIX} {self._named}"

    async def contact(self, **fields: Any) -> dict[str, Any]:
        """Add a contact and return what the server made of it."""
        added: dict[str, Any] = await self.done("POST", "contacts", {"mobile": self.mobile(), **fields})
        return added

    async def group(self) -> dict[str, Any]:
        """Add a group."""
        added: dict[str, Any] = await self.done("POST", "contact-groups", {"name": self.name()})
        return added

    async def members(self) -> dict[str, dict[str, Any]]:
        """Return everybody, by mobile."""
        return {each["mobile"]: each for each in (await self.listing())["contacts"]}

    async def listing(self) -> dict[str, Any]:
        """Return the whole account."""
        listed: dict[str, Any] = await self.done("GET", "contacts", query=self._query)
        return listed

    async def replaced(self, *items: Mapping[str, Any]) -> Answer:
        """Replace everybody, after looking that nobody else has put somebody there."""
        self.check_ours(await self.listing())
        return await self.send("POST", "contacts/replace", [*items], query=self._query)

    async def done(self, method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None) -> Any:
        """Send something that must work, and return its answer."""
        answer = await self.send(method, path, body, query=query)
        if not answer.is_yes:
            raise Unexpected(f"{method} was answered with {answer.status}")
        return answer.body

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        transport: AiohttpTransport | None = None,
    ) -> Answer:
        """Send a request once, whatever is answered; objects get the account's id."""
        if isinstance(body, dict):
            body = {"accountId": self.target.account_id, **body}
        request = Request(
            method=method,
            path=path,
            query=query or {},
            body=body if isinstance(body, bytes) or body is None else orjson.dumps(body),
            law=RetryLaw.UNSENT,
        )
        response = await (transport or self.transport).send(request, request_id="doctor", timeout=_TIMEOUT)
        return Answer(status=response.status, body=_json(response.body), response=response)

    def check_empty(self, listing: Mapping[str, Any]) -> None:
        """Raise `GuardRefused` when there is anybody or anything at all, which could not be told from ours later."""
        if listing["contacts"] or listing["contactGroups"]:
            raise self._refusal()

    def check_ours(self, listing: Mapping[str, Any]) -> None:
        """Raise `GuardRefused` when there is anybody, or any group, that was not put there here."""
        if any(not self._is_ours(each) for each in listing["contacts"]) or any(
            not _is_our_group(each) for each in listing["contactGroups"]
        ):
            raise self._refusal()

    def _refusal(self) -> GuardRefused:
        return GuardRefused(
            f"account {self.target.account_id} is not empty, or somebody else writes to it: it is left alone"
        )

    async def clear(self) -> None:
        """Take away what was put there here, stops before their contacts, and nothing else."""
        listing = await self.listing()
        for contact in filter(self._is_ours, listing["contacts"]):
            if contact["stop"]:
                await self.send("PUT", f"contacts/{contact['id']}", {"mobile": contact["mobile"], "stop": 0})
            await self.send("DELETE", f"contacts/{contact['id']}")
        for group in filter(_is_our_group, listing["contactGroups"]):
            await self.send("DELETE", f"contact-groups/{group['id']}")

    def _is_ours(self, contact: Mapping[str, Any]) -> bool:
        digits = str(contact["mobile"])[3:]
        return digits.isdigit() and _FIRST < int(digits) <= self._number

    @property
    def _query(self) -> dict[str, str]:
        return {"accountId": str(self.target.account_id)}


class Unexpected(Exception):
    """A probe met an answer that no reading explains."""


def _is_our_group(group: Mapping[str, Any]) -> bool:
    return str(group["name"]).casefold().startswith(_PREFIX)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
