"""Writes as statements: many rows in one, and small ones of several tables in one.

A row goes in by `VALUES`. What is the same for all rows is a parameter once. Parameter $1 is the
tenant everywhere.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from core.store.writing import HEAD, Transaction

MOST_ARGUMENTS = 32_767
MOST_ROWS = 500
MOST_SHARED = 20
TOGETHER = 16
"""So many rows in all go in one statement, whatever their tables."""


class Shape(Hashable, Protocol):
    """What a write looks like, whatever its values: its statement is made once."""

    @property
    def shared(self) -> tuple[str, ...]: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def text(self, shared: int, first: int, rows: int) -> str:
        """The SQL: its shared parameters start at one number, those of its rows at another."""
        ...


@dataclass(frozen=True, slots=True)
class Insert:
    """New rows. `fixed` are columns with an expression, `suffix` what follows the rows.

    `casts` say how a column's parameter becomes its value: (column, ready to append).
    """

    table: str
    shared: tuple[str, ...]
    columns: tuple[str, ...]
    casts: tuple[tuple[str, str], ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    suffix: str = ""

    def text(self, shared: int, first: int, rows: int) -> str:
        names = ("tenant_id", *self.shared, *(name for name, _ in self.fixed), *self.columns)
        same = ["$1", *_numbered(shared, len(self.shared)), *(text for _, text in self.fixed)]
        width = len(self.columns)
        casts = dict(self.casts)
        suffixes = [casts.get(column, "") for column in self.columns]
        values = ", ".join(
            f"({', '.join((*same, *_cast(_numbered(first + width * row, width), suffixes)))})"
            for row in range(rows)
        )
        return f"insert into {self.table} ({', '.join(names)}) values {values}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Update:
    """New values for rows found by the first column, each with its SQL type.

    `types` belong to `columns`, `casts` are as for inserts (Citus takes none beside a column);
    `sets` are further assignments that may use the shared parameters as `{0}`, `{1}` …
    """

    table: str
    shared: tuple[str, ...]
    columns: tuple[str, ...]
    types: tuple[str, ...]
    casts: tuple[tuple[str, str], ...] = ()
    sets: tuple[str, ...] = ()
    match: str = ""

    def text(self, shared: int, first: int, rows: int) -> str:
        parameters = _numbered(shared, len(self.shared))
        key, *changed = self.columns
        sets = [f"{name} = v.{name}" for name in changed]
        sets += [text.format(*parameters) for text in self.sets]
        return (
            f"update {self.table} as t set {', '.join(sets)}"
            f" from (values {self._values(first, rows)}) as v ({', '.join(self.columns)})"
            f" where t.tenant_id = $1 and t.{key} = v.{key}{self.match.format(*parameters)}"
        )

    def _values(self, first: int, rows: int) -> str:
        width, casts = len(self.columns), dict(self.casts)
        suffixes = [casts.get(column, "") for column in self.columns]
        typed = zip(suffixes, self.types, strict=True)
        firsts = [cast or f"::{kind}" for cast, kind in typed]
        return ", ".join(
            f"({', '.join(_cast(_numbered(first + width * row, width), suffixes if row else firsts))})"
            for row in range(rows)
        )


@dataclass(slots=True)
class Write:
    """Rows for one shape."""

    shape: Shape
    shared: tuple[object, ...]
    rows: Sequence[Sequence[Any]]
    counted: bool = False  # whether the caller wants to know how many rows it wrote


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
            return await _together(tx, self.writes)
        return sum([await _apart(tx, write) for write in self.writes])


async def _together(tx: Transaction, writes: Sequence[Write]) -> int:
    arguments: list[object] = [tx.tenant]
    for write in writes:
        arguments += write.shared
        for row in write.rows:
            arguments += row
    shapes = tuple((write.shape, len(write.rows), write.counted) for write in writes)
    version, epoch, counted = await tx.connection.fetchrow(_combined(shapes), *arguments)
    tx.confirm(version, epoch)
    return int(counted)


@lru_cache(maxsize=2_000)
def _combined(shapes: tuple[tuple[Shape, int, bool], ...]) -> str:
    parts, following = [], 2
    for index, (shape, rows, counted) in enumerate(shapes):
        first = following + len(shape.shared)
        returning = " returning 1" if counted else ""
        parts.append(f"w{index} as ({shape.text(following, first, rows)}{returning})")
        following = first + rows * len(shape.columns)
    counts = [f"(select count(*) from w{i})" for i, shape in enumerate(shapes) if shape[2]]
    return f"with {', '.join(parts)} select {HEAD}, {' + '.join(counts) or '0'}"


async def _apart(tx: Transaction, write: Write) -> int:
    written = 0
    for rows in chunks(write.rows, len(write.shape.columns), len(write.shape.shared) + 1):
        arguments: list[object] = [tx.tenant, *write.shared]
        for row in rows:
            arguments += row
        status = await tx.connection.execute(_alone(write.shape, len(rows)), *arguments)
        written += int(status.rpartition(" ")[2])
    return written if write.counted else 0


@lru_cache(maxsize=200)
def _alone(shape: Shape, rows: int) -> str:
    return shape.text(2, 2 + len(shape.shared), rows)


def most_rows(width: int, shared: int = MOST_SHARED) -> int:
    """How many rows of so many columns one statement takes, beside the shared parameters."""
    return max(1, min(MOST_ROWS, (MOST_ARGUMENTS - shared) // max(width, 1)))


def chunks(
    rows: Sequence[Sequence[Any]], width: int, shared: int
) -> Iterable[Sequence[Sequence[Any]]]:
    """The rows in pieces that one statement can take."""
    size = most_rows(width, shared)
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _cast(parameters: list[str], suffixes: Sequence[str]) -> list[str]:
    return list(map("".join, zip(parameters, suffixes, strict=True)))


def _numbered(first: int, count: int) -> list[str]:
    return [f"${number}" for number in range(first, first + count)]
