"""Going on with what processes left that ended before a publish was settled."""

from __future__ import annotations

import logging

from core.errors import DealgraphError
from core.store import settling, tenants
from core.store.opening import Store

_log = logging.getLogger("dealgraph")


async def resume(store: Store) -> None:
    """Settle, tenant by tenant, what is left to be done: to be called when a server starts."""
    try:
        for tenant in await tenants.everyone(store.database):
            if await settling.is_due(tenant.id, store):
                await settling.settle(tenant.id, store)
    except DealgraphError as error:
        _log.warning("What a publish had left to be done was not: %s", error)
