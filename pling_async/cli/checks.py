"""What `pling doctor` looks at, from the name of the host to what the server says: each check with a way out."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from pling_async.cli.endpoint import Endpoint
from pling_async.cli.exits import Exit, ending, exit_code, message
from pling_async.errors import PlingError
from pling_async.session.protocol import Response

_PATIENCE: Final = 10.0
"""Seconds for each step."""
_DAY: Final = 86_400
_SOON: Final = 21 * _DAY
"""A certificate that ends before that is worth a word."""
_SKEW: Final = 30.0
"""Seconds that two clocks may differ without a word."""


class Level(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@frozen(kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    said: str
    way_out: str = ""
    code: Exit = Exit.OK
    """What the command ends with because of it."""


async def checks(target: Endpoint) -> AsyncGenerator[Check]:
    """Yield what is found on the way to the server, until something is in the way."""
    for step in (_resolved, _connected, _encrypted):
        found = await step(target)
        yield found
        if found.level is Level.FAIL:
            return
    async for found in _answers(target):
        yield found


def failed(name: str, error: BaseException) -> Check:
    """Return a check that ended in an error, with what the table of endings says to do."""
    said, *hints = message(error).split("\n")
    return Check(name=name, level=Level.FAIL, said=said, way_out=" ".join(hints), code=exit_code(error))


async def _resolved(target: Endpoint) -> Check:
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        said = f"the host name {target.host} does not resolve"
        return _unreachable("dns", said, "check base_url (pling config show) and the network's DNS")
    addresses = sorted({str(each[4][0]) for each in found})
    return Check(name="dns", level=Level.OK, said=f"{target.host} is {', '.join(addresses)}")


async def _connected(target: Endpoint) -> Check:
    began = time.monotonic()
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(target.host, target.port)
    except TimeoutError:
        return _unreachable("tcp", f"port {target.port} does not answer", "a firewall may be in between")
    except OSError as error:
        said = f"port {target.port} cannot be reached ({type(error).__name__})"
        return _unreachable("tcp", said, "check base_url (pling config show), and that the server runs")
    took = time.monotonic() - began
    writer.close()
    return Check(name="tcp", level=Level.OK, said=f"port {target.port} is open, {took * 1000:.0f} ms away")


async def _encrypted(target: Endpoint) -> Check:
    if not target.is_encrypted:
        return Check(name="tls", level=Level.OK, said="not needed: the server is on this machine")
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(target.host, target.port, ssl=target.tls)
    except ssl.SSLCertVerificationError as error:
        said = f"the certificate is not valid: {error.verify_message}"
        way_out = "check base_url and this machine's clock; a private CA goes into SSL_CERT_FILE"
        return _unreachable("tls", said, way_out)
    except (OSError, TimeoutError) as error:
        return _unreachable("tls", f"the handshake failed ({type(error).__name__})", "a proxy may be in between")
    certificate = writer.get_extra_info("peercert")
    version = writer.get_extra_info("ssl_object").version()
    writer.transport.abort()
    return _certified(str(version), ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time())


def _certified(version: str, left: float) -> Check:
    said = f"{version}, the certificate is valid for {left / _DAY:.0f} days"
    if left < _SOON:
        return Check(name="tls", level=Level.WARN, said=said, way_out="whoever runs the server should renew it")
    return Check(name="tls", level=Level.OK, said=said)


async def _answers(target: Endpoint) -> AsyncGenerator[Check]:
    async with AsyncExitStack() as stack:
        transport = target.transport()
        stack.push_async_callback(transport.close)
        try:
            response = await transport.send(target.question, request_id="doctor", timeout=3 * _PATIENCE)
        except PlingError as error:
            yield _failed("http", error, target)
            return
    yield _let_in(target, response)
    if target.has_versions:
        yield _version(response)
    yield _clock(response)


def _let_in(target: Endpoint, response: Response) -> Check:
    try:
        said = target.understood(response)
    except PlingError as error:
        return _failed(_CULPRITS.get(ending(error).code, "http"), error, target)
    if said is not None:
        return Check(name="credentials", level=Level.OK, said=said)
    way_out = "this API has no request that only reads: the first contact that is sent will show it"
    return Check(name="credentials", level=Level.WARN, said="not refused, but nobody can tell more", way_out=way_out)


def _failed(name: str, error: PlingError, target: Endpoint) -> Check:
    error.system = target.system
    return failed(name, error)


_CULPRITS: Final[Mapping[Exit, str]] = {Exit.AUTH: "credentials"}


def _version(response: Response) -> Check:
    answered = header(response, "api-version")
    if answered is None:
        return Check(name="version", level=Level.OK, said="asked for 1.0.*; the server does not say what it speaks")
    if not answered.startswith("1.0."):
        way_out = "answers may have changed: make a plan and read it before you apply anything"
        return Check(name="version", level=Level.WARN, said=f"asked for 1.0.*, got {answered}", way_out=way_out)
    return Check(name="version", level=Level.OK, said=f"asked for 1.0.*, got {answered}")


def _clock(response: Response) -> Check:
    try:
        theirs = parsedate_to_datetime(header(response, "date") or "").timestamp()
    except ValueError:
        return Check(name="clock", level=Level.OK, said="the server does not tell its time")
    skew = response.received_at - theirs
    if abs(skew) <= _SKEW:
        return Check(name="clock", level=Level.OK, said="this machine and the server agree")
    said = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server"
    return Check(name="clock", level=Level.WARN, said=said, way_out="set the clock by NTP: timedatectl set-ntp on")


def header(response: Response, name: str) -> str | None:
    """Return a header of an answer."""
    return next((value for each, value in response.headers if each.lower() == name), None)


def _unreachable(name: str, said: str, way_out: str) -> Check:
    return Check(name=name, level=Level.FAIL, said=said, way_out=way_out, code=Exit.UNKNOWN)
