"""How pursuits go through the stages of the `sales` pipeline, day by day."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.demo.tables import World

OPEN = ("initial", "qualified", "solution", "negotiation")
CLOSED = ("won", "lost", "invalid")
_DAYS = {"initial": 14, "qualified": 24, "solution": 34, "negotiation": 26}
_ADVANCES = {"initial": 0.66, "qualified": 0.7, "solution": 0.68, "negotiation": 0.66}
_LOST = (
    "price",
    "product_fit",
    "relationship",
    "timing",
    "competitor",
    "budget_cancelled",
    "no_decision",
)
_WON = ("price", "product_fit", "relationship", "service")
_INVALID = ("duplicate", "not_real", "out_of_scope", "tender_failed")


@dataclass(frozen=True, slots=True)
class Entry:
    """That a pursuit entered a stage on a day."""

    stage: str
    day: date
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """Where a pursuit has been, and when it was or is to be decided."""

    entries: tuple[Entry, ...]
    decided: date

    @property
    def stage(self) -> str:
        return self.entries[-1].stage

    @property
    def open(self) -> bool:
        return self.stage in OPEN

    @property
    def progress(self) -> int:
        """How far it came: the index of the furthest open stage."""
        return max(OPEN.index(entry.stage) for entry in self.entries if entry.stage in OPEN)

    @property
    def begun(self) -> date:
        return self.entries[0].day


def course(world: World, dice: random.Random, fitness: float) -> Course:
    """A course that begins within the last eighteen months; the fitter, the more it wins."""
    day = _beginning(world, dice)
    index = 1 if dice.random() < 0.12 else 0
    entries = [Entry(OPEN[index], day)]
    while True:
        stay = max(1, round(dice.lognormvariate(0, 0.6) * _DAYS[OPEN[index]]))
        day = world.workday(day + timedelta(days=stay))
        if day >= world.as_of:
            return Course(tuple(entries), _expected(world, dice, day, index))
        step = _next(dice, index, fitness)
        if step in CLOSED:
            entries.append(Entry(step, day, _reason(dice, step)))
            if step == "lost" and dice.random() < 0.06 and _again(world, dice, entries):
                index, day = OPEN.index(entries[-1].stage), entries[-1].day
                continue
            return Course(tuple(entries), day)
        index = OPEN.index(step)
        entries.append(Entry(step, day))


def _beginning(world: World, dice: random.Random) -> date:
    """More of late than long ago: the business grows."""
    days = (world.as_of - world.start).days
    since = max(2, round(days * dice.betavariate(1.3, 1)) - 1)  # no Friday before the beginning
    return world.workday(world.start + timedelta(days=since))


def _next(dice: random.Random, index: int, fitness: float) -> str:
    if dice.random() < _ADVANCES[OPEN[index]] * fitness:
        if index == len(OPEN) - 1:
            return "won"
        return OPEN[min(index + (2 if dice.random() < 0.08 else 1), len(OPEN) - 1)]
    if index > 0 and dice.random() < 0.15:
        return OPEN[index - 1]
    return "invalid" if dice.random() < 0.12 else "lost"


def _again(world: World, dice: random.Random, entries: list[Entry]) -> bool:
    """Whether a lost pursuit is taken up again; then it is among the entries."""
    day = world.workday(entries[-1].day + timedelta(days=dice.randint(20, 90)))
    if day >= world.as_of:
        return False
    entries.append(Entry("qualified", day))
    return True


def _expected(world: World, dice: random.Random, leaves: date, index: int) -> date:
    """When an open pursuit is expected to be decided; now and then that day has passed."""
    left = sum(_DAYS[stage] for stage in OPEN[index + 1 :])
    if dice.random() < 0.1:
        return world.workday(world.as_of - timedelta(days=dice.randint(1, 40)))
    more = timedelta(days=round(left * dice.uniform(0.7, 1.6)) + 3)
    return world.workday(max(leaves, world.as_of) + more)


def _reason(dice: random.Random, stage: str) -> str:
    return dice.choice({"won": _WON, "lost": _LOST, "invalid": _INVALID}[stage])
