"""Going on with what a publish leaves to be done, whatever came between."""

from __future__ import annotations

import asyncio
import logging

from core.errors import Conflict, DealgraphError, Timeout, Unavailable
from core.identity import TenantId
from core.store.releases import settling
from core.store.tenancy import tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Tenant

ATTEMPTS = 3
PAUSE = 1.0
"""Seconds after which it is tried again."""

_log = logging.getLogger("dealgraph")


async def persist(tenant: TenantId, store: Store, version: int) -> None:
    """Settle what the version that was just published leaves to be done.

    Raises:
        Unavailable: something came between each time. The version is published all the same.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await settling.settle(tenant, store)
            return
        except (Conflict, Timeout, Unavailable) as error:
            _log.warning("What version %d leaves to be done is not done: %s", version, error)
            if attempt == ATTEMPTS:
                raise Unavailable(
                    f"Version {version} is published, but what it changes in stored records is not"
                    f" all done: {error} The next start of a server goes on with it, and so does"
                    " publishing again."
                ) from error
            await asyncio.sleep(PAUSE)


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
