"""What the planner knows of the tables, after much has come in at once."""

from __future__ import annotations

from core.identity import TenantId
from core.store.connections import Database

MANY = 1_000
"""So many new records that plans made for the tables before would be poor ones."""
_REFRESH = "analyze record, change, tree_node, unique_key, stage_history"


async def refresh(tenant: TenantId, database: Database) -> None:
    """Count and sample the tables now; the server does the same by itself, a moment later.

    Without it, a sum over 20,000 nodes that were just loaded ran into the deadline of 5 s.
    """
    async with database.transaction(tenant) as connection:
        await connection.execute("set local statement_timeout = 0")
        await connection.execute(_REFRESH)
