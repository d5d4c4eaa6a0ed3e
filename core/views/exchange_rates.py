"""What other currencies are worth in the tenant's own."""

from __future__ import annotations

from core.identity import Actor
from core.store.computed import rates
from core.store.computed.rates import Rate
from core.store.tenancy.opening import Store

MOST = 1_000


async def newest(actor: Actor, store: Store, currency: str | None = None) -> list[Rate]:
    """Rates of one currency or of all, the newest first, at most 1,000."""
    return await rates.newest(actor.tenant, store.database, currency, MOST)
