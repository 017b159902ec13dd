"""Until there is a connection nothing was sent: names, sockets and certificates that fail (#n are fault numbers)."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pling_async import ClientSettings, PlingClient, Timeouts, errors
from pling_async.errors import Outcome

CERTIFICATES = Path(__file__).parent / "certificates"
"""Of an authority, and servers with its certificate (valid, expired, for another host) or with one of their own."""


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Return a port that answers no SYN: its queue of connections is full and nobody takes any."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]
        for each in waiting:
            each.close()


async def test_a_port_that_swallows_everything_ends_at_the_connect_timeout(connect: Any, black_hole: int) -> None:
    """#2: a SYN that nobody answers is NOT_APPLIED after Timeouts.connect, and is tried again under every law."""
    client = await connect(f"http://127.0.0.1:{black_hole}/api/", timeout=Timeouts(connect=0.1, total=20))
    with pytest.raises(errors.ConnectFailed, match="too long") as caught:
        await client.groups.add("VIP")
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.NOT_APPLIED, 3)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answer look-ups in turn with errors or addresses, and return the threads that asked."""
    real = socket.getaddrinfo

    def play(*answers: Exception | list[str], wait: threading.Event | None = None) -> list[str]:
        threads: list[str] = []

        def look_up(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            if host != "localhost":
                return real(host, port, *rest, **options)
            threads.append(threading.current_thread().name)
            if wait is not None:
                wait.wait(5)
            answer = answers[min(len(threads), len(answers)) - 1]
            if isinstance(answer, Exception):
                raise answer
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return threads

    return play


async def test_a_name_server_that_fails_once_costs_one_attempt(
    serve: Any, connect: Any, names: Any, reply: Any
) -> None:
    """#4: SERVFAIL is NOT_APPLIED and retried, the second answer counts, and no look-up runs in the loop's thread."""
    server = await serve(reply(200, b"[]"))
    threads = names(socket.gaierror(socket.EAI_AGAIN, "try again"), ["127.0.0.1"])
    client = await connect(server.url.replace("127.0.0.1", "localhost"))
    assert await client.groups.list() == ()
    assert (len(threads), threading.main_thread().name in threads) == (2, False)


async def test_every_address_of_a_name_is_tried(serve: Any, connect: Any, names: Any, reply: Any) -> None:
    """#4: an answer that still names a dead server does no harm while it also names a living one."""
    server = await serve(reply(200, b"[]"))
    names(["127.0.0.2", "127.0.0.1"])
    client = await connect(server.url.replace("127.0.0.1", "localhost"))
    assert await client.groups.list() == ()
    assert len(server.requests) == 1


async def test_a_name_server_that_is_silent_ends_at_the_connect_timeout(connect: Any, names: Any) -> None:
    """#4: Timeouts.connect bounds DNS too: NOT_APPLIED, and tried again."""
    answered = threading.Event()
    names(["127.0.0.1"], wait=answered)
    client = await connect("http://localhost:9/", timeout=Timeouts(connect=0.1, total=20))
    with pytest.raises(errors.NoAnswer) as caught:
        await client.groups.list()
    answered.set()
    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert caught.value.attempts == 3


def _server_context(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """Return a context that trusts the tests' own authority, as one for a private CA would be."""
    return ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")


async def test_a_private_authority_is_trusted(serve: Any, connect: Any, reply: Any, trusting: ssl.SSLContext) -> None:
    """#6: what the next test refuses it refuses for its certificate, since a good one does work."""
    server = await serve(reply(200, b"[]"), tls=_server_context("valid"))
    assert await (await connect(server.url, tls=trusting)).groups.list() == ()


@pytest.mark.parametrize("certificate", ["expired", "elsewhere", "self_signed"])
async def test_a_certificate_that_is_not_the_servers_ends_it(
    serve: Any, connect: Any, reply: Any, trusting: ssl.SSLContext, certificate: str
) -> None:
    """#6: expired, for another host, or self-signed: NOT_APPLIED, never tried again, and the server hears nothing."""
    server = await serve(reply(200, b"[]"), tls=_server_context(certificate))
    with pytest.raises(errors.TlsFailed, match="certificate") as caught:
        await (await connect(server.url, tls=trusting)).groups.list()
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.NOT_APPLIED, 1)
    assert server.requests == []


def _loose() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("theirs", [False, _loose()], ids=["switched_off", "loose_context"])
async def test_lent_connections_that_verify_nothing_are_refused(
    serve: Any, reply: Any, trusting: ssl.SSLContext, theirs: Any
) -> None:
    """#6: a session lent by a program that verifies no certificates is not told a password; our `tls` goes before."""
    self_signed = await serve(reply(200, b"[]"), tls=_server_context("self_signed"))
    valid = await serve(reply(200, b"[]"), tls=_server_context("valid"))

    async def groups(url: str, lent: aiohttp.ClientSession, **settings: Any) -> Any:
        given: Any = {"account_id": 1, "base_url": url, "http": lent, "settings": ClientSettings(**settings)}
        async with PlingClient("user", "open sesame", **given) as client:
            return await client.groups.list()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=theirs)) as lent:
        with pytest.raises(errors.ConfigurationError, match="verif"):
            await groups(self_signed.url, lent)
        assert await groups(valid.url, lent, tls=trusting) == ()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as lent:
        assert await groups(valid.url, lent) == ()
    assert self_signed.requests == []


async def test_plain_http_to_a_tls_port_is_no_answer(serve: Any, connect: Any) -> None:
    """#7: a TLS server hangs up on plain text, after which nobody knows: UNKNOWN, and never an HTTP status."""
    server = await serve(tls=_server_context("valid"))
    client = await connect(server.url.replace("https", "http"))
    with pytest.raises(errors.NoAnswer) as caught:
        await client.groups.add("VIP")
    assert (caught.value.outcome, caught.value.status, caught.value.attempts) == (Outcome.UNKNOWN, None, 1)


async def test_a_redirect_from_tls_to_plain_text_leads_nowhere(
    serve: Any, connect: Any, reply: Any, trusting: ssl.SSLContext
) -> None:
    """#68: whoever asks for our credentials in plain text gets not even a connection."""
    other = await serve(reply(200, b"[]"))
    secure = await serve(reply(307, b"", f"Location: {other.url}contact-groups"), tls=_server_context("valid"))
    with pytest.raises(errors.UnexpectedRedirect):
        await (await connect(secure.url, tls=trusting)).groups.list()
    await asyncio.sleep(0)
    assert (len(secure.requests), other.connections) == (1, 0)
