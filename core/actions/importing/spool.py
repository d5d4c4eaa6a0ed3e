"""Rows kept for later, on disk when there are many."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

from core.actions.importing.rows import Row

IN_MEMORY = 16 << 20


class Spool:
    """Rows with the number of their feed, in the order in which they were kept."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by `close`
        self.count = 0

    def keep(self, feed: int, row: Row) -> None:
        """Keep a row."""
        pickle.dump((feed, row.line, row.values, row.whole, row.size), self._file)
        self.count += 1

    def all(self) -> Iterator[tuple[int, Row]]:
        """The rows that were kept; nothing is kept any more while they are read."""
        self._file.seek(0)
        for _ in range(self.count):
            feed, line, values, whole, size = pickle.load(self._file)
            yield feed, Row(line, values, whole, size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
