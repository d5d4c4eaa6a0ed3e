"""What writes look like, whatever their values.

A row goes in by `VALUES`. What is the same for all rows is a parameter once. Parameter $1 is the
tenant everywhere.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_ARGUMENTS = 32_767
MOST_ROWS = 500


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


def most_rows(width: int, shared: int, most: int = MOST_ARGUMENTS) -> int:
    """How many rows of so many columns go into so many arguments, beside the shared parameters."""
    return max(1, min(MOST_ROWS, (most - shared) // max(width, 1)))


def _cast(parameters: list[str], suffixes: Sequence[str]) -> list[str]:
    return list(map("".join, zip(parameters, suffixes, strict=True)))


def _numbered(first: int, count: int) -> list[str]:
    return [f"${number}" for number in range(first, first + count)]
