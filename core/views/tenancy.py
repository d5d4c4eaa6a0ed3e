"""The asker's tenant, and what it may take from plugins."""

from __future__ import annotations

from collections.abc import Sequence

from core.identity import Actor
from core.packs.offer import Pack
from core.store.tenancy import tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Tenant


async def tenant(actor: Actor, store: Store) -> Tenant:
    """The tenant itself."""
    return await tenants.get(store.database, actor.tenant)


def packs(actor: Actor, store: Store) -> Sequence[Pack]:
    """The packs on offer, each after those that it requires."""
    return tuple(store.offer.packs.values())
