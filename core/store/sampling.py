"""What the planner knows of the tables, after much has come in at once."""

from __future__ import annotations

import json

from core.identity import TenantId
from core.store.connections import Database

MANY = 1_000
"""So many new records that plans made for the tables before would be poor ones."""
FEW = 1_000_000
"""Records of which a smaller sample tells enough: it takes 0.6 s after an import instead of 2.7."""
_RECORDS = "select reltuples from pg_class where oid = 'record'::regclass"
_ESTIMATE = """
    explain (format json) select from read.record as r where r.tenant_id = $1 and r.object = $2
"""
_REFRESH = "analyze record, change, tree_node, unique_key, stage_history"


async def estimate(tenant: TenantId, database: Database, object: str) -> float:
    """How many records of an object the planner takes the tenant to have."""
    async with database.reading(tenant) as connection:
        plan = json.loads(await connection.fetchval(_ESTIMATE, tenant, object))
    return float(plan[0]["Plan"]["Plan Rows"])


async def refresh(tenant: TenantId, database: Database) -> None:
    """Count and sample the tables now; the server does the same by itself, a moment later.

    Without it, a sum over 20,000 nodes that were just loaded ran into the deadline of 5 s.
    """
    async with database.transaction(tenant) as connection:
        await connection.execute("set local statement_timeout = 0")
        if await connection.fetchval(_RECORDS) < FEW:
            await connection.execute("set local default_statistics_target = 30")
        await connection.execute(_REFRESH)
