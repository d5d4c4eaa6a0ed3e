"""Rows kept for later, on disk when there are many."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import NamedTuple

from core.actions.importing import circles
from core.actions.importing.rows import Row

IN_MEMORY = 16 << 20


MOST_TOGETHER = 10_000
"""Rows of a circle that are written together; of a larger one none is."""


class Kept(NamedTuple):
    """A row that was kept, the number of its feed, and how many rows from here on name each other
    in a circle or have one name: they are to be written together."""

    feed: int
    row: Row
    together: int


class Spool:
    """Rows with the number of their feed, which are given back after those that they name."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by `close`
        self._places = array("q")
        self._own: list[tuple[int, ...]] = []
        self._named: list[tuple[int, ...]] = []
        self._names: set[int] = set()
        self.circles_too_large = False
        """Whether rows that were given back name each other in a circle that is never written."""

    @property
    def count(self) -> int:
        """How many rows were kept."""
        return len(self._places)

    def keep(
        self, feed: int, row: Row, own: Iterable[object] = (), named: Iterable[object] = ()
    ) -> None:
        """Keep a row, and by which names others know it and it knows others."""
        self._places.append(self._file.tell())
        self._own.append(tuple(map(hash, own)))
        self._names.update(self._own[-1])
        self._named.append(tuple(map(hash, named)))
        pickle.dump((feed, row.line, row.values, row.whole, row.size), self._file)

    def has(self, names: Iterable[object]) -> bool:
        """Whether a row of one of these names was kept."""
        return not self._names.isdisjoint(map(hash, names))

    def all(self) -> Iterator[Kept]:
        """The rows that were kept; nothing is kept any more while they are read."""
        for group in circles.in_order(self._ways()):
            self.circles_too_large |= len(group) > MOST_TOGETHER
            for index, place in enumerate(group):
                together = len(group) - index if len(group) <= MOST_TOGETHER else 1
                yield self._kept(place, together)

    def as_kept(self) -> Iterator[Kept]:
        """The rows in the order in which they were kept."""
        return (self._kept(place, 1) for place in range(self.count))

    def _kept(self, place: int, together: int) -> Kept:
        self._file.seek(self._places[place])
        feed, line, values, whole, size = pickle.load(self._file)
        return Kept(feed, Row(line, values, whole, size), together)

    def _ways(self) -> list[list[int]]:
        """By row, those that have to be written before: whom it names, and who had its name.

        Those of one name lead to each other, since they are for one record.
        """
        seen: dict[int, int] = {}
        ways: list[list[int]] = []
        for place, own in enumerate(self._own):
            ways.append([seen[name] for name in own if name in seen])
            for other in ways[place]:
                ways[other].append(place)
            seen.update(dict.fromkeys(own, place))
        for place, named in enumerate(self._named):
            ways[place] += [seen[name] for name in named if name in seen]
        return ways

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
