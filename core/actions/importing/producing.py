"""Rows prepared ahead, a batch at a time, while the batch before is being written."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from core.actions.importing.files import Unreadable
from core.actions.importing.planning import Job
from core.actions.importing.preparing import Prepared, Preparer
from core.actions.importing.rows import Head, Row
from core.errors import Problem, Refused

ROWS = 500
"""Rows of a batch: as many as are written at once."""
CHARACTERS = 4_000_000
"""Of a batch of large rows, which has fewer."""
SLICE = 50
"""Rows prepared before others may go on."""


@dataclass(slots=True)
class Batch:
    """Rows to be written at once; those that are read just now are all of one feed."""

    feed: int
    head: Head | None = None
    rows: list[Prepared] = field(default_factory=list)
    read: int = 0
    left_out: int = 0
    size: int = 0
    share: float | None = None  # of the feed that was read; None: these rows were read before
    bound: int = 0  # so many more rows belong to the last one

    @property
    def full(self) -> bool:
        return len(self.rows) >= ROWS or self.size >= CHARACTERS

    def takes(self, given: Given) -> bool:
        """Whether the row goes in; more of them than make a batch do where they belong together."""
        if self.bound:
            return True
        if self.full or (given.share is not None and given.feed != self.feed):
            return False
        return not self.rows or len(self.rows) + given.together <= ROWS

    def keys(self, preparer: Preparer) -> frozenset[object]:
        """What the rows find their records by, so far as it can be told without the database."""
        return frozenset(filter(None, map(preparer.key_of, self.rows)))


class Given(NamedTuple):
    """A row, and where it comes from."""

    feed: int
    head: Head | None
    row: Row
    share: Callable[[], float] | None
    together: int = 1  # so many rows, from this one on, are written together


Source = Iterable[Given]


async def ahead(source: Source, preparer: Preparer) -> AsyncGenerator[Batch, None]:
    """The rows in batches; the next one is made while the one before is being written."""
    batches = _batches(source, preparer)
    coming = asyncio.ensure_future(anext(batches, None))
    try:
        while (batch := await coming) is not None:
            coming = asyncio.ensure_future(anext(batches, None))
            yield batch
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await batches.aclose()


async def _batches(source: Source, preparer: Preparer) -> AsyncGenerator[Batch, None]:
    batch = Batch(0)
    for count, given in enumerate(source):
        if not batch.takes(given):
            yield batch
            batch = Batch(given.feed)
        _add(batch, given, preparer)
        if count % SLICE == 0:
            await asyncio.sleep(0)
    yield batch


def _add(batch: Batch, given: Given, preparer: Preparer) -> None:
    row = given.row
    batch.head = given.head
    batch.read += 1
    batch.size += row.size
    batch.bound = given.together - 1
    if row.flaw is None and not preparer.wanted(row):
        batch.left_out += 1
    else:
        batch.rows.append(preparer.prepare(row, given.feed))
    if given.share is not None and (batch.full or batch.share is None):
        batch.share = given.share()


def rows_of(job: Job) -> Iterator[Given]:
    """Every row of the job's feeds.

    Raises:
        Refused: a file changed since it was looked through.
    """
    for index, feed in enumerate(job.feeds):
        with _unchanged(feed.name), feed.read(job.step) as reading:
            size, position = max(feed.size, 1), reading.position

            def share(size: int = size, position: Callable[[], int] = position) -> float:
                return min(1.0, position() / size)

            for row in reading.rows:
                yield Given(index, reading.head, row, share)


@contextmanager
def _unchanged(name: str) -> Iterator[None]:
    broken = (Unreadable, UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error, OSError)
    try:
        yield
    except broken as error:
        message = f"{name} changed while it was imported: {error}"
        raise Refused([Problem((name,), "FILE_CHANGED", message)]) from error
