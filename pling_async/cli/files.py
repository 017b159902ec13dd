"""The files that a command line names: what a command writes is never what it reads, nor written twice."""

import os
import re
from collections.abc import Iterator
from typing import Any, Final

import click
from attrs import frozen

_LOCAL: Final = re.compile(r"[\w+]+:///(?:file:)?(?P<path>[^?]+)")
"""The URL of a database without a host: it is a file."""
_STDIN: Final = 0


class DatabaseUrl(click.ParamType[Any]):
    """The URL of a database, which may be a file."""

    name = "URL"


@frozen(kw_only=True)
class _Named:
    """A file, and the option or argument that names it."""

    words: str
    place: str | int
    """A path, or a descriptor."""
    is_written: bool

    @property
    def identity(self) -> object:
        """What two names of one file have in common, through links too; of no file, where it would be."""
        try:
            found = os.stat(self.place)  # noqa: PTH116 - descriptors too
        except OSError:
            return os.path.realpath(self.place) if isinstance(self.place, str) else None
        return found.st_dev, found.st_ino


def check_files(context: click.Context) -> None:
    """Raise `click.UsageError` when a file is to be written that is read, or written for another option."""
    seen: dict[object, _Named] = {}
    for each in sorted(_named(context), key=lambda each: each.is_written):
        earlier = seen.setdefault(each.identity, each)
        if earlier is not each and each.is_written:
            words = f"{each.words} and {earlier.words} are the same file: {each.place}"
            raise click.UsageError(f"{words}\nname another file for {each.words}; nothing was read or written", context)


def _named(context: click.Context) -> Iterator[_Named]:
    """Yield the files of a command line; a path that must exist is read, all others are written."""
    for parameter in context.command.params:
        kind, value = parameter.type, context.params.get(parameter.name or "")
        if value is None or not isinstance(kind, click.Path | DatabaseUrl):
            continue
        words = parameter.human_readable_name if isinstance(parameter, click.Argument) else max(parameter.opts, key=len)
        is_written = isinstance(kind, click.Path) and not kind.exists
        if (place := _place(kind, str(value))) is not None:
            yield _Named(words=words, place=place, is_written=is_written)


def _place(kind: click.Path | DatabaseUrl, value: str) -> str | int | None:
    if isinstance(kind, DatabaseUrl):
        found = _LOCAL.match(value)
        return found["path"] if found else None
    return _STDIN if kind.allow_dash and value == "-" else value
