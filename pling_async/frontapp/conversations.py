"""Conversations with contacts."""

from collections.abc import AsyncGenerator, Sequence

from attrs import frozen

from pling_async.frontapp.account import PAGE_SIZE, Account, filters, paged, several
from pling_async.frontapp.models import Conversation
from pling_async.frontapp.paths import Ref, at_contact


@frozen
class Conversations:
    """The conversations of contacts."""

    _account: Account

    def list(
        self, contact: Ref, *, statuses: Sequence[str] = (), page_size: int = PAGE_SIZE
    ) -> AsyncGenerator[Conversation]:
        """Yield the conversations with a contact, of some statuses (assigned, unassigned, archived, trashed) or all."""
        query = (*paged(page_size), *filters({"statuses": several(statuses, "statuses")}))
        return self._account.listing(at_contact(contact, "conversations"), Conversation, query)
