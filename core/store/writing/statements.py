"""Writes as statements: many rows in one, and small ones of several tables in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from core.store.plans.shapes import MOST_ARGUMENTS, Shape, most_rows
from core.store.writing import locks
from core.store.writing.transactions import HEAD, Expected, Transaction

TOGETHER = 16
"""So many rows in all go in one statement, whatever their tables."""
MOST_KEPT = 4_000
"""Arguments of a statement that the driver keeps, which has to be parsed only once. Parsing one for
500 records whenever they came was 2 of the 13 seconds of an import."""


@dataclass(slots=True)
class Write:
    """Rows for one shape."""

    shape: Shape
    shared: tuple[object, ...]
    rows: Sequence[Sequence[Any]]
    counted: bool = False  # whether the caller wants to know how many rows it wrote
    related: bool = False  # whether rows may refer to one another, so that they go in at once


@dataclass(slots=True)
class Batch:
    """Writes that belong together, run in as few statements as their size allows.

    In one statement nobody sees what another part does, so no two parts may touch the same row.
    """

    writes: list[Write] = field(default_factory=list)

    def add(self, *writes: Write) -> None:
        """Put them into the batch; those without rows are left out."""
        self.writes += [write for write in writes if write.rows]

    async def run(self, tx: Transaction) -> int:
        """Run them all; how many rows the counted ones wrote."""
        if not self.writes:
            return 0
        if sum(len(write.rows) for write in self.writes) <= TOGETHER:
            if tx.expected is not None:
                return await _at_once(tx, tx.expected, self.writes)
            return await _together(tx, self.writes)
        return sum([await _apart(tx, write) for write in self.writes])


async def _together(tx: Transaction, writes: Sequence[Write]) -> int:
    sql, arguments = _combined(_shapes(writes)), [tx.tenant, *_arguments(writes)]
    version, epoch, counted = await tx.connection.fetchrow(sql, *arguments)
    tx.confirm(version, epoch)
    return int(counted)


async def _at_once(tx: Transaction, expected: Expected, writes: Sequence[Write]) -> int:
    """Everything that a write without locks writes, unless it relies on what does not hold."""
    counted = sum(len(write.rows) for write in writes if write.counted)
    ids, objects = [one for one, _ in expected.referred], [one for _, one in expected.referred]
    relied = (tx.published.version, tx.head.epoch, ids, objects, counted)
    arguments = [tx.tenant, locks.fence(tx.tenant), *relied, *_arguments(writes)]
    await tx.reading.execute(_confirmed(_shapes(writes)), *arguments)
    tx.confirmed = True
    return counted


Shapes: TypeAlias = tuple[tuple[Shape, int, bool], ...]


def _shapes(writes: Sequence[Write]) -> Shapes:
    return tuple((write.shape, len(write.rows), write.counted) for write in writes)


def _arguments(writes: Sequence[Write]) -> list[object]:
    arguments: list[object] = []
    for write in writes:
        arguments += write.shared
        for row in write.rows:
            arguments += row
    return arguments


@lru_cache(maxsize=2_000)
def _combined(shapes: Shapes) -> str:
    parts, counts = _parts(shapes, 2)
    return f"with {parts} select {HEAD}, {counts}"


@lru_cache(maxsize=2_000)
def _confirmed(shapes: Shapes) -> str:
    """As `_combined`; the fence comes first, and then what the write relies on ($3 to $7)."""
    parts, counts = _parts(shapes, 8)
    confirm = f"confirm_write($1, $3, $4, $5::uuid[], $6::text[], {counts}, $7)"
    return f"with {parts} select pg_advisory_xact_lock_shared($2), {confirm}"


def _parts(shapes: Shapes, following: int) -> tuple[str, str]:
    """The parts of a `WITH`, their parameters from a number on, and the sum of what they count."""
    parts = []
    for index, (shape, rows, counted) in enumerate(shapes):
        first = following + len(shape.shared)
        returning = " returning 1" if counted else ""
        parts.append(f"w{index} as ({shape.text(following, first, rows)}{returning})")
        following = first + rows * len(shape.columns)
    counts = [f"(select count(*) from w{i})" for i, shape in enumerate(shapes) if shape[2]]
    return ", ".join(parts), " + ".join(counts) or "0"


async def _apart(tx: Transaction, write: Write) -> int:
    written = 0
    for rows in _pieces(write):
        arguments: list[object] = [tx.tenant, *write.shared]
        for row in rows:
            arguments += row
        status = await tx.connection.execute(_alone(write.shape, len(rows)), *arguments)
        written += int(status.rpartition(" ")[2])
    return written if write.counted else 0


def _pieces(write: Write) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows in pieces that one statement takes and, unless they are related, is kept for.

    What is left of many pieces goes by powers of two, so that statements come again: one that the
    server has not seen takes it 20 ms.
    """
    most = MOST_ARGUMENTS if write.related else MOST_KEPT
    size = most_rows(len(write.shape.columns), len(write.shape.shared) + 1, most)
    start, count = 0, len(write.rows)
    while start < count:
        rest = min(count - start, size)
        if start and TOGETHER < rest < size and not write.related:
            rest = 1 << rest.bit_length() - 1
        yield write.rows[start : start + rest]
        start += rest


@lru_cache(maxsize=200)
def _alone(shape: Shape, rows: int) -> str:
    return shape.text(2, 2 + len(shape.shared), rows)
