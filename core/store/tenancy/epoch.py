"""The change log's epoch: which server's transaction ids the newest changes carry.

A reader sees changes below a horizon of transaction ids. After a dump and a restore the stored ids
are larger than any the new server gives out, so nothing would be visible for ages. So a log that
came from elsewhere, or back from a backup, ends its epoch: what is older is visible as a whole.
"""

from __future__ import annotations

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.tenancy import tenants


async def settle(database: Database) -> int:
    """The current epoch; raised first if a stored change is not older than the server's next one.

    Looks at each tenant's newest change once: to be called when a server starts.
    """
    epoch = await current(database)
    newest = [
        await _newest_change(tenant.id, database, epoch)
        for tenant in await tenants.everyone(database)
    ]
    if max(newest, default=0) >= await _next_transaction(database):
        return await advance(database, epoch)
    return epoch


async def current(database: Database) -> int:
    """The epoch that changes are written in."""
    async with database.unscoped() as connection:
        epoch: int = await connection.fetchval("select epoch from platform")
    return epoch


async def advance(database: Database, beyond: int) -> int:
    """End the epoch `beyond`, unless someone has; the epoch that holds from now on."""
    async with database.unscoped() as connection:
        await connection.execute("update platform set epoch = epoch + 1 where epoch = $1", beyond)
    return await current(database)


async def _next_transaction(database: Database) -> int:
    async with database.unscoped() as connection:
        following: int = await connection.fetchval("select pg_snapshot_xmax(pg_current_snapshot())")
    return following


async def _newest_change(tenant: TenantId, database: Database, epoch: int) -> int:
    async with database.reading(tenant, "generic") as connection:
        newest: int | None = await connection.fetchval(
            "select max(xact) from read.change where tenant_id = $1 and epoch = $2", tenant, epoch
        )
    return newest or 0
