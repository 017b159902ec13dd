"""Settings and base URLs are checked when they are made."""

import ssl
from typing import Any

import attrs
import pytest

from pling_async.errors import ConfigurationError
from pling_async.session.settings import BaseUrl, ClientSettings, Runtime, Timeouts


@pytest.mark.parametrize(
    ("text", "url", "origin"),
    [
        ("https://login.pling.as/api/", "https://login.pling.as/api/", "https://login.pling.as"),
        ("https://login.pling.as/api", "https://login.pling.as/api/", "https://login.pling.as"),
        ("https://LOGIN.pling.as", "https://login.pling.as/", "https://login.pling.as"),
        ("http://127.0.0.1:8787/a/b", "http://127.0.0.1:8787/a/b/", "http://127.0.0.1:8787"),
        ("http://[::1]:80/", "http://[::1]:80/", "http://[::1]:80"),
        ("http://localhost/", "http://localhost/", "http://localhost"),
    ],
)
def test_a_base_url_keeps_its_path(text: str, url: str, origin: str) -> None:
    """With or without the last slash, the path of the base URL is kept."""
    assert BaseUrl.parse(text) == BaseUrl(url, origin)


@pytest.mark.parametrize(
    "text",
    [
        "http://login.pling.as/api/",
        "http://127.0.0.1.example.com/",
        "https://user:hunter2@login.pling.as/",
        "https://login.pling.as/?hunter2",
        "https://login.pling.as/#hunter2",
        "ftp://hunter2/",
        "login.pling.as/hunter2",
        "https://",
        "https://host:port-hunter2/",
        "https://host/\nhunter2",
        "https://host\\@hunter2",
        "https://[hunter2",
    ],
)
def test_an_unsafe_base_url_is_refused_without_repeating_it(text: str) -> None:
    """Plain http off loopback, user names, queries and the like; what was given may contain a secret."""
    with pytest.raises(ConfigurationError) as caught:
        BaseUrl.parse(text)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Timeouts, {"total": 0}),
        (Timeouts, {"read": -1}),
        (Timeouts, {"connect": float("nan")}),
        (Timeouts, {"total": "30"}),
        (ClientSettings, {"timeout": 30}),
        (ClientSettings, {"retry": 3}),
        (ClientSettings, {"retry": None}),
        (ClientSettings, {"max_in_flight": "8"}),
        (ClientSettings, {"max_in_flight": 0}),
        (ClientSettings, {"rate": float("inf")}),
        (ClientSettings, {"headers": {"Authorization": "Basic x"}}),
        (ClientSettings, {"headers": {"Accept-Encoding": "gzip"}}),
        (ClientSettings, {"headers": {"bad name": "x"}}),
        (ClientSettings, {"headers": {"X": "a\r\nb"}}),
    ],
)
def test_nonsense_is_refused(kind: type, values: dict[str, Any]) -> None:
    """A setting that cannot work, or would weaken the client, is not made."""
    with pytest.raises(ConfigurationError):
        kind(**values)


def test_certificates_are_always_verified() -> None:
    """#6: a context that verifies nothing is refused; one for a private CA is taken."""
    context = ssl.create_default_context()
    assert ClientSettings(tls=context).tls is context
    context.check_hostname = False
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL, ssl.CERT_NONE):
        context.verify_mode = mode
        with pytest.raises(ConfigurationError, match="verify"):
            ClientSettings(tls=context)
    for habit in (False, "ca.pem"):
        with pytest.raises(ConfigurationError, match=r"create_default_context\(cafile"):
            ClientSettings(tls=habit)  # type: ignore[arg-type]  # what other libraries take


@pytest.mark.parametrize("oldest", ["MINIMUM_SUPPORTED", "TLSv1", "TLSv1_1"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(oldest: str) -> None:
    """A context that allows TLS 1.1 or older is refused with the way out; 1.2 and 1.3 are taken."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion[oldest]
    with pytest.raises(ConfigurationError, match=r"TLS 1\.2; set"):
        ClientSettings(tls=context)
    for newer in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.minimum_version = newer
        assert ClientSettings(tls=context).tls is context


def test_settings_are_values() -> None:
    """Equal settings are equal, and nobody changes them in passing."""
    assert ClientSettings(rate=5) == ClientSettings(rate=5)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ClientSettings().rate = 5  # type: ignore[misc]
    assert 0 <= Runtime().random() < 1
