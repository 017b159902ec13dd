"""Labels: the groups of contacts."""

from collections.abc import Iterable
from functools import partial

import orjson
from attrs import frozen

from pling_async.errors import ValidationError
from pling_async.ip1.account import ANY_SUCCESS, Account, same, segment
from pling_async.ip1.codec import decode_usage
from pling_async.ip1.models import LabelUsage
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw
from pling_async.session.unset import Unset


@frozen
class Labels:
    """The labels of the account; `contacts.summary()` lists them."""

    _account: Account

    async def add(self, label: str, ids: Iterable[str | Unset]) -> LabelUsage:
        """Give contacts, by their ids, a label, which need not exist before."""
        if isinstance(ids, str):
            raise ValidationError.unsent("ids", "not_a_list", "the ids must be a list, even when there is only one")
        listed = tuple(ids)
        for each in listed or ("",):
            segment(each, "id")
        request = Request(
            method="POST",
            path=f"v2/labels/{segment(label, 'label')}/contacts",
            law=RetryLaw.NEVER,
            body=orjson.dumps(listed),
            expected=ANY_SUCCESS,
        )
        return await self._call(request, label)

    async def delete(self, label: str) -> LabelUsage:
        """Take a label from every contact that has it; the contacts stay."""
        path = f"v2/labels/{segment(label, 'label')}"
        request = Request(method="DELETE", path=path, law=RetryLaw.UNSENT, expected=ANY_SUCCESS)
        return await self._call(request, label)

    async def _call(self, request: Request, label: str) -> LabelUsage:
        return await self._account.call(request, decode_usage, partial(_check, label))


def _check(label: str, usage: LabelUsage) -> None:
    same("label", label, usage.label_name)
