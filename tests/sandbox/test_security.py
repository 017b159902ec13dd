"""Who may reach a sandbox and what it gives away: the security checklist of a server that people play with."""

import asyncio
import logging
import os
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pling_async.sandbox import Fault, Sandbox, User

FIRST = "+4799999901"
ADMIN = "/__sandbox__"
OWN = User(password="a password of its own")


def listening(port: int) -> set[str]:
    """Return the IPv4 addresses at which this machine listens on a port, as the kernel writes them."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    sockets = [line.split()[1:4] for line in lines]
    return {local.split(":")[0] for local, _, state in sockets if state == "0A" and int(local[-4:], 16) == port}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux lists its sockets there")
async def test_only_loopback_is_bound(api: Any) -> None:
    """By default the kernel listens at 127.0.0.1 and nowhere else."""
    assert await asyncio.to_thread(listening, api.sandbox.port) == {"0100007F"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "::"])  # noqa: S104 - refused, that is the test
def test_other_addresses_take_a_switch(host: str) -> None:
    """An address that other machines can reach is refused until that is said to be wanted."""
    with pytest.raises(ValueError, match="exposed=True"):
        Sandbox(host=host)
    assert Sandbox(host=host, exposed=True, users=(OWN,)).host == host


@pytest.mark.parametrize("host", ["localhost.example", "", "127.0.0.1:80"])
def test_a_host_is_an_address(host: str) -> None:
    """A name could turn out to be anybody's."""
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        Sandbox(host=host, exposed=True)


def test_an_exposed_sandbox_has_a_password_of_its_own() -> None:
    """Everybody knows the default one."""
    with pytest.raises(ValueError, match="needs a password of its own"):
        Sandbox(host="127.0.0.1", exposed=True)


async def test_any_loopback_address_will_do(serve: Any) -> None:
    """The base URL leads to where the sandbox listens."""
    api = await serve(host="127.0.0.2")
    assert (await api.add(FIRST))["mobile"] == FIRST
    assert Sandbox(host="::1", port=8787).url == "http://[::1]:8787/api/"


async def test_what_is_bound_to_every_address_has_a_base_url_for_this_machine(serve: Any) -> None:
    """0.0.0.0 is no address to call."""
    api = await serve(host="0.0.0.0", exposed=True, users=(OWN,))  # noqa: S104 - for the length of a test
    assert api.sandbox.url.startswith("http://127.0.0.1:")
    assert (await api.add(FIRST))["mobile"] == FIRST


@pytest.mark.parametrize(
    ("options", "host", "status"),
    [
        ({}, "10.0.0.1:8787", 403),
        ({}, "sandbox:8787", 403),
        ({"hostnames": ("Sandbox",)}, "sandbox:8787", 200),
        ({"hostnames": ("Sandbox",)}, "other", 403),
        ({"exposed": True, "users": (OWN,)}, "10.0.0.1:8787", 200),
        ({"exposed": True, "users": (OWN,)}, "[2001:db8::1]:8787", 200),
        ({"exposed": True, "users": (OWN,)}, "evil.example", 403),
    ],
)
async def test_host_must_name_this_machine(serve: Any, options: Any, host: str, status: int) -> None:
    """DNS rebinding: a page's own name is never answered, an address once others may ask, a name when it is known."""
    api = await serve(**options)
    assert (await api.send("GET", "contacts?accountId=12345", headers={"Host": host})).status == status


@pytest.mark.parametrize("path", ["contacts", f"{ADMIN}/reset"])
@pytest.mark.parametrize(
    "header", [{"Origin": "null"}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_web_pages_change_nothing(api: Any, path: str, header: Any) -> None:
    """A browser says where a request comes from, and such a request is refused."""
    await api.add(FIRST)
    assert (await api.send("POST", path, json={"accountId": 12345, "mobile": FIRST}, headers=header)).status == 403
    assert len(await api.sandbox.contacts()) == 1


async def test_an_address_typed_into_a_browser_is_answered(api: Any) -> None:
    """Sec-Fetch-Site none is a person's own wish."""
    assert (await api.send("GET", f"{ADMIN}/health", headers={"Sec-Fetch-Site": "none"})).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "contacts"),
        ("PUT", "contacts/1"),
        ("POST", "contacts/replace?accountId=12345"),
        ("POST", f"{ADMIN}/reset"),
        ("POST", f"{ADMIN}/seed"),
        ("POST", f"{ADMIN}/faults"),
        ("DELETE", f"{ADMIN}/requests"),
    ],
)
async def test_forms_change_nothing(api: Any, method: str, path: str, kind: str) -> None:
    """What a form of a web page can send is 415, with a body and without, even if no Origin gave it away."""
    await api.add(FIRST)
    for body in (b"", b"{}", b"[]"):
        assert (await api.send(method, path, data=body, headers={"Content-Type": kind})).status == 415
    assert len(await api.sandbox.contacts()) == 1


async def test_a_body_of_no_type_changes_nothing(api: Any) -> None:
    """A page can send bytes without a type too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.sandbox.port)
    writer.write(f"POST {ADMIN}/seed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    assert (await reader.readline()).split()[1] == b"415"
    writer.close()
    await writer.wait_closed()


async def test_admin_routes_of_an_exposed_sandbox_take_credentials(serve: Any) -> None:
    """They know none otherwise, since only this machine can ask."""
    api = await serve(exposed=True, users=(OWN,))
    assert (await api.send("GET", f"{ADMIN}/snapshot")).status == 200
    del api.http.headers["Authorization"]
    for method, path in (("GET", "snapshot"), ("POST", "reset"), ("DELETE", "faults")):
        reply = await api.send(method, f"{ADMIN}/{path}")
        assert (reply.status, "www-authenticate" in reply.headers) == (401, True)


@pytest.mark.parametrize("path", ["contacts/replace?accountId=12345", f"{ADMIN}/seed"])
async def test_a_body_that_is_too_long_is_413(serve: Any, path: str) -> None:
    """The limit is the sandbox's own, said or unsaid in the request; nothing is applied and the next one passes."""
    api = await serve(max_body=100_000)

    async def unsaid() -> Any:
        for _ in range(11):
            yield b" " * 10_000

    headers = {"Content-Type": "application/json", "Expect": "100-continue"}
    for body in (b" " * 100_001, unsaid()):
        assert (await api.send("POST", path, data=body, headers=headers)).status == 413
    fitting = b"[]" if "replace" in path else b"{}"
    headers = {"Content-Type": "application/json"}
    assert (await api.send("POST", path, data=fitting + b" " * 99_998, headers=headers)).status in {200, 204}


async def test_a_body_that_is_too_long_is_401_without_credentials(serve: Any) -> None:
    """Nobody learns limits who may not ask."""
    api = await serve(max_body=1)
    del api.http.headers["Authorization"]
    assert (await api.send("POST", "contacts", json={})).status == 401


async def test_the_limit_is_there_by_default(api: Any) -> None:
    """Four gibibytes: said, it is refused before a byte of it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.sandbox.port)
    head = (
        "POST /api/contacts HTTP/1.1",
        "Host: localhost",
        f"Authorization: {api.http.headers['Authorization']}",
        "Content-Type: application/json",
        f"Content-Length: {(4 << 30) + 1}",
        "",
        "",
    )
    writer.write("\r\n".join(head).encode())
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()
    await writer.wait_closed()


async def unreadable(api: Any) -> bytes:
    """Send a header that is none, and return the answer's status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.sandbox.port)
    writer.write(b"GET /api/contacts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic c2VjcmV0\x00\r\n\r\n")
    status = (await reader.readline()).split()[1]
    writer.close()
    await writer.wait_closed()
    return status


async def test_no_request_is_logged(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """There is no access log, and no complaint about a request either, so no header, number or password is in one."""
    caplog.set_level(logging.DEBUG)
    await api.add(FIRST, name="Ola")
    await api.send("GET", "contacts?accountId=999", headers={"Authorization": "Basic x"})
    assert await unreadable(api) == b"400"
    api.sandbox.fail(Fault(action="reset_before_commit"))
    with pytest.raises(aiohttp.ClientError):
        await api.send("POST", "contacts", json={})
    assert [record.name for record in caplog.records if record.name != "asyncio"] == []


async def test_a_fault_of_the_sandbox_is_logged(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A 500 that nobody ordered has a traceback somewhere."""
    await api.sandbox._controls.stage.worker.run(lambda connection: connection.execute("DROP TABLE memberships"))
    assert (await api.send("GET", "contacts?accountId=12345")).status == 500
    [record] = caplog.records
    assert (record.name, record.exc_info is not None) == ("pling_async.sandbox", True)


async def test_database_files_are_their_owners_alone(tmp_path: Path) -> None:
    """0600, the files beside it included, whatever the umask."""
    before = os.umask(0)
    try:
        async with Sandbox(database=tmp_path / "s.sqlite") as sandbox:
            await sandbox.seed([{"mobile": FIRST}])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}  # noqa: ASYNC240
    finally:
        os.umask(before)
    assert modes.keys() > {"s.sqlite"}
    assert set(modes.values()) == {0o600}
