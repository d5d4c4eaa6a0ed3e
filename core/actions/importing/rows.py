"""A row of a file, and what can be wrong with one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 200
"""Characters of a value that a report shows."""

_WHOLE = re.compile(r"\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Head:
    """What a CSV file begins with: the names of its columns, and what stands between them."""

    columns: tuple[str, ...]
    delimiter: str = ","
    escape: str | None = None  # what stands before a quote in a cell, where none is doubled


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a row. `column` is empty where it is the row as a whole."""

    column: str
    code: str
    message: str
    value: str = ""


@dataclass(slots=True)
class Row:
    """One row of a file, or what stands where one should be (then it has a flaw)."""

    line: int
    values: Sequence[Any]  # of the step's columns, in their order
    whole: Any  # of a CSV file its cells; of JSON lines the object, or the text that is none
    size: int  # in characters
    flaw: Flaw | None = None


def why_no_json(text: str, error: Exception) -> str:
    """What is wrong with a text that was not decoded; the decoder says of half a character that
    the text was cut off.
    """
    half = _HALF.search(_WHOLE.sub("", text))
    return f"'{half[0]}' is half a character" if half else str(error)


def shown(value: object) -> str:
    """The value as a report shows it: short."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
