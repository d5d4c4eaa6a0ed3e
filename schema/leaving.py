"""Clients that leave before they are answered."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final

from starlette.types import Receive

_SOON: Final = 0.2
"""Seconds in which most answers are there: nobody looks before, which would cost each of them."""


class Disconnected(Exception):
    """Nobody waits for an answer any more."""


class Awaited:
    """Gives up what runs inside as soon as its client has left.

    `receive` is the request's, whose body was read or never comes; None: nobody can leave.

    Raises:
        Disconnected: the client left.
    """

    __slots__ = ("_has_left", "_later", "_looking", "_receive", "_task")

    def __init__(self, receive: Receive | None) -> None:
        self._receive = receive
        self._has_left = False
        self._later: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._task: asyncio.Task[object] | None = None

    async def __aenter__(self) -> None:
        if self._receive is not None:
            self._task = asyncio.current_task()
            self._later = asyncio.get_running_loop().call_later(_SOON, self._look)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._later is not None:
            self._later.cancel()
        if self._looking is not None:
            self._looking.cancel()
        if self._has_left and self._task is not None:
            others = self._task.uncancel()  # whoever else has it cancelled wants it to end
            if others == 0 and kind is asyncio.CancelledError:
                raise Disconnected from error

    def _look(self) -> None:
        self._looking = asyncio.create_task(self._until_it_leaves())

    async def _until_it_leaves(self) -> None:
        assert self._receive is not None
        assert self._task is not None
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._has_left = True
        self._task.cancel()
