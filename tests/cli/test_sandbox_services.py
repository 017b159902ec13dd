"""`pling sandbox --service`: the neighbours of the Pling API, from the command line."""

import signal
import subprocess
import sys
import urllib.request
from typing import Any

import orjson
import pytest

from pling_async.cli.sandbox import _SERVICES
from pling_async.sandbox import NAMES


def _printed(*flags: str) -> tuple[list[str], bytes]:
    """Return the banner of a sandbox, and what it says of the first API that it describes."""
    line = [sys.executable, "-u", "-m", "pling_async.cli", "sandbox", "--port", "0", "--database", ":memory:", *flags]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        banner: list[str] = []
        while not banner or "nobody gets a message" not in banner[-1]:
            banner.append(process.stdout.readline())
            assert banner[-1]
        address = next(word.rstrip(",\n") for word in banner[-1].split() if word.startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - an address of our own
            description = answer.read()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
    return banner, description


def test_every_service_has_a_name_on_the_command_line() -> None:
    """What can be mounted can be asked for."""
    assert set(_SERVICES) == set(NAMES)


def test_one_neighbour() -> None:
    """Its variables are printed, its token is made for the run, and its switches need no name before them."""
    banner, description = _printed("--service", "ip1", "--semantics", "write_answer=empty")
    exports = [line.split()[1].split("=")[0] for line in banner if line.startswith("  export ")]
    assert exports == ["IP1_BASE_URL", "IP1_TOKEN"]
    assert "not the real IP1: nobody" in banner[-1]
    assert "204" in orjson.loads(description)["paths"]["/v2/contacts/{contactId}"]["patch"]["responses"]


def test_all_of_them() -> None:
    """One port, one journal, every API under its own prefix; switches say whose they are."""
    banner, description = _printed(
        "--service", "all", "--semantics", "stop_list=sticky", "--semantics", "ip1.links=relative"
    )
    text = "".join(banner)
    for variable in ("PLING_PASSWORD", "IP1_TOKEN", "FRONT_TOKEN", "FRONT_LEGACY_PASSWORD"):
        assert f"export {variable}=" in text
    assert "stop_list=sticky" in orjson.loads(description)["info"]["description"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--semantics", "ip1.links=relative"), "ip1 is not served; add --service ip1"),
        (("--service", "ip1", "--semantics", "nonsense=1"), "there is no switch 'nonsense'"),
        (("--service", "nothing"), "Invalid value for '--service'"),
    ],
)
def test_what_makes_no_sense(pling: Any, flags: tuple[str, ...], message: str) -> None:
    """One message with the way out, and nothing is served."""
    ended = pling("sandbox", *flags)
    assert ended.code == 2
    assert message in ended.err
