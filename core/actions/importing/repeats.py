"""Which rows of a step are for the same record, told before any of them is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from zoneinfo import ZoneInfo

from core.actions.importing.cells import folded
from core.actions.importing.mapping import Existing
from core.actions.importing.planning import Job
from core.actions.importing.preparing import preparer
from core.actions.importing.producing import rows_of
from core.actions.importing.rows import Row
from metadata.model import Metadata

BITS = 1 << 26
"""Of what was seen: so many that of a million rows one in a hundred is taken for another's."""

MOST = 100_000
"""Rows that are joined to others. Of more, as where a file of orders repeats their customers, each
is written in its turn: they would all have to be kept until the end.
"""

TOLD_EVERY = 10_000
"""Rows after which it is told how far the look has come."""


class Repeats:
    """The keys that more than one row of a step has, as they are written in the file and folded;
    and a few others, since they are hashed.
    """

    def __init__(self, places: Sequence[int] = (), found: Collection[int] = ()) -> None:
        """`places` are those of the key's cells in a row."""
        self._places = places
        self._found = found

    def has(self, row: Row) -> bool:
        """Whether there may be another row for the same record."""
        return bool(self._found) and _hashed(row, self._places) in self._found


Told = Callable[[str, float], object]
"""Hears how much of a feed was looked through."""


def repeats(job: Job, metadata: Metadata, zone: ZoneInfo, told: Told) -> Repeats:
    """What a look through the keys of all rows finds, where rows update records and not too many.

    Raises:
        Refused: a file changed since it was looked through.
    """
    step = job.step
    if step.key is None or step.existing is not Existing.UPDATE:
        return Repeats()
    making = preparer(step, metadata, zone)
    sources = [source for key, source in step.fields.items() if key in making.key_fields]
    places = [step.columns.index(column) for source in sources for column in source.columns]
    seen, found, times = bytearray(BITS // 8), set(), 0
    for count, given in enumerate(rows_of(job)):
        if count % TOLD_EVERY == 0 and given.share is not None:
            told(job.feeds[given.feed].name, given.share())
        if given.row.flaw is None and making.wanted(given.row):
            key = _hashed(given.row, places)
            place, bit = key % BITS >> 3, 1 << (key & 7)
            if seen[place] & bit:
                found.add(key)
                times += 1
            if times > MOST:
                return Repeats()
            seen[place] |= bit
    return Repeats(places, found)


def _hashed(row: Row, places: Sequence[int]) -> int:
    """The same in every process, or which rows wait for others would differ from run to run."""
    key = "\0".join([folded(str(row.values[place])) for place in places])
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())
