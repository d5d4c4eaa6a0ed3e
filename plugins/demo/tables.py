"""What is made up: rows of one object, ready to be imported."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

KEY = "external_id"
CHINA = timezone(timedelta(hours=8))
MONTHS = 18
"""How far the opportunities reach back."""

Rows = Iterable[Mapping[str, Any]]
Begun = dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one object by field key. References name records by their `external_id`."""

    object: str
    rows: Rows
    references: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class World:
    """What all that is made up goes by. Each subject draws from a sequence of its own, so that
    a change to one leaves the others as they were."""

    seed: int
    as_of: date

    @property
    def start(self) -> date:
        return self.as_of - timedelta(days=MONTHS * 30)

    def dice(self, subject: str) -> random.Random:
        return random.Random(f"{self.seed}/{subject}")

    def workday(self, day: date) -> date:
        """The day, or the Friday before where it is a weekend."""
        return day - timedelta(days=max(0, day.weekday() - 4))

    def moment(self, dice: random.Random, day: date) -> datetime:
        """Some moment of the day's work, never after the beginning of `as_of`."""
        seconds = dice.randrange(8 * 3600, 19 * 3600)
        found = datetime.combine(day, time(), CHINA) + timedelta(seconds=seconds)
        return min(found, datetime.combine(self.as_of, time(), CHINA))


def earlier(world: World, table: Table, under: str = "", begun: Begun | None = None) -> Table:
    """The same rows, made within the two years before the opportunities begin.

    None is made before what it is under; `begun` tells by key when that was, and is added to.
    """
    dice = world.dice(f"{table.object} dates")
    begun = {} if begun is None else begun

    def rows() -> Rows:
        for row in table.rows:
            day = world.workday(world.start - timedelta(days=dice.randint(7, 730)))
            moment = world.moment(dice, day)
            moment = begun[row[KEY]] = max(moment, begun.get(row.get(under, ""), moment))
            yield {**row, "created_at": moment.isoformat()}

    return Table(table.object, rows(), table.references)


def filled(**values: Any) -> dict[str, Any]:
    """A row of the values that are not None."""
    return {key: value for key, value in values.items() if value is not None}
