"""Where the rows of a step come from: files, or rows that are there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from core.actions.importing import csv_rows, json_rows
from core.actions.importing.files import File, Unreadable, opened
from core.actions.importing.mapping import Step
from core.actions.importing.rows import Head, Row


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows as they are read. `head` is that of a CSV file."""

    head: Head | None
    rows: Iterator[Row]
    position: Callable[[], int]  # how much of the feed's size was read


class Feed(Protocol):
    """Rows from one place, which can be read again."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def doubt(self) -> str | None:
        """What may be wrong with all rows, though they can be read."""

    def read(self, step: Step) -> AbstractContextManager[Reading]:
        """The rows for a step.

        Raises:
            Unreadable: there is no table here, or it lacks what the step names.
        """


@dataclass(frozen=True, slots=True)
class FileFeed:
    """The rows of a file."""

    file: File

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def size(self) -> int:
        return self.file.size

    @property
    def doubt(self) -> str | None:
        if not self.file.guessed:
            return None
        mend = 'if it is not, say its "encoding" in the mapping'
        return f"{self.name} is read as Chinese text in GB 18030: {mend}."

    @contextmanager
    def read(self, step: Step) -> Iterator[Reading]:
        with opened(self.file) as (text, raw):
            if self.file.format == "csv":
                head, rows = csv_rows.start(text, step)
                yield Reading(head, rows, raw.tell)
            else:
                yield Reading(None, json_rows.start(text, step), raw.tell)
        if self.file.path.stat().st_size != self.file.size:
            raise Unreadable("FILE_CHANGED", "it is of another size now. Wait until it is whole.")


@dataclass(frozen=True, slots=True)
class GivenFeed:
    """Rows that are in memory, by column."""

    name: str
    given: Sequence[Mapping[str, Any]]
    doubt: str | None = None

    @property
    def size(self) -> int:
        return len(self.given)

    def read(self, step: Step) -> AbstractContextManager[Reading]:
        place = 0
        columns = step.columns

        def rows() -> Iterator[Row]:
            nonlocal place
            for place, whole in enumerate(self.given, 1):
                yield Row(place, [whole.get(column) for column in columns], whole, 0)

        return nullcontext(Reading(None, rows(), lambda: place))
