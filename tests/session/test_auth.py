"""Authorization values, and secrets that nothing shows."""

import copy
import pickle
from typing import Any

import pytest

from pling_async.errors import ConfigurationError
from pling_async.session.auth import BasicAuth, BearerAuth, Secret


@pytest.mark.parametrize(
    ("user", "password", "value"),
    [
        ("Aladdin", "OpenSesame", "QWxhZGRpbjpPcGVuU2VzYW1l"),
        ("test", "123£", "dGVzdDoxMjPCow=="),
        ("test", "a\u030a", "dGVzdDrDpQ=="),
    ],
)
def test_basic_is_nfc_and_utf8(user: str, password: str, value: str) -> None:
    """Section 1.3's example and RFC 7617's vector; a decomposed letter is composed first."""
    assert BasicAuth(user, password).header_value() == f"Basic {value}"


@pytest.mark.parametrize(("user", "password"), [("a:b", "x"), ("", "x"), ("a\n", "x"), ("a", "x\r\n"), ("a", "\ud800")])
def test_basic_refuses_what_rfc_7617_forbids(user: str, password: str) -> None:
    """A colon in the user or a control character anywhere would be read as something else."""
    with pytest.raises(ConfigurationError):
        BasicAuth(user, password)


def test_bearer_is_a_b64token() -> None:
    """A token is sent as it is, and only what RFC 6750 allows."""
    assert BearerAuth("abc.def-1==").header_value() == "Bearer abc.def-1=="
    for token in ("", "a b", "a\r\nX: y", "æ"):
        with pytest.raises(ConfigurationError):
            BearerAuth(token)


@pytest.mark.parametrize("password", [None, b"secret"])
def test_a_password_that_is_none_is_said_so(password: Any) -> None:
    """What `os.environ.get` has of a variable that is not set is a mistake with a way out."""
    with pytest.raises(ConfigurationError, match="is it set"):
        BasicAuth("user", password)


def test_a_secret_shows_nowhere() -> None:
    """I-26: no repr, text, format, copy or pickle of a secret, or of what holds it, has the secret in it."""
    canary = "c4n4ry"
    secret = Secret(canary)
    for holder in (secret, BasicAuth("user", secret), BearerAuth(canary), {"password": secret}):
        shown = f"{holder!r} {holder} {copy.deepcopy(holder)!r} {copy.copy(holder)!r}"
        assert canary not in shown
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(holder)
    assert format(secret, ">5") == "  ***"


def test_secrets_compare_by_their_text() -> None:
    """Two clients with the same credentials have equal auth values."""
    assert BasicAuth("user", "æ") == BasicAuth("user", Secret("æ"))
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
