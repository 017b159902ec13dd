"""A canary: a password, a token, a name and a number that must never sing, and everything that could make them."""

import asyncio
import base64
import copy
import io
import logging
import pickle
import re
import stat
import traceback
import warnings
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import quote

import orjson
import polars as pl
import pytest
from attrs import field, frozen

from pling_async import ClientSettings, Contact, PlingClient, RetryPolicy
from pling_async.sandbox import Sandbox, User
from pling_async.session.auth import BasicAuth
from pling_async.session.settings import Timeouts

PASSWORD: Final = "kN4r1-fUgl-Zq83xw"
TOKEN: Final = "t0k3n-K4n4r1-9vYpQ2"
USER: Final = "importer"
PERSON: Final = Contact(
    mobile="+4799999377", first_name="Kanarifugl", last_name="Gulfjær", email="gulfjaer@example.com"
)


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it could turn up: as it is, quoted, in hexadecimal, and in base64 wherever it begins."""
    yield from (secret, quote(secret, safe=""), secret.encode().hex())
    for before in range(3):
        yield base64.b64encode(b"." * before + secret.encode()).decode()[4:-4]


_SECRETS: Final = tuple({spelling for secret in (PASSWORD, TOKEN) for spelling in _spellings(secret)})
_PEOPLE: Final = ("Kanarifugl", "Gulfj", "99999377", "gulfjaer@")
"""The number without its country code is in every longer spelling of it."""


_FRACTION: Final = re.compile(r"(?<=[0-9])\.[0-9]+")
"""Of a minute six microseconds are gone: 59.99999377 s are left, and nobody's number."""


def _found(text: str, canaries: Iterable[str]) -> list[str]:
    text = _FRACTION.sub("", text)
    places = ((each, text.find(each)) for each in canaries)
    return [f"{each}: ...{text[max(0, at - 200) : at + 60]}..." for each, at in places if at >= 0]


@frozen
class Said:
    """Everything that was said while a flow ran: log records, warnings, errors, values and files."""

    public: list[str] = field(factory=list)
    """What may be read by anybody: neither secrets nor people."""
    private: list[str] = field(factory=list)
    """What its owner alone reads, and the values of variables in tracebacks: no secrets."""

    def check(self) -> None:
        """Fail when a canary sings."""
        for text in self.public + self.private:
            assert _found(text, _SECRETS) == []
        for text in self.public:
            assert _found(text, _PEOPLE) == []

    def add_error(self, error: BaseException) -> None:
        """Add all that an error can be made to say, to people who look on and to tools that collect variables."""
        self.public.append(f"{error!r} {error} {error.args!r} {getattr(error, '__notes__', ())!r}")
        self.public.extend(repr(value) for value in vars(error).values())
        self.private.extend(_pickled(error))
        for each in _chained(error):
            self.public.extend(traceback.format_exception_only(each))
            for frame in _frames(each):
                self.public.extend(traceback.format_list([traceback.extract_stack(frame, limit=1)[0]]))
                self.private.append(f"{frame} {' '.join(_shown(frame.f_locals))}")

    def add_value(self, value: object) -> None:
        """Add all that a value can be made to say."""
        self.public.append(f"{value!r} {value} {copy.copy(value)!r}")
        self.private.extend([repr(getattr(value, "__dict__", "")), *_pickled(value)])

    def add_folder(self, folder: Path) -> None:
        """Add all that a folder keeps, which must be its owner's alone."""
        for path in folder.rglob("*"):
            if path.is_file():
                assert all(stat.S_IMODE(each.stat().st_mode) & 0o077 == 0 for each in (path, path.parent)), path
                self.private.extend(_readable(path.name, path.read_bytes()))


def _chained(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those behind it."""
    while error is not None:
        yield error
        yield from _chained(error.__context__)
        error = error.__cause__


def _frames(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames of ours and of libraries; those of the tests hold the canaries."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return (frame for frame in frames if "/tests/" not in frame.f_code.co_filename)


def _shown(variables: Mapping[str, object]) -> Iterator[str]:
    """Show variables as tools do that collect them; half-made objects have no repr."""
    for name, value in variables.items():
        with suppress(AttributeError):
            yield f"{name}={value!r}"


def _pickled(value: object) -> Iterator[str]:
    try:
        yield repr(pickle.dumps(value))
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        yield str(error)


def _readable(name: str, data: bytes) -> Iterator[str]:
    """Yield the bytes of a file as text, and what is packed in it."""
    yield data.decode("latin-1")
    if name.endswith(".parquet"):
        yield pl.read_parquet(io.BytesIO(data)).write_ndjson()
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _readable(member, archive.read(member))


class _Listener(logging.Handler):
    def __init__(self, said: Said) -> None:
        super().__init__(logging.DEBUG)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.public.append(f"{self.format(record)} {vars(record)!r}")


@pytest.fixture
def said() -> Iterator[Said]:
    """Listen to every logger at DEBUG and to warnings, and in the end check what was said."""
    heard, root = Said(), logging.getLogger()
    listener, level = _Listener(heard), root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield heard
    root.removeHandler(listener)
    root.setLevel(level)
    heard.public.extend(map(str, caught))
    heard.check()


@pytest.fixture
async def chatty() -> None:
    """Let asyncio log every callback that it runs."""
    loop = asyncio.get_running_loop()
    loop.set_debug(enabled=True)
    loop.slow_callback_duration = 0


@pytest.fixture
def person() -> Contact:
    """Return the person whom nothing may name."""
    return PERSON


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Serve an account that only the canary opens."""
    async with Sandbox(users=(User(name=USER, password=PASSWORD),), deterministic=True) as server:
        yield server


@pytest.fixture
def settings() -> ClientSettings:
    """Return short limits."""
    return ClientSettings(retry=RetryPolicy(attempts=2, base=0), timeout=Timeouts(total=0.5, read=0.2, connect=0.2))


@pytest.fixture
def credentials(sandbox: Sandbox) -> dict[str, Any]:
    """Return what opens the sandbox, but for the account."""
    return {"user": USER, "password": PASSWORD, "base_url": sandbox.url}


@pytest.fixture
def echo(credentials: dict[str, Any]) -> bytes:
    """Return what a careless server could say: the header and the number that it was sent."""
    header = BasicAuth(credentials["user"], credentials["password"]).header_value()
    return orjson.dumps({"error": f"{PERSON.mobile} {PERSON.email} Authorization: {header}"})


@pytest.fixture
async def pling(sandbox: Sandbox, credentials: dict[str, Any], settings: ClientSettings) -> AsyncIterator[PlingClient]:
    """Talk to the sandbox."""
    async with PlingClient(**credentials, account_id=sandbox.account_id, settings=settings) as client:
        yield client
