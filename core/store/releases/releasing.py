"""Making a version the tenant's newest: everything that must be true at the same moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from core.identity import TenantId
from core.store.releases import planting, reclaiming
from core.store.tenancy import publishing
from core.store.tenancy.opening import Store
from core.store.tenancy.publishing import Version
from core.store.writing.transactions import Transaction
from metadata.published import Published

_SINCE = """
    select least(now() - interval '1 minute', min(xact_start)) from pg_stat_activity
    where datname = current_database()
"""
_BACK = """
    select o.key from unnest($2::text[]) as o (key)
    where exists (
        select from record as t
        where t.tenant_id = $1 and t.object = o.key and t.deleted_at is null)
"""


@dataclass(frozen=True, slots=True)
class Release:
    """A version to be, with what it declares."""

    new: Published
    version: Version


async def before_open_writes(tenant: TenantId, store: Store) -> datetime:
    """Before any write that is still open began, which may be a whole import, by the server's clock.

    Writes of other logins, whose beginnings are not shown, are taken to last a minute at most.
    """
    async with store.database.reading(tenant) as connection:
        since: datetime = await connection.fetchval(_SINCE)
        return since


async def release(tx: Transaction, release: Release) -> None:
    """Publish the version, and what cannot wait: unique claims and trees.

    The transaction holds the fence alone.
    """
    there = await _there(tx, release.new)
    await reclaiming.reclaim(tx, release.new, there)
    await publishing.add(tx.tenant, tx.connection, release.version)
    after = replace(tx, head=replace(tx.head, published=release.new))
    await planting.plant(after, tx.published, there)


async def _there(tx: Transaction, new: Published) -> list[str]:
    """The objects that may have records: those that were, and those that were gone and come back."""
    old = tx.published.metadata.objects
    fresh = [key for key in new.metadata.objects if key not in old]
    back = await tx.connection.fetch(_BACK, tx.tenant, fresh) if fresh else ()
    return [*old, *(key for (key,) in back)]
