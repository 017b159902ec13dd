"""CSV: read by polars where its structure is beyond doubt, else record by record, so that no row is lost in silence."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final

import polars as pl

from pling_async.sources import plain_csv, records
from pling_async.sources.base import Part, Parts, SourceInfo, SourceOptions
from pling_async.sources.blocks import digest_of
from pling_async.sources.kinds import CSV
from pling_async.sources.layout import Layout, find_columns, find_layout
from pling_async.sources.picking import Picking
from pling_async.sources.records import Records
from pling_async.sources.tally import Tally
from pling_async.sources.text import decode
from pling_async.sources.windows import windows

_THREADS: Final = min(4, os.cpu_count() or 1)
_PART_ROWS: Final = 125_000


class CsvFile:
    """One pass over the blocks of a CSV file."""

    def __init__(self, name: str, options: SourceOptions) -> None:
        self._name = name
        self._options = options

    def parts(self, blocks: list[bytes]) -> Parts:
        """Yield the rows in order; raises `SourceError` when the file cannot be trusted to be whole.

        The blocks are taken out of their list as they are read, some of them ahead and side by side.
        """
        pool = ThreadPoolExecutor(_THREADS)
        try:
            digest = pool.submit(digest_of, tuple(blocks))
            return (yield from self._parts(blocks, pool, digest))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _parts(self, blocks: list[bytes], pool: ThreadPoolExecutor, digest: "Future[str]") -> Parts:
        self._options.only("encoding", "delimiter", kind="a CSV file")
        text = decode(blocks, self._options.encoding, self._name)
        layout = find_layout(text.blocks, self._options.delimiter, self._name)
        columns = find_columns(layout, self._options, self._name)
        picking = Picking(columns, layout.headers, layout.columns)
        utf8 = deque(text.blocks)
        blocks.clear()
        text.blocks.clear()
        tally = Tally(self._name, len(layout.headers))
        stretches = _in_order(pool, _jobs(_after(utf8, layout.size), layout))
        yield from _joined(
            Part(frame=picking.pick(found.frame), is_plain=found.is_plain) for found in stretches if tally.add(found)
        )
        tally.check()
        picking.check(self._name)
        if not tally.rows:
            yield Part(frame=picking.pick(pl.DataFrame(schema=layout.schema)))
        return SourceInfo(
            name=self._name,
            sha256=digest.result(),
            rows=tally.rows,
            kind=CSV,
            encoding=text.encoding,
            delimiter=layout.delimiter,
            mapping=columns.mapping,
            ignored=columns.ignored,
            warnings=(*text.warnings, *picking.warnings(), *tally.warnings()),
        )


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Join parts until they are large enough for what every part costs, whatever its size."""
    held: list[Part] = []
    for part in parts:
        held.append(part)
        if sum(each.frame.height for each in held) >= _PART_ROWS:
            yield _join(held)
            held.clear()
    if held:
        yield _join(held)


def _join(parts: list[Part]) -> Part:
    return Part(frame=pl.concat([part.frame for part in parts]), is_plain=all(part.is_plain for part in parts))


def _after(blocks: "deque[bytes]", size: int) -> Iterator[bytes]:
    """Take the blocks out one by one, without the first bytes."""
    while blocks:
        block = blocks.popleft()
        yield block[size:]
        size = max(0, size - len(block))


def _jobs(blocks: Iterable[bytes], layout: Layout) -> Iterator[Callable[[], Records]]:
    """Yield what reads one stretch after the other; each begins with a record, so that they can be read in any order.

    Where quotes do not show where a record ends, the strict reader finds out here and now.
    """
    more = windows(blocks)
    for window in more:
        if b'"' in window and not plain_csv.is_plainly_quoted(window, layout.delimiter):
            yield partial(_found, records.read(window, more, layout))
        else:
            yield partial(_read, window, layout)


def _found(stretch: Records) -> Records:
    return stretch


def _read(window: bytes, layout: Layout) -> Records:
    return plain_csv.read(window, layout) or records.read(window, iter(()), layout)


def _in_order(pool: ThreadPoolExecutor, jobs: Iterator[Callable[[], Records]]) -> Iterator[Records]:
    """Do jobs side by side, a few ahead of the one whose result is awaited."""
    ahead: deque[Future[Records]] = deque()
    for job in jobs:
        ahead.append(pool.submit(job))
        if len(ahead) > _THREADS:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
