"""What an import did: how many rows became what, and which ones did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.actions.importing.rows import Flaw, Head

MOST_TOLD = 1_000
"""Rejected rows that a report holds; all of them go to the watcher."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not loaded, and everything that is wrong with it."""

    feed: str
    line: int
    flaws: tuple[Flaw, ...]
    head: Head | None  # of a CSV file
    whole: Any  # its cells, or the object, or the text that is neither


@dataclass(slots=True)
class Tally:
    """What became of the rows of one step."""

    object: str
    read: int = 0
    left_out: int = 0  # the step does not want them
    created: int = 0
    matched: int = 0  # records that were there, now with the row's values
    kept: int = 0  # records that were there and stay as they are
    rejected: int = 0
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def loaded(self) -> int:
        return self.created + self.matched + self.kept

    @property
    def waiting(self) -> int:
        """Rows that were read and of which nothing has become yet."""
        return self.read - self.loaded - self.left_out - self.rejected


@dataclass(slots=True)
class Report:
    """What became of all rows; `written` tells whether any of it stays."""

    steps: list[Tally] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    written: bool = True

    @property
    def rejected(self) -> int:
        return sum(step.rejected for step in self.steps)

    @property
    def loaded(self) -> int:
        return sum(step.loaded for step in self.steps)

    def reject(self, reject: Reject) -> None:
        """Count a row that was not loaded."""
        self.steps[-1].rejected += 1
        self.reasons.update({flaw.code for flaw in reject.flaws})
        if len(self.rejects) < MOST_TOLD:
            self.rejects.append(reject)


class Watcher(Protocol):
    """Who wants to know how an import comes along."""

    def begun(self) -> None:
        """It starts, or starts over because of what others wrote: forget all rejects."""

    def looked(self, feed: str, share: float) -> None:
        """So much of the feed was looked through for rows of one record; none is written yet."""

    def progressed(self, report: Report, feed: str, share: float) -> None:
        """A batch is committed; `share` of the feed was read."""

    def rejected(self, reject: Reject) -> None:
        """A row was not loaded."""
