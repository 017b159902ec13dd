"""The stop list (section 2.4): contacts that the system sends nothing to, most often because they asked for it."""

from attrs import frozen

from pling_async.errors import CorrelationError, Problem, ValidationError, VerificationError
from pling_async.pling.account import known_id
from pling_async.pling.contacts import Contacts
from pling_async.pling.models import Contact
from pling_async.session.jsontext import is_sendable
from pling_async.session.retry import RetryLaw


@frozen
class StopList:
    """The stopped contacts of one account."""

    _contacts: Contacts

    async def list(self) -> tuple[Contact, ...]:
        """Return every stopped contact."""
        return (await self._contacts.list(stopped=True)).contacts

    async def add(self, contact: Contact) -> Contact:
        """Stop a contact; it is read afresh, and nothing else about it changes."""
        fresh = await self._fresh(contact)
        return await self._contacts.put(fresh.evolve(is_stopped=True), RetryLaw.CONVERGENT, check=refuse_reachable)

    async def remove(self, contact: Contact, *, consent: str) -> Contact:
        """Make a contact reachable again, which most laws allow only with the person's written consent (section 2.4).

        `consent` says where that consent is kept; it is required, and neither sent nor logged. Never repeated after an
        unknown outcome, since a STOP that arrives in between would be undone.
        """
        if not is_sendable(consent) or not consent.strip():
            message = "say where the person's written consent is kept; without it nobody leaves the stop list"
            raise ValidationError(message, [Problem(field="consent", code="no_consent", message=message)])
        fresh = await self._fresh(contact)
        freed = fresh.evolve(is_stopped=False)
        return await self._contacts.put(freed, RetryLaw.UNSENT, consent=True, check=refuse_stopped)

    async def _fresh(self, contact: Contact) -> Contact:
        fresh = await self._contacts.get(known_id(contact.id, "contact"))
        if fresh.mobile != contact.mobile:
            raise CorrelationError("the contact has another number by now; read it again")
        return await self._contacts.with_groups(fresh)


def refuse_stopped(saved: Contact) -> None:
    """Raise `VerificationError` unless the answer says that the person is reachable."""
    if saved.is_stopped is not False:
        raise VerificationError("the server took the request, yet answers that the person is stopped")


def refuse_reachable(saved: Contact) -> None:
    """Raise `VerificationError` unless the answer says that the person is stopped."""
    if saved.is_stopped is not True:
        raise VerificationError("the server took the request, yet answers that the person is reachable")
