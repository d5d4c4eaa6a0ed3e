"""The change log's epoch: which server's transaction ids the newest changes carry.

A reader sees changes below a horizon of transaction ids. After a dump and a restore the stored ids
are larger than any the new server gives out, so nothing would be visible for ages. So a log that
came from elsewhere, or back from a backup, ends its epoch: what is older is visible as a whole.
That is looked for whenever a tenant's metadata are loaded, so before anything is written for it.
"""

from __future__ import annotations

from asyncpg import Connection

from core.identity import TenantId
from core.store.database.connections import Database

_NEWEST = "select max(c.xact) from read.change as c where c.tenant_id = $1 and c.epoch = $2"


async def has_ended(tenant: TenantId, connection: Connection, epoch: int) -> bool:
    """Whether the tenant's newest change of the epoch is not older than the server's next one."""
    newest: int | None = await connection.fetchval(_NEWEST, tenant, epoch)
    if newest is None:
        return False
    following: int = await connection.fetchval("select pg_snapshot_xmax(pg_current_snapshot())")
    return newest >= following


async def advance(database: Database, beyond: int) -> int:
    """End the epoch `beyond`, unless someone has; the epoch that holds from now on."""
    async with database.unscoped() as connection:
        await connection.execute("update platform set epoch = epoch + 1 where epoch = $1", beyond)
        following: int = await connection.fetchval("select epoch from platform")
    return following
