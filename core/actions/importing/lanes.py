"""A few pieces of work at a time, but never two that touch the same keys."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

Keys = frozenset[object]


class Lanes:
    """Runs at most `width` pieces of work side by side; the first failure ends them all."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._running: dict[asyncio.Task[None], Keys] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            while kind is None and self._running:
                await self._one_ends()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            self._running.clear()

    async def start(self, keys: Keys, work: Coroutine[Any, Any, None]) -> None:
        """Begin when there is a free lane and nobody works on one of these keys."""
        try:
            while len(self._running) >= self._width or self._busy(keys):
                await self._one_ends()
        except BaseException:
            work.close()
            raise
        self._running[asyncio.create_task(work)] = keys

    def _busy(self, keys: Keys) -> bool:
        return any(not keys.isdisjoint(others) for others in self._running.values())

    async def _one_ends(self) -> None:
        done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del self._running[task]
        await asyncio.gather(*done)  # where several failed at once, it takes note of all of them
