"""Commands between an environment and a server that have minds of their own (#n are fault numbers)."""

from pathlib import Path
from typing import Any

import orjson
import pytest

OLA, KARI = "+4799999001", "+4799999002"
STRICTER = "+4743999999"
"""In a series that is not in use yet: the lenient policy takes it, the server does not."""


@pytest.mark.usefixtures("account")
async def test_a_command_goes_through_no_proxy(
    serve: Any, process: Any, reply: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """#20: proxies and a netrc in the environment see nothing of a command, neither its bytes nor a connection."""
    recording = await serve(reply(200, b'{"contacts":[],"contactGroups":[]}'))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, recording.url)
        monkeypatch.setenv(name.lower(), recording.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ended = await process("-m", "pling_async.cli", "contacts", "list")
    assert ended.code == 0, ended.err
    assert recording.connections == 0


def test_what_a_replace_refused_is_not_called_saved(account: Any, command: Any, tmp_path: Path) -> None:
    """#50, #111: a server stricter than us removes who was there; the run names them, and does not end with 0."""
    account.seed({"mobile": STRICTER, "name": "Gry"}, {"mobile": OLA})
    (tmp_path / "list.csv").write_text(f"Mobil;By\n{STRICTER};OSLO\n{OLA};\n{KARI};\n")
    flags = ("--numbers", "lenient", "--mode", "replace", "--strategy", "replace", "--yes", "-o", "json")
    ended = command("import", "list.csv", *flags)
    assert list(account.contacts()) == [OLA, KARI]
    told = orjson.loads(ended.out)
    (failed,) = told["failed"]
    assert (failed["mobile"], failed["outcome"], failed["code"]) == (STRICTER, "not_applied", "refused_by_server")
    assert "refused 1 contacts" in " ".join(told["warnings"])
    assert told["verification"].startswith("1 missing")
    assert (ended.code, told["complete"]) == (1, False)
