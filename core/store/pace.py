"""Turns for others while many records are computed, and an end where it takes too long.

A process has one thread: 500 records with long formulas kept it from all other tenants for 20 s.
"""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic

from core.errors import Timeout

TURN = 0.02
"""Seconds after which others have their turn."""


class Pace:
    """One piece of work over many records, of which each is computed at once."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long it may take; 0: as long as it takes."""
        self._turned = monotonic()
        self._end = self._turned + seconds if seconds else inf

    async def next(self) -> None:
        """Before the next record: let others have their turn where it is time.

        Raises:
            Timeout: it has taken longer than it may.
        """
        now = monotonic()
        if now - self._turned < TURN:
            return
        if now > self._end:
            raise Timeout("The deadline passed before all records were computed.")
        await asyncio.sleep(0)
        self._turned = monotonic()
