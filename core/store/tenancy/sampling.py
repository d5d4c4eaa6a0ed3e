"""What the planner knows of the tables, after much has come in at once."""

from __future__ import annotations

import json
import logging

from core.errors import DealgraphError
from core.identity import TenantId
from core.store.database.connections import Database
from core.store.database.sessions import SLACK

MANY = 1_000
"""So many new records that plans made for the tables before would be poor ones."""
SOME = 32
"""So many are more than a planner may leave out of account that knows of no records at all."""
FEW = 1_000_000
"""Records of which a smaller sample tells enough: it takes 0.6 s after an import instead of 2.7."""
PATIENCE = 60.0
"""Seconds that a sample of all tables may take; those of a million records take three."""
_RECORDS = "select reltuples from pg_class where oid = 'record'::regclass"
_OF_TENANT = "explain (format json) select from read.record as r where r.tenant_id = $1"
_OF_ANY = _OF_TENANT.replace("$1", "(select $1::uuid)")
_OF_OBJECT = f"{_OF_TENANT} and r.object = $2"
_REFRESH = "analyze record, change, tree_node, unique_key, stage_history"

_log = logging.getLogger("dealgraph")


async def estimate(tenant: TenantId, database: Database, object: str | None = None) -> float:
    """How many records, of an object or in all, the planner takes the tenant to have."""
    if object is None:
        return await _expected(tenant, database, _OF_TENANT)
    return await _expected(tenant, database, _OF_OBJECT, object)


async def average(tenant: TenantId, database: Database) -> float:
    """How many records the planner takes a tenant to have of which it does not know the id."""
    return await _expected(tenant, database, _OF_ANY)


async def _expected(tenant: TenantId, database: Database, explain: str, *more: str) -> float:
    async with database.reading(tenant) as connection:
        plan = json.loads(await connection.fetchval(explain, tenant, *more))
    return float(plan[0]["Plan"]["Plan Rows"])


async def counted(tenant: TenantId, database: Database) -> float:
    """How many records of all tenants there were when the table was last sampled; -1: it never was."""
    async with database.reading(tenant) as connection:
        return float(await connection.fetchval(_RECORDS))


async def refresh(tenant: TenantId, database: Database, *, patience: float = PATIENCE) -> None:
    """Count and sample the tables now; the server does the same by itself, a moment later.

    Without it, a sum over 20,000 nodes that were just loaded ran into the deadline of 5 s. Where
    it takes longer than the patience, as behind a VACUUM of somebody's, the log is told.
    """
    try:
        async with database.transaction(tenant) as connection:
            await connection.execute(f"set local statement_timeout = {int(patience * 1000)}")
            if await connection.fetchval(_RECORDS) < FEW:
                await connection.execute("set local default_statistics_target = 30")
            await connection.execute(_REFRESH, timeout=patience + SLACK)
    except DealgraphError as error:
        _log.warning("The tables were not sampled: %s", error)
