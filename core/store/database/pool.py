"""Sessions to lend: the one that already has the tenant first, then the one unused for longest.

asyncpg's own pool resets a connection at each release, which wipes the tenant and costs a round
trip, and even without it a task and a timer. Lending an idle session here is a few list
operations.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from typing import TypeAlias

from asyncpg import InterfaceError, PostgresError

from core.errors import Unavailable
from core.identity import TenantId
from core.store.database.sessions import Opener, Session

PATIENCE = 10.0
"""Seconds that a request waits for others to give a session back."""
MENDING = 5.0
GRACE = 10.0
GOODBYE = 1.0
"""Seconds in which a server has to take leave of an idle session."""
SILENT = 5.0
"""Seconds in which the log is told but once why no session opens: requests ask all the time."""

GONE = (OSError, TimeoutError, PostgresError, InterfaceError)
"""What a session says whose server has gone."""

_log = logging.getLogger("dealgraph")


Waiter: TypeAlias = asyncio.Future[Session | None]


class Pool:
    """At most `size` sessions, opened when they are needed, lent to waiting tenants in turn."""

    def __init__(self, open_session: Opener, size: int, *, patience: float = PATIENCE) -> None:
        self._open_session = open_session
        self._size = size
        self._patience = patience
        self._opened = 0
        self._idle: list[Session] = []
        self._lent: set[Session] = set()
        self._waiting: dict[TenantId | None, deque[Waiter]] = {}  # in the order of their turns
        self._mending: set[asyncio.Task[None]] = set()
        self._closed = False
        self._silent_until = 0.0
        self._settled = asyncio.Event()

    def take_idle(self, tenant: TenantId | None) -> Session | None:
        """An idle session, set to this tenant if one is; None if one should be opened first."""
        while self._idle:
            index = self._best(tenant)
            if index is None:
                return None
            session = self._idle.pop(index)
            if not session.is_closed():
                self._lent.add(session)
                return session
            self._forget()
        return None

    def _best(self, tenant: TenantId | None) -> int | None:
        """The place of this tenant's session, else of nobody's, else of the one idle for longest."""
        idle = self._idle
        nobodys = None
        for index in range(len(idle) - 1, -1, -1):
            held = idle[index].tenant
            if held == tenant:
                return index
            if held is None:
                nobodys = index
        if nobodys is not None:
            return nobodys
        return 0 if self._opened >= self._size else None

    async def take(self, tenant: TenantId | None) -> Session:
        """A session: idle, new, or the next that comes back.

        Raises:
            Unavailable: the server cannot be reached, the pool is closed, or no session came
                back in time.
        """
        while not self._closed:
            session = self.take_idle(tenant)
            if session is None and self._opened < self._size:
                session = await self._open()
            if session is None:
                session = await self._next_returned(tenant)
            if session is not None:
                self._lent.add(session)
                return session
        raise Unavailable("The server is shutting down.")

    def give_back(self, session: Session) -> None:
        """Return a session; one that is not clean is mended first, beside the caller."""
        self._lent.discard(session)
        self._settled.set()
        if session.is_closed() or self._closed:
            self._drop(session)
        elif session.is_clean:
            self._offer(session)
        else:
            task = asyncio.get_running_loop().create_task(self._mend(session))
            self._mending.add(task)
            task.add_done_callback(self._mended)

    def drop_idle(self) -> None:
        """End the sessions that nobody has, as they lead to where nobody answers any more."""
        idle, self._idle = self._idle, []
        for session in idle:
            self._drop(session)

    async def close(self) -> None:
        """Close all sessions, those on loan when they come back or after a moment."""
        self._closed = True
        self._wake_all()
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(_part, idle))
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while self._lent or self._mending:
                    self._settled.clear()
                    await self._settled.wait()
        for session in self._lent:
            session.terminate()

    async def _open(self) -> Session:
        self._opened += 1
        try:
            return await self._open_session()
        except BaseException as error:
            self._opened -= 1
            self._wake_one(None)
            if isinstance(error, Unavailable):  # where the server is, and whose login: not for all
                self._tell(error.message)
                raise Unavailable("The database does not answer; try again soon.") from error
            raise

    def _tell(self, reason: str) -> None:
        now = time.monotonic()
        if now >= self._silent_until:
            self._silent_until = now + SILENT
            _log.warning(reason)

    async def _next_returned(self, tenant: TenantId | None) -> Session | None:
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiting.setdefault(tenant, deque()).append(waiter)
        timer = loop.call_later(self._patience, _give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                session = waiter.result()
                if session is not None:
                    self.give_back(session)
            raise
        finally:
            timer.cancel()

    def _offer(self, session: Session) -> None:
        if not self._wake_one(session):
            self._idle.append(session)

    def _wake_one(self, session: Session | None) -> bool:
        """Give it to who waits, tenant by tenant: who asks for much keeps nobody else waiting."""
        while self._waiting:
            tenant = next(iter(self._waiting))
            queue = self._waiting.pop(tenant)
            waiter = queue.popleft()
            if queue:
                self._waiting[tenant] = queue
            if not waiter.done():
                waiter.set_result(session)
                return True
        return False

    def _wake_all(self) -> None:
        while self._wake_one(None):
            pass

    def _drop(self, session: Session) -> None:
        session.terminate()
        self._forget()

    def _forget(self) -> None:
        self._opened -= 1
        self._wake_one(None)

    def _mended(self, task: asyncio.Task[None]) -> None:
        self._mending.discard(task)
        self._settled.set()

    async def _mend(self, session: Session) -> None:
        """End what a cancelled or careless borrower left running."""
        try:
            async with asyncio.timeout(MENDING):
                session._top_xact = None
                await session.execute("ROLLBACK")
        except GONE:
            self._drop(session)
            return
        self.give_back(session)


async def _part(session: Session) -> None:
    with suppress(*GONE):
        await session.close(timeout=GOODBYE)


def _give_up(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(
            Unavailable("All connections to the database are busy; try again soon.")
        )
