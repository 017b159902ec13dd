"""The contact API that Front deprecated in 2016: one request, which creates or updates, and may merge."""

import os
import warnings
from typing import Any, Final, Self

import attrs
from attrs import field, frozen

from pling_async.errors import Problem, ValidationError
from pling_async.frontapp.codec import dumped, given
from pling_async.frontapp.models import Handle, not_one_text
from pling_async.phones import is_e164
from pling_async.session.auth import BasicAuth, Secret, as_secret
from pling_async.session.client import Client
from pling_async.session.environment import secret, variable
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw
from pling_async.session.settings import BaseUrl, ClientSettings
from pling_async.session.transport import ClientSession
from pling_async.session.unset import UNSET, Unset

DEFAULT_URL: Final = "https://api.frontapp.com/api/1/"
_DEPRECATED: Final = "Front deprecated this API in 2016; use FrontClient, which also refuses to merge unasked"
_SOURCES: Final = frozenset({"email", "twitter", "phone"})
_ACCEPTED: Final = frozenset({202})


@frozen(kw_only=True)
class LegacyContact:
    """A contact as the legacy API takes it."""

    handles: tuple[Handle, ...]
    """Of the sources email, twitter and phone; phones in E.164, as the server puts +1 before anything else."""
    name: str | Unset = field(default=UNSET, repr=False)
    description: str | Unset = field(default=UNSET, repr=False)
    links: tuple[str, ...] | Unset = field(default=UNSET, validator=not_one_text, repr=False)

    def check(self) -> Self:
        """Return self, or raise `ValidationError` naming every broken rule, so that nothing is sent."""
        problems = [problem for handle in self.handles for problem in _problems(handle)]
        if not self.handles:
            problems = [Problem(field="handles", code="empty", message="a contact needs at least one handle")]
        if problems:
            words = "; ".join(dict.fromkeys(problem.message for problem in problems))
            raise ValidationError(f"LegacyContact was not sent: {words}", problems)
        return self


def _problems(handle: Handle) -> list[Problem]:
    rules = (
        (handle.source in _SOURCES, "unknown_source", f"a handle's source is one of {', '.join(sorted(_SOURCES))}"),
        (bool(handle.handle.strip()), "blank", "a handle is not blank"),
        (handle.source != "phone" or is_e164(handle.handle), "not_e164", "phones are in E.164, as in +4799999999"),
    )
    return [Problem(field="handles", code=code, message=message) for holds, code, message in rules if not holds]


@frozen
class Accepted:
    """The server took the contact and applies it less than a second later; it answers no id, nor what came of it."""


class LegacyFrontClient(Client):
    """Front's deprecated contact API, for those who still have credentials; `FrontClient` is the one to use.

    Handles that belong to several contacts MERGE THEM INTO ONE, and nothing takes that back.
    """

    def __init__(
        self,
        company: str,
        password: str | Secret,
        *,
        base_url: str = DEFAULT_URL,
        settings: ClientSettings | None = None,
        http: ClientSession | None = None,
    ) -> None:
        password = as_secret(password)  # whatever fails from here on, no traceback has the text
        warnings.warn(_DEPRECATED, DeprecationWarning, stacklevel=2)
        self._start(company, password, base_url, settings, http)

    @classmethod
    def from_env(cls, *, settings: ClientSettings | None = None, http: ClientSession | None = None) -> Self:
        """Return a client from FRONT_LEGACY_COMPANY, FRONT_LEGACY_PASSWORD or FRONT_LEGACY_PASSWORD_FILE.

        FRONT_LEGACY_BASE_URL has a default. The file must be readable by its owner alone.
        """
        company, password = variable("FRONT_LEGACY_COMPANY"), secret("FRONT_LEGACY_PASSWORD")
        base_url = os.environ.get("FRONT_LEGACY_BASE_URL") or DEFAULT_URL
        warnings.warn(_DEPRECATED, DeprecationWarning, stacklevel=2)  # at the caller's line, or nobody would see it
        self = cls.__new__(cls)
        self._start(company, password, base_url, settings, http)
        return self

    def _start(
        self, company: str, password: Secret, base_url: str, settings: ClientSettings | None, http: ClientSession | None
    ) -> None:
        base = BaseUrl.parse(base_url)
        self._use(self._open(base, BasicAuth(company, password), settings=settings, http=http), base.origin)

    async def add(self, contact: LegacyContact) -> Accepted:
        """Create a contact, or update the one that has one of these handles; if several have, THEY BECOME ONE.

        The same again leaves the same, so an unknown outcome is tried again.
        """
        body = dumped(_wire(contact.check()))
        request = Request(
            method="POST",
            path="contacts",
            law=RetryLaw.CONVERGENT,
            body=body,
            expected=_ACCEPTED,
            answers_json=False,
        )
        return await self.session.call(request, lambda _: Accepted())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(origin={self.origin!r})"


def _wire(contact: LegacyContact) -> dict[str, Any]:
    """Return the object to send; `fields` and `link` are this API's own names."""
    links = contact.links if isinstance(contact.links, Unset) else [{"url": each} for each in contact.links]
    members = given(name=contact.name, description=contact.description, link=links)
    return {**members, "fields": [attrs.asdict(each) for each in contact.handles]}
