"""One connection: what it remembers of its tenant, how it opens, begins and ends a transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from asyncpg.transaction import Transaction, TransactionState

from core.identity import TenantId
from core.store.database import kept
from core.store.database.links import CONNECTING, UNREACHABLE, keep_alive, read, unreachable

SLACK = 10.0
"""Seconds after a statement's deadline in which its answer has to be here, or the server is gone."""
JSONB_VERSION = b"\x01"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts from here
FIRST_DAY = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)


class Session(asyncpg.Connection):  # type: ignore[misc]
    """An asyncpg connection that remembers the tenant the server holds for it.

    `tenant` is what was set and known to have arrived. Where `is_certain` is false the server may
    hold any tenant: an error or a cancellation came between.
    """

    __slots__ = ("is_certain", "tenant")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        kept.have(self)
        self.tenant: TenantId | None = None
        self.is_certain = True

    @property
    def is_clean(self) -> bool:
        """Whether the next one may have it as it is."""
        return not (self._protocol.is_in_transaction() or self._protocol._is_cancelling())


class Unit(Transaction):  # type: ignore[misc]
    """A transaction that begins with whatever statement it is given, in one round trip.

    asyncpg's own would need one for BEGIN and one for SET LOCAL. Cursors and savepoints
    (`connection.transaction()`) work inside.
    """

    __slots__ = ("_begin",)
    _state: TransactionState

    def __init__(self, session: Session, begin: str) -> None:
        super().__init__(session, None, False, False)
        self._begin = begin

    async def start(self) -> None:
        self._connection._top_xact = self
        try:
            await self._connection.execute(self._begin)
        except BaseException:
            self._connection._top_xact = None
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.STARTED

    async def roll_back(self) -> None:
        """Roll back, if there is still a connection to do it on."""
        if not self._connection.is_closed():
            await self.rollback()


Opener = Callable[[], Awaitable[Session]]


def opener(url: str, parameters: dict[str, str], patience: float | None = None) -> Opener:
    """What opens a session with these server parameters fixed from its start.

    A statement gets `patience` seconds: a network that swallows everything tells of no end.

    Raises, when called:
        Unavailable: the server cannot be reached.
    """

    async def open_session() -> Session:
        try:
            session: Session = await asyncpg.connect(
                read(url),
                timeout=CONNECTING,
                command_timeout=patience,
                connection_class=Session,
                server_settings={"application_name": "dealgraph", **parameters},
                statement_cache_size=kept.MOST,
                max_cacheable_statement_size=kept.LONGEST,
                max_cached_statement_lifetime=0,
            )
        except UNREACHABLE as error:
            raise unreachable(url, error) from error
        keep_alive(session)
        await _set_codecs(session)
        return session

    return open_session


async def _set_codecs(session: Session) -> None:
    """Our own, as asyncpg's turn the first and last day into infinities, which raise in sums."""
    await session.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=encode, decoder=decode, format="binary"
    )
    await session.set_type_codec(
        "date",
        schema="pg_catalog",
        encoder=lambda day: (day.toordinal() - FIRST_DAY,),
        decoder=lambda days: date.fromordinal(days[0] + FIRST_DAY),
        format="tuple",
    )
    await session.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        encoder=lambda instant: ((instant - EPOCH) // MICROSECOND,),
        decoder=lambda passed: EPOCH + passed[0] * MICROSECOND,
        format="tuple",
    )


def encode(value: object) -> bytes:
    """A value as jsonb; text and bytes are taken as JSON that is ready."""
    if isinstance(value, str):
        return JSONB_VERSION + value.encode()
    if isinstance(value, bytes):
        return JSONB_VERSION + value
    return JSONB_VERSION + msgspec.json.encode(value)


def decode(value: bytes) -> object:
    """A jsonb value in plain Python: decimals are strings in it."""
    return msgspec.json.decode(value[1:])
