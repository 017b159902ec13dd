"""Authorization header values; what is secret shows in no repr, log, pickle or traceback."""

import base64
import hmac
import re
import unicodedata
from typing import Final, NoReturn, Protocol, Self

from attrs import field, frozen

from pling_async.errors import ConfigurationError

_B64TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1


class Secret:
    """A text that only `reveal` shows; it cannot be pickled, and a copy is the same object."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, to be put on the wire and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled; read it again where it is needed")


class Sensitive(str):
    """A text that goes on the wire as it is, and whose repr is not it: for a header, which others hold and may show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def as_secret(text: str | Secret) -> Secret:
    """Return a text as a secret; most often what is none is a variable of the environment that is not set."""
    if not isinstance(text, str | Secret):
        raise ConfigurationError("the password or token is not a text; is it set where it is read from?")
    return text if isinstance(text, Secret) else Secret(text)


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def _refuse(what: str) -> NoReturn:
    raise ConfigurationError(f"the {what} contains control characters; was it read with its line break?")


class Auth(Protocol):
    """Whatever can fill the Authorization header."""

    def header_value(self) -> str:
        """Return the header's whole value, scheme included."""
        ...


@frozen
class BasicAuth:
    """HTTP basic authentication (RFC 7617, section 1.3), always NFC and UTF-8."""

    user: str = field()
    password: Secret = field(converter=as_secret)

    def __attrs_post_init__(self) -> None:
        """Refuse what RFC 7617 forbids."""
        if not self.user or ":" in self.user:
            raise ConfigurationError("the user name is empty or contains a colon; RFC 7617 allows neither")
        if _has_controls(self.user):
            _refuse("user name")
        if _has_controls(self.password.reveal()):
            _refuse("password")

    def header_value(self) -> str:
        """Return "Basic ..."."""
        pair = unicodedata.normalize("NFC", f"{self.user}:{self.password.reveal()}")
        return Sensitive("Basic " + base64.b64encode(pair.encode()).decode())


@frozen
class BearerAuth:
    """A bearer token (RFC 6750)."""

    token: Secret = field(converter=as_secret)

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot stand in the header."""
        if not _B64TOKEN.fullmatch(self.token.reveal()):
            raise ConfigurationError("the token is empty or has characters that RFC 6750 does not allow")

    def header_value(self) -> str:
        """Return "Bearer ..."."""
        return Sensitive(f"Bearer {self.token.reveal()}")
