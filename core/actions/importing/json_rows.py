"""Rows of a file of JSON lines: one object a line, numbers exact."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any, TextIO

import msgspec

from core.actions.importing.lines import Lines
from core.actions.importing.mapping import Step
from core.actions.importing.rows import Flaw, Row, shown, why_no_json
from metadata.problems import did_you_mean
from metadata.text import bad_text

MOST_KEYS = 2_000
"""Keys that are remembered of a file; one with more has no misspelt ones told."""
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def start(text: TextIO, step: Step) -> Iterator[Row]:
    """The rows; a file without any is fine."""
    return _rows(Lines(text), step.columns)


def _rows(lines: Lines, columns: Sequence[str]) -> Iterator[Row]:
    while True:
        number = lines.begin()
        line = next(lines, "")
        if not line:
            return
        if not line.strip():
            continue
        found = _decoded(line)
        if isinstance(found, Flaw):
            yield Row(number, (), line.rstrip("\r\n"), len(line), found)
        else:
            yield Row(number, [_at(found, column) for column in columns], found, len(line))


class Keys:
    """The keys of all lines, which tell whether a column that none of them has is misspelt."""

    def __init__(self, columns: Sequence[str], asked: Collection[str]) -> None:
        """`asked` are those that any step reads: none of them is another one misspelt."""
        self._columns = columns
        self._asked = asked
        self._seen: set[str] = set()
        self._inside: set[str] = set()  # columns that were found inside of objects
        self._lines = 0

    def look_at(self, row: Row) -> None:
        """Note the keys of a line; rows of a CSV file have none."""
        self._lines += 1
        if not isinstance(row.whole, dict):
            return
        if len(self._seen) < MOST_KEYS:
            self._seen.update(row.whole)
        if len(self._inside) < len(self._columns):
            pairs = zip(self._columns, row.values, strict=True)
            self._inside.update(column for column, value in pairs if value is not None)

    def misspelt(self) -> dict[str, int]:
        """What to tell of columns that no line has, where a key that is not asked for is close.

        With each the number of lines.
        """
        spare = self._seen.difference(self._asked)
        hints = {column: did_you_mean(column, spare) for column in self._columns}
        return {
            f"No line has the key '{column}'. {hint}": self._lines
            for column, hint in hints.items()
            if hint and column not in self._seen | self._inside
        }


def _at(found: dict[str, Any], column: str) -> Any:
    """What the object has under the column's name, or inside, where it names a way: owner.email."""
    if column in found or "." not in column:
        return found.get(column)
    inside: Any = found
    for part in column.split("."):
        if isinstance(inside, list) and part.isdecimal():
            inside = inside[int(part)] if int(part) < len(inside) else None
        else:
            inside = inside.get(part) if isinstance(inside, dict) else None
    return inside


def _decoded(line: str) -> dict[str, Any] | Flaw:
    try:
        found = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        message = f"The line is no JSON object: {why_no_json(line, error)}."
        return Flaw("", "BAD_JSON", message, shown(line))
    # What can't be stored comes in by an escape only: the text itself was decoded strictly.
    if "\\u" in line and any(bad_text(found)):
        return Flaw("", "BAD_TEXT", "A text holds NUL or half a character.", shown(line))
    return found
