"""Who may ask: bearer tokens, and what each of them is for."""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from attrs import field, frozen

from pling_async.sandbox.credentials import real_secret, sent
from pling_async.sandbox.front.errors import ApiError, rendered

_DEFAULT: Final = "sandbox"
SCOPES: Final = frozenset(
    {"contacts:read", "contacts:write", "contacts:delete", "custom_fields:read", "conversations:read"}
)


@frozen(kw_only=True)
class ApiToken:
    """A token of the company."""

    text: str = field(default=_DEFAULT, repr=False)
    scopes: frozenset[str] = SCOPES

    def check(self, scope: str | None) -> None:
        """Raise unless the token is for this."""
        if scope is not None and scope not in self.scopes:
            raise ApiError(status=403, message=f"The token lacks the scope {scope}")


TOKEN: Final = web.RequestKey("token", ApiToken)


def authenticated(tokens: Iterable[ApiToken]) -> Middleware:
    """Return the middleware that wants a token before anything else, for unknown paths too."""
    known = tuple(tokens)

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = sent(request.headers.get("Authorization"), "bearer").encode()
        found = [token for token in known if hmac.compare_digest(token.text.encode(), given)]
        if not found:
            return rendered(ApiError(status=401, message="JSON Web Token error"))
        request[TOKEN] = found[0]
        return await handler(request)

    return ask


def check_harmless(tokens: Iterable[ApiToken], environment: Mapping[str, str]) -> None:
    """Raise `ValueError` for the token with which the environment opens a company elsewhere."""
    real = real_secret(environment, "FRONT", "TOKEN")
    if any(token.text == real != _DEFAULT for token in tokens):
        raise ValueError("the sandbox has the token in FRONT_*, which may be a real company's")


def check_secret(tokens: Iterable[ApiToken]) -> None:
    """Raise `ValueError` for a token that everybody knows."""
    if any(token.text == _DEFAULT for token in tokens):
        raise ValueError("a sandbox that other machines can reach needs a token of its own")
