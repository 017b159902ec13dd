"""Profiles: accounts by name in `pling.toml`, in the current folder and in the user's own, read strictly."""

import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from pling_async.cli.systems import NEIGHBOURS, PLING, System
from pling_async.errors import ConfigurationError

FILE_NAME: Final = "pling.toml"
DEFAULT_PROFILE: Final = "default"
"""Taken when nobody names a profile."""

_KEYS: Final[Mapping[str, type]] = {**PLING.keys, **dict.fromkeys(NEIGHBOURS, dict)}
_TOP: Final[Mapping[str, type]] = {"profile": str, "profiles": dict}
_WORDS: Final[Mapping[type, str]] = {str: "a text", bool: "true or false", int: "a whole number", dict: "a table"}


@frozen
class ProfileFile:
    """One `pling.toml`."""

    path: Path
    shown: str
    """The path as messages have it."""
    chosen: str | None
    """The profile that the file takes when nobody names one."""
    profiles: Mapping[str, Mapping[str, Any]]


def folder_file() -> Path:
    """Return where the current folder's file is; folders above are not looked at, since others may write there."""
    return Path.cwd() / FILE_NAME


def user_file() -> Path:
    """Return where the user's own file is."""
    from platformdirs import user_config_path  # noqa: PLC0415 - `pling --help` does without

    return user_config_path("pling-async", appauthor=False) / FILE_NAME


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can enter, and so whatever is missing above it, whatever the umask."""
    for each in (*reversed(folder.parents), folder):
        each.mkdir(exist_ok=True, mode=0o700)


def read_profiles(path: Path, shown: str) -> ProfileFile | None:
    """Return what a file says, None when it is not there.

    Raises `ConfigurationError` for what it cannot mean, and for a file that others wrote or whose passwords others may
    read.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            held = os.fstat(file.fileno())
            if not stat.S_ISREG(held.st_mode):
                raise ConfigurationError(f"{shown} is a device or a pipe; it is not read")
            _check_owner(held, shown)
            content = _sealed(tomllib.load(file))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{shown} cannot be read: {said}") from error
    profiles = _checked(content, shown)
    if held.st_mode & 0o077 and any(_has_secret(each) for each in profiles.values()):
        raise ConfigurationError(f"others may read the secrets in {shown}; chmod 600 {path}")
    return ProfileFile(path, shown, content.get("profile"), profiles)


def _at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def tables(profile: Any) -> Iterator[tuple[System, dict[str, Any]]]:
    """Yield what a profile says of each system that it speaks of: Pling's settings, and a table for each neighbour."""
    if isinstance(profile, dict):
        yield PLING, profile
        for name, system in NEIGHBOURS.items():
            if isinstance(profile.get(name), dict):
                yield system, profile[name]


def _has_secret(profile: Mapping[str, Any]) -> bool:
    return any(system.secret in table for system, table in tables(profile))


def _sealed(content: dict[str, Any]) -> dict[str, Any]:
    """Turn passwords and tokens into secrets at once, so that no traceback has them."""
    from pling_async.session.auth import Secret  # noqa: PLC0415 - `pling --help` does without

    profiles = content.get("profiles")
    for profile in profiles.values() if isinstance(profiles, dict) else ():
        for system, table in tables(profile):
            if isinstance(table.get(system.secret), str):
                table[system.secret] = Secret(table[system.secret])
    return content


def _check_owner(held: os.stat_result, shown: str) -> None:
    """Refuse what somebody else put there: it would choose where lists and requests go."""
    if hasattr(os, "getuid") and held.st_uid not in {os.getuid(), 0}:
        raise ConfigurationError(f"{shown} belongs to another user; it is not read")
    if held.st_mode & stat.S_IWOTH:
        raise ConfigurationError(f"everybody may write to {shown}; chmod o-w it")


def _checked(content: Mapping[str, Any], shown: str) -> Mapping[str, Mapping[str, Any]]:
    _check_keys(content, _TOP, shown)
    profiles: Mapping[str, Any] = content.get("profiles", {})
    for name, profile in profiles.items():
        where = f"{shown}, [profiles.{name}]"
        if not isinstance(profile, dict):
            raise ConfigurationError(f"{shown}: {name!r} is not a profile; write [profiles.NAME] above username = ...")
        _check_keys(profile, _KEYS, where)
        for system, table in tables(profile):
            if not system.is_pling:
                _check_keys(table, system.keys, f"{shown}, [profiles.{name}.{system.name}]")
    return profiles


def _check_keys(held: Mapping[str, Any], known: Mapping[str, type], where: str) -> None:
    for key, value in held.items():
        if key not in known:
            raise ConfigurationError(f"{where}: there is no {key!r}; {suggestion(key, known)}")
        if _kind(value) is not known[key]:
            raise ConfigurationError(f"{where}: {key} must be {_WORDS[known[key]]}")


def _kind(value: object) -> type:
    """Return what a value is in the file, where a secret is a text."""
    from pling_async.session.auth import Secret  # noqa: PLC0415 - `pling --help` does without

    return str if isinstance(value, Secret) else type(value)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return what may have been meant, or what there is."""
    known = list(known)
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known) or 'none'}"


def profile_files() -> tuple[ProfileFile, ...]:
    """Return the files that are there, the one that wins first."""
    return tuple(_files())


def _files() -> Iterator[ProfileFile]:
    for path, shown in ((folder_file(), f"./{FILE_NAME}"), (user_file(), str(user_file()))):
        if found := read_profiles(path, shown):
            yield found
