"""Contact groups (sections 3.6 to 3.10)."""

from functools import partial
from typing import Final, Literal

from attrs import frozen

from pling_async.errors import ValidationError
from pling_async.pling.account import Account, ignored, known_id
from pling_async.pling.codec import decode_group, decode_groups
from pling_async.pling.models import GROUP_NAME, ContactGroup
from pling_async.session.protocol import DELETED, SAVED, Request
from pling_async.session.retry import RetryLaw
from pling_async.session.unset import Unset

Members = Literal["keep", "delete", "delete_orphans"]

_QUERIES: Final[dict[str, dict[str, str]]] = {
    "keep": {},
    "delete": {"deleteContacts": "true"},
    "delete_orphans": {"deleteContactsNotInOtherGroup": "true"},
}


@frozen
class Groups:
    """The contact groups of one account."""

    _account: Account

    async def list(self) -> tuple[ContactGroup, ...]:
        """Return every group (section 3.6)."""
        request = Request(method="GET", path="contact-groups", query=self._account.query, law=RetryLaw.SAFE)
        return await self._account.call(request, decode_groups, self._account.correlate_all)

    async def get(self, id: int | Unset) -> ContactGroup:  # noqa: A002 - the API's own word
        """Return one group (section 3.7)."""
        path = f"contact-groups/{known_id(id, 'group')}"
        request = Request(method="GET", path=path, law=RetryLaw.SAFE)
        return await self._account.call(request, decode_group, partial(self._account.correlate, id=id))

    async def add(self, name: str) -> ContactGroup:
        """Add a group (section 3.8); a name that exists already makes a second group of that name.

        After an unknown outcome it is not repeated, for that reason: list the groups and look.
        """
        body = self._body(name)
        request = Request(method="POST", path="contact-groups", law=RetryLaw.UNSENT, body=body, expected=SAVED)
        return await self._account.call(request, decode_group, partial(self._account.correlate, name=name))

    async def rename(self, id: int | Unset, name: str) -> ContactGroup:  # noqa: A002 - the API's own word
        """Give a group another name (section 3.9)."""
        path, body = f"contact-groups/{known_id(id, 'group')}", self._body(name)
        request = Request(method="PUT", path=path, law=RetryLaw.CONVERGENT, body=body, expected=SAVED)
        return await self._account.call(request, decode_group, partial(self._account.correlate, id=id, name=name))

    async def delete(self, id: int | Unset, *, contacts: Members = "keep") -> None:  # noqa: A002 - the API's own word
        """Delete a group (section 3.10), and with it all its contacts or those in no other group, if told to.

        With contacts it is never repeated after an unknown outcome: who is in the group may have changed meanwhile.
        """
        if contacts not in _QUERIES:
            raise ValidationError(f"contacts must be one of {', '.join(_QUERIES)}; nothing was sent")
        request = Request(
            method="DELETE",
            path=f"contact-groups/{known_id(id, 'group')}",
            query=_QUERIES[contacts],
            law=RetryLaw.CONVERGENT if contacts == "keep" else RetryLaw.UNSENT,
            expected=DELETED,
            answers_json=False,
            missing_is_done=contacts == "keep",
        )
        await self._account.session.call(request, ignored)

    def _body(self, name: str) -> bytes:
        if problems := tuple(GROUP_NAME.problems("name", name)):
            raise ValidationError(f"ContactGroup was not sent: {problems[0].message}", problems)
        return self._account.encoded(ContactGroup(name=name))
