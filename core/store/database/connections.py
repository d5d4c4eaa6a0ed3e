"""Connections to PostgreSQL with a tenant set: the one way to reach a tenant's rows.

How the tenant is set is decided here. *session*: a pooled connection remembers the tenant that it
was set to and is set anew only when another asks, so the steady state costs no round trip.
*transaction*: one `BEGIN; SET LOCAL …` in front of each unit of work, for Citus and for poolers
that hand a session from one client to the next.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Literal

from asyncpg import Connection, PostgresError

from core.errors import Unavailable
from core.identity import TenantId
from core.store.database import engine, faults, sessions
from core.store.database.pool import Pool
from core.store.database.sessions import Session, Unit
from core.store.database.ways import PLANS, Options, Plan, Ways, ways_of

_log = logging.getLogger("dealgraph")

Isolation = Literal["read committed", "repeatable read", "serializable"]
UNSET = "RESET dealgraph.tenant"


class Database:
    """The connections of this process: a pool for custom plans and one for generic ones.

    Sizes are skewed between tenants, so what filters or sorts is planned for its values
    (`custom`); what reads by id or writes keeps one plan (`generic`).
    """

    def __init__(self, pools: Mapping[Plan, Pool], ways: Ways) -> None:
        self._pools = pools
        self._preludes = {plan: ways.prelude(plan) for plan in pools}
        self.in_transactions = ways.tenant_setting == "transaction"
        self.on_citus = ways.on_citus
        self.tenant_setting = ways.tenant_setting
        self.statement_timeout = ways.statement_timeout

    @classmethod
    async def open(cls, url: str, options: Options | None = None) -> Database:
        """Connect, and learn how the server wants the tenant set.

        Raises:
            Unavailable: the server cannot be reached.
        """
        options = options or Options()
        await engine.prepare()
        ways = await ways_of(url, options)
        pools = {
            plan: Pool(
                sessions.opener(url, ways.parameters(plan), options.patience), options.connections
            )
            for plan in PLANS
        }
        for pool in pools.values():
            pool.give_back(await pool.take(None))
        return cls(pools, ways)

    async def ping(self) -> None:
        """Come back once the server has answered what requests ask.

        Raises:
            Unavailable: it does not.
        """
        try:
            async with self.unscoped() as connection:
                await connection.execute("select from platform")  # `select 1` needs no rights
        except PostgresError as error:
            _log.error("the database refuses what every request asks: %s", error)
            raise Unavailable("The database refuses what every request asks.") from error

    async def close(self) -> None:
        """Close every connection, lent ones after a moment's grace."""
        for pool in self._pools.values():
            await pool.close()

    def reading(self, tenant: TenantId, plan: Plan = "custom") -> Reading | Writing:
        """A connection with the tenant set, for statements that read: `async with … as c`."""
        if self.in_transactions:
            begin = f"BEGIN READ ONLY{self._preludes[plan]}"
            return Writing(self._pools[plan], tenant, begin, remembers=False)
        return Reading(self._pools[plan], tenant)

    def transaction(
        self,
        tenant: TenantId,
        isolation: Isolation | None = None,
        plan: Plan = "generic",
        *,
        first: str = "",
    ) -> Writing:
        """A connection in a transaction, with the tenant set; an error rolls it back.

        `first` is a statement, without parameters, that goes with the BEGIN in one round trip.
        """
        begin = f"BEGIN ISOLATION LEVEL {isolation.upper()}" if isolation else "BEGIN"
        begin = f"{begin}{self._preludes[plan]}; {first}" if first else begin + self._preludes[plan]
        return Writing(self._pools[plan], tenant, begin, remembers=not self.in_transactions)

    def unscoped(self) -> Unscoped:
        """A connection with no tenant set, for the global tables: any other table fails."""
        return Unscoped(self._pools["generic"], None)


class Reading:
    """A connection on loan, set to a tenant outside any transaction."""

    __slots__ = ("_pool", "_session", "_tenant")

    def __init__(self, pool: Pool, tenant: TenantId | None) -> None:
        self._pool = pool
        self._tenant = tenant
        self._session: Session | None = None

    async def __aenter__(self) -> Connection:
        session = self._pool.take_idle(self._tenant) or await self._pool.take(self._tenant)
        self._session = session
        if session.tenant != self._tenant:
            await self._set(session)
        return session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        _give_back(self._pool, session, error)

    async def _set(self, session: Session) -> None:
        """Remember a tenant only after the server has it: until then nobody knows."""
        session.tenant = None
        session.is_certain = False
        try:
            await session.execute(f"SET dealgraph.tenant = '{self._tenant}'")
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        session.tenant = self._tenant
        session.is_certain = True


class Unscoped(Reading):
    """A connection on loan with no tenant."""

    __slots__ = ()

    async def __aenter__(self) -> Connection:
        session = self._pool.take_idle(None) or await self._pool.take(None)
        self._session = session
        if session.tenant is not None or not session.is_certain:
            await self._unset(session)
        return session

    async def _unset(self, session: Session) -> None:
        session.tenant = None
        session.is_certain = False
        try:
            await session.execute(UNSET)
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        session.is_certain = True


class Writing:
    """A connection on loan in a transaction that has the tenant set."""

    __slots__ = ("_begin", "_pool", "_remembers", "_session", "_tenant", "_unit")

    def __init__(self, pool: Pool, tenant: TenantId, begin: str, *, remembers: bool) -> None:
        self._pool = pool
        self._tenant = tenant
        self._begin = begin
        self._remembers = remembers
        self._session: Session | None = None
        self._unit: Unit | None = None

    async def __aenter__(self) -> Connection:
        tenant = self._tenant if self._remembers else None
        session = self._pool.take_idle(tenant) or await self._pool.take(self._tenant)
        begin = self._begin
        if not self._remembers or session.tenant != self._tenant:
            begin = f"{begin}; SET LOCAL dealgraph.tenant = '{self._tenant}'"
        self._session = session
        self._unit = Unit(session, begin)
        try:
            await self._unit.start()
        except BaseException as fault:
            self._return(session, fault)
            raise
        return session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, unit = self._session, self._unit
        if session is None or unit is None:
            return
        if faults.ends_session(error):  # it would not hear of a rollback either
            session.terminate()
        try:
            await (unit.commit() if kind is None else unit.roll_back())
        except BaseException as fault:
            self._return(session, fault)
            raise
        self._return(session, error)

    def _return(self, session: Session, fault: BaseException | None) -> None:
        self._session = None
        _give_back(self._pool, session, fault)


def _give_back(pool: Pool, session: Session, fault: BaseException | None) -> None:
    """Return a session: after a fault nobody knows its tenant, nor whether it still lives."""
    if fault is not None:
        session.tenant = None
        session.is_certain = False
    if faults.ends_session(fault):
        session.terminate()
    closed = session.is_closed()
    if faults.ends_others(fault):
        pool.drop_idle()
    pool.give_back(session)
    faults.tell(fault, closed=closed)
