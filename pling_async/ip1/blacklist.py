"""The blacklist: numbers that nothing is sent to, whoever has them."""

import re
from collections.abc import AsyncGenerator
from functools import partial
from operator import attrgetter
from typing import Any, Final

import orjson
from attrs import frozen

from pling_async.errors import ValidationError
from pling_async.ip1.account import ANY_SUCCESS, PAGE_SIZE, Account, paged, same
from pling_async.ip1.codec import decode_entries, decode_entry, decode_nothing
from pling_async.ip1.models import BlacklistEntry
from pling_async.phones import masked
from pling_async.session.jsontext import is_sendable
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw

_PATH: Final = "v2/blacklist"
_MSISDN: Final = re.compile(r"\+?([1-9][0-9]{6,14})")


@frozen
class Blacklist:
    """The blacklist of the account; STOP replies and unsubscribe links add to it too."""

    _account: Account

    def list(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[BlacklistEntry]:
        """Yield every entry once, page by page."""
        return self._account.listing(_PATH, paged(page_size), decode_entries, attrgetter("msisdn"))

    async def get(self, number: str) -> BlacklistEntry:
        """Return the entry of a number, or raise `NotFound`; E.164, with or without its plus."""
        msisdn = _msisdn(number)
        request = _of_one("GET", msisdn, RetryLaw.SAFE)
        return await self._account.call(request, decode_entry, partial(_check, msisdn))

    async def add(self, number: str) -> None:
        """Block a number."""
        body = orjson.dumps({"msisdn": _msisdn(number)})
        request = Request(
            method="POST",
            path=_PATH,
            law=RetryLaw.NEVER,
            body=body,
            subject=f"+{_msisdn(number)}",
            expected=ANY_SUCCESS,
            answers_json=False,
        )
        await self._account.session.call(request, decode_nothing)

    async def put(self, number: str) -> None:
        """Block a number by its own address (PUT), which is tried again after an unknown outcome."""
        msisdn = _msisdn(number)
        request = _of_one("PUT", msisdn, RetryLaw.CONVERGENT, body=orjson.dumps({"msisdn": msisdn}))
        await self._account.session.call(request, decode_nothing)

    async def remove(self, number: str, *, consent: str) -> None:
        """Unblock a number, which most laws allow only with the person's written consent.

        `consent` says where that consent is kept; it is required, and neither sent nor logged. Never repeated after an
        unknown outcome, since a STOP that arrives in between would be undone.
        """
        if not is_sendable(consent) or not consent.strip():
            message = "the consent is missing; without it nobody leaves the blacklist"
            raise ValidationError.unsent("consent", "no_consent", message)
        request = _of_one("DELETE", _msisdn(number), RetryLaw.UNSENT)
        await self._account.session.call(request, decode_nothing)


def _of_one(method: str, msisdn: str, law: RetryLaw, *, body: bytes | None = None) -> Request:
    return Request(
        method=method,
        path=f"{_PATH}/{msisdn}",
        shown_path=f"{_PATH}/{masked(msisdn)}",
        law=law,
        body=body,
        subject=f"+{msisdn}",
        expected=ANY_SUCCESS,
        answers_json=method == "GET",
    )


def _msisdn(number: Any) -> str:
    found = _MSISDN.fullmatch(number) if isinstance(number, str) else None
    if found is None:
        raise ValidationError.unsent(
            "number", "not_e164", "the number is not E.164; pling_async.phones.normalise helps"
        )
    return found[1]


def _check(msisdn: str, entry: BlacklistEntry) -> None:
    same("number", msisdn, entry.msisdn)
