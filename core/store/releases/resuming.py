"""Going on with what processes left that ended before a publish was settled."""

from __future__ import annotations

import logging

from core.errors import DealgraphError
from core.store.releases import settling
from core.store.tenancy import tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Tenant

_log = logging.getLogger("dealgraph")


async def resume(store: Store) -> None:
    """Settle, tenant by tenant, what is left to be done: to be called when a server starts."""
    try:
        everyone = await tenants.everyone(store.database)
    except DealgraphError as error:
        _log.warning("Nobody looked for what publishes had left to be done: %s", error)
        return
    for tenant in everyone:
        await _go_on(tenant, store)


async def _go_on(tenant: Tenant, store: Store) -> None:
    """Settle what is left for one tenant; what is wrong with it keeps no other waiting."""
    try:
        if await settling.is_due(tenant.id, store):
            await settling.settle(tenant.id, store)
    except DealgraphError as error:
        _log.warning(
            "What a publish of tenant %s had left to be done was not: %s", tenant.key, error
        )
