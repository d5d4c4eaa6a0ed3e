"""Rows of a CSV file: quoted line ends, any delimiter, and no stray quote that swallows the rest."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

from core.actions.importing.files import Unreadable
from core.actions.importing.lines import Lines
from core.actions.importing.mapping import Step
from core.actions.importing.rows import Flaw, Head, Row, shown
from metadata.bounds import MOST_LONGTEXT_LENGTH
from metadata.problems import did_you_mean, listed

MOST_COLUMNS = 2_000
MOST_ABOVE = 20
"""Lines of a title above the header."""
DELIMITERS = ",;\t|"

Cells = Sequence[str]
Pick = Callable[[Cells], Cells]


def start(text: TextIO, step: Step) -> tuple[Head, Iterator[Row]]:
    """The header, and the rows below it.

    Raises:
        Unreadable: there is no header, it is too wide, or lacks columns that the step names.
    """
    csv.field_size_limit(MOST_LONGTEXT_LENGTH)
    lines = Lines(text)
    first, told = _first(lines, step)
    delimiter = step.delimiter or told or _delimiter(first, step.columns)
    parsed = _parsed(lines, delimiter, step)
    head = next(parsed)
    if head.flaw is not None:
        raise Unreadable("BAD_HEADER", f"the first line is no header: {head.flaw.message}")
    header = _names(head.whole)
    named = _named(header)
    if named > MOST_COLUMNS:
        message = f"the file has {named:,} columns; at most {MOST_COLUMNS:,} are read."
        raise Unreadable("TOO_MANY_COLUMNS", message)
    pick = _pick(header[:named], step.columns)
    rows = _rows(parsed, header, _trimmed(pick) if step.trims else pick)
    return Head(header, delimiter, step.escape), rows


def _names(cells: Cells) -> tuple[str, ...]:
    """The names of columns; files that were put together have marks of UTF-8 before some."""
    return tuple(cell.strip().lstrip("\ufeff").strip() for cell in cells)


def _named(header: Sequence[str]) -> int:
    """How many columns there are up to the last that has a name: spreadsheets add blank ones."""
    return max((place for place, name in enumerate(header, 1) if name), default=0)


def _first(lines: Lines, step: Step) -> tuple[str, str | None]:
    """The line of the header, and the delimiter that spreadsheets may put before it.

    It is the first line that is not blank, unless one below, with all columns, shows that this
    is a title.
    """
    told = None
    for line in lines:
        if line.startswith("sep=") and len(line.rstrip("\r\n")) == len("sep=;"):
            told = line[len("sep=")]
        elif line.strip():
            place = len(lines.taken) - 1
            header = _below(lines, step.columns, step.delimiter or told or DELIMITERS)
            lines.put_back(place if header is None else header)
            return lines.again, told
    raise Unreadable("EMPTY_FILE", "the file is empty.")


def _below(lines: Lines, columns: Sequence[str], delimiters: str) -> int | None:
    """The place among the lines taken of the first with all columns; one alone tells too little."""
    if len(columns) < 2:
        return None
    first = len(lines.taken) - 1
    for _ in range(2 * MOST_ABOVE):  # a header may have several lines itself
        next(lines, None)
    for place in range(first, min(first + MOST_ABOVE + 1, len(lines.taken))):
        begins = lines.taken[place:]
        if any(_found(begins, one, columns) == len(columns) for one in delimiters):
            return place
    return None


def _delimiter(header: str, columns: Sequence[str]) -> str:
    """The delimiter by which most of the columns are found; the first where none is better."""
    return max(DELIMITERS, key=lambda delimiter: _found([header], delimiter, columns))


def _found(begins: Sequence[str], delimiter: str, columns: Sequence[str]) -> int:
    """How many of the columns are found by this delimiter where these lines begin."""
    try:
        header = next(csv.reader(begins, delimiter=delimiter), [])
    except csv.Error:  # what is no table has no header
        return 0
    names = {tuple(name.split()) for name in _names(header)}
    return sum(tuple(column.split()) in names for column in columns)


def _parsed(lines: Lines, delimiter: str, step: Step) -> Iterator[Row]:
    """Rows with all their cells. Of what can't be parsed, the first line is a bad row."""
    reader = csv.reader(
        lines if step.escape is None else _without_null(lines, delimiter),
        delimiter=delimiter,
        escapechar=step.escape,
        skipinitialspace=step.trims and delimiter != " ",
        strict=True,
    )
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.put_back(1)
            text = lines.taken[0].rstrip("\r\n")
            told = _told(error, text)
            yield Row(line, (), [text], len(text), Flaw("", "BAD_CSV", told, shown(text)))
            continue
        taken = lines.taken
        size = len(taken[0]) if len(taken) == 1 else sum(map(len, taken))
        yield Row(line, (), cells, size)


def _without_null(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """The lines; a cell of \\N, as databases write what is null, is no escaped N."""
    null = re.compile(rf"(?<![^{re.escape(delimiter)}])\\N(?=[{re.escape(delimiter)}\r\n]|$)")
    return (null.sub(r"\\\\N", line) for line in lines)


def _told(error: csv.Error, first: str) -> str:
    """What is wrong with the row that begins with this line."""
    text = str(error)
    limited = "field limit" in text
    if limited and len(first) > MOST_LONGTEXT_LENGTH:
        return (
            f"A cell has more than {MOST_LONGTEXT_LENGTH:,} characters, or a quote is not closed."
        )
    if limited or "end of data" in text:
        return "A quote is opened here and not closed: double quotes inside a cell are doubled."
    if '\\"' in first:
        mend = 'where the file writes \\" for a quote, say "escape": "\\\\" in the step'
        return f"The row can't be split into cells: {mend}."
    return f"The row can't be split into cells: {text}. Quotes inside a cell in quotes are doubled."


def _pick(header: Sequence[str], columns: Sequence[str]) -> Pick:
    """What takes the cells of these columns out of a row."""
    places = {column: _places(header, column) for column in columns}
    missing = [column for column, found in places.items() if not found]
    if missing:
        hints = " ".join(filter(None, (did_you_mean(column, header) for column in missing)))
        mend = hints or f"There are {listed(header, 'and')}."
        message = f"there is no column {listed(missing)}. {mend}"
        raise Unreadable("MISSING_COLUMN", message)
    twice = [column for column, found in places.items() if len(found) > 1]
    if twice:
        message = f"there are several columns '{twice[0]}': give them names of their own."
        raise Unreadable("DUPLICATE_COLUMN", message)
    indexes = [places[column][0] for column in columns]
    return lambda cells: [cells[index] for index in indexes]


def _places(header: Sequence[str], column: str) -> list[int]:
    """Where the column is; where nowhere, with line ends and fixed spaces as plain ones."""
    exact = [place for place, name in enumerate(header) if name == column]
    plain = column.split()
    return exact or [place for place, name in enumerate(header) if name.split() == plain]


def _trimmed(pick: Pick) -> Pick:
    """The same cells, without the white space around them."""
    return lambda cells: [cell.strip() for cell in pick(cells)]


def _rows(parsed: Iterator[Row], header: Sequence[str], pick: Pick) -> Iterator[Row]:
    width, named = len(header), _named(header)
    names = header[:named]
    for row in parsed:
        cells = row.whole
        if not any(map(str.strip, cells)) or _is_header(cells, names):
            continue
        if row.flaw is None and len(cells) != width:
            row.flaw = _width(cells, width, named)
        if row.flaw is None:
            row.values = pick(cells)
        yield row


def _is_header(cells: Cells, names: Sequence[str]) -> bool:
    """Whether the header is there again, as where files were put together; one name alone may be
    a value.
    """
    last = len(names) - 1
    return 0 < last < len(cells) and cells[last].strip() == names[last] and _same(cells, names)


def _same(cells: Cells, names: Sequence[str]) -> bool:
    return _names(cells)[: len(names)] == tuple(names)


def _width(cells: list[str], width: int, named: int) -> Flaw | None:
    """Blank cells beyond the header are cut off, and those of its last columns without a name may
    be left out; any other number of cells is a flaw.
    """
    if named <= len(cells) <= width:
        return None
    if len(cells) > width and not any(map(str.strip, cells[width:])):
        del cells[width:]
        return None
    message = f"The row has {len(cells)} cells, the header has {named}."
    return Flaw("", "WRONG_WIDTH", message, shown(cells[-1]))
