"""What a client offers before anything is encrypted: the versions of TLS that it speaks, read from the wire."""

import asyncio
import ssl
import struct
from collections.abc import Iterator

import pytest

from pling_async import ClientSettings, PlingClient, RetryPolicy, errors

_SUPPORTED_VERSIONS = 43


def _extensions(hello: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and contents of each extension of a ClientHello (RFC 8446, 4.1.2), its record header included."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]  # the session
    at += 2 + int.from_bytes(hello[at : at + 2])  # the ciphers
    at += 1 + hello[at]  # the compressions
    end = at + 2 + int.from_bytes(hello[at : at + 2])
    at += 2
    while at < end:
        number, length = struct.unpack_from("!HH", hello, at)
        yield number, hello[at + 4 : at + 4 + length]
        at += 4 + length


def _versions(hello: bytes) -> set[int]:
    offered = dict(_extensions(hello))[_SUPPORTED_VERSIONS][1:]
    return {int.from_bytes(offered[at : at + 2]) for at in range(0, len(offered), 2)}


async def _hello(settings: ClientSettings) -> bytes:
    """Return the first bytes that a client sends to a TLS port."""
    heard = asyncio.get_running_loop().create_future()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read(1 << 16))
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with PlingClient(
            "user", "secret", account_id=1, base_url=f"https://127.0.0.1:{port}/", settings=settings
        ) as client:
            with pytest.raises(errors.NoAnswer):
                await client.groups.list()
        return bytes(await heard)


@pytest.mark.parametrize("tls", [None, ssl.create_default_context()], ids=["by default", "a context of the caller's"])
async def test_a_client_offers_tls_1_2_and_1_3_alone(tls: ssl.SSLContext | None) -> None:
    """The very handshake of the client, not a context that looks like its own, offers nothing older."""
    hello = await _hello(ClientSettings(tls=tls, retry=RetryPolicy(attempts=1)))
    assert hello[0] == 22
    assert _versions(hello) == {0x0303, 0x0304}
