"""Which rows of a step are for the same record, told before any of them is written."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from core.actions.importing.mapping import Existing
from core.actions.importing.planning import Job
from core.actions.importing.preparing import Prepared, Preparer, preparer
from core.actions.importing.producing import rows_of
from metadata.model import Metadata

BITS = 1 << 26
"""Of what was seen: so many that of a million rows one in a hundred is taken for another's."""


class Repeats:
    """The keys that more than one row of a step has; and a few others, since they are hashed."""

    def __init__(self, found: frozenset[int] = frozenset()) -> None:
        self._found = found

    def has(self, making: Preparer, prepared: Prepared) -> bool:
        """Whether there may be another row for the same record."""
        return bool(self._found) and hash(making.key_of(prepared)) in self._found


def repeats(job: Job, metadata: Metadata, zone: ZoneInfo) -> Repeats:
    """What a look through the keys of all rows finds; where rows update records, else nothing.

    Raises:
        Refused: a file changed since it was looked through.
    """
    step = job.step
    if step.key is None or step.existing is not Existing.UPDATE:
        return Repeats()
    keys = preparer(step, metadata, zone).key_fields
    fields = {key: source for key, source in step.fields.items() if key in keys}
    narrow = replace(step, fields=fields, entered={})
    making = preparer(narrow, metadata, zone)
    seen, found = bytearray(BITS // 8), set()
    for given in rows_of(Job(narrow, job.feeds)):
        if given.row.flaw is not None or not making.wanted(given.row):
            continue
        key = making.key_of(making.prepare(given.row))
        if key is not None:
            place, bit = divmod(hash(key) % BITS, 8)
            if seen[place] >> bit & 1:
                found.add(hash(key))
            seen[place] |= 1 << bit
    return Repeats(frozenset(found))
