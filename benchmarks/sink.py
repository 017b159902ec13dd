"""A server that does nothing but answer, in a process of its own: what is measured against it is the client.

python -m benchmarks.sink LISTING

It prints its port, lists the file until a replace came and the replaced contacts from then on, and answers a POST or
PUT of a contact with the contact. It parses no more than it must.
"""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Final

_LENGTH: Final = re.compile(rb"(?i)content-length: *([0-9]+)")
_COUNTS: Final = (
    b'{"addedContactCount":%d,"modifiedContactCount":0,"unchangedContactCount":0,"invalidContactCount":0,'
    b'"invalidContacts":[]}'
)
_IDENTITY: Final = b'{"id":7,"accountId":12345,'


class _Sink(asyncio.Protocol):
    listing = b""
    tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._head = bytearray()
        self._body = bytearray()
        self._missing = 0
        self._line = b""

    def data_received(self, data: bytes) -> None:
        if not self._line:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._head, 0, end)
            self._line, self._missing = bytes(self._head[: self._head.find(b"\r\n")]), int(length[1]) if length else 0
            data = bytes(self._head[end + 4 :])
            self._head.clear()
        self._body += data
        self._missing -= len(data)
        if self._missing <= 0:
            self._answer(bytes(self._body))
            self._body.clear()
            self._line = b""

    def _answer(self, body: bytes) -> None:
        if self._line.startswith(b"GET"):
            answer = _Sink.listing
        elif b"/replace" in self._line:
            answer = _COUNTS % body.count(b'{"mobile"')
            contacts = body.replace(b"},\n{", b"},{").replace(b'{"mobile"', _IDENTITY + b'"mobile"')
            _Sink.listing = b'{"contacts":' + contacts + b"," + _Sink.tail
        else:
            answer = _IDENTITY + body.partition(b",")[2]
        status = b"200 OK" if self._line.startswith((b"GET", b"PUT")) or b"/replace" in self._line else b"201 Created"
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(answer))
        transport = self._transport
        if isinstance(transport, asyncio.Transport):
            transport.write(head + answer)


async def _serve(listing: bytes) -> None:
    _Sink.listing = listing
    _Sink.tail = listing[listing.rindex(b'"contactGroups"') :]
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def sink(listing: Path) -> Iterator[str]:
    """Run the server and give its base URL."""
    command = [sys.executable, "-m", "benchmarks.sink", str(listing)]
    with Popen(command, stdout=PIPE, text=True, cwd=Path(__file__).parent.parent) as server:  # noqa: S603
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            yield f"http://127.0.0.1:{port}/api/"
        finally:
            server.kill()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]).read_bytes()))
