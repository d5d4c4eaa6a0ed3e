"""Which tenants are so small that any plan of a statement will do."""

from __future__ import annotations

import time

from core.identity import TenantId
from core.store import asking
from core.store.asking import Ask
from core.store.connections import Database
from core.store.recent import Recent

SMALL = 3_000
"""Records. Reading them all takes no longer than planning a list for its values."""
LOOKED_AT_AGAIN = 300.0
"""Seconds after which a tenant is counted anew."""
TENANTS_KEPT = 5_000

_COUNT = f"""
    select count(*) <= {SMALL} from (
        select from read.record as r where r.tenant_id = $1 limit {SMALL + 1}) as counted
"""


class Sizes:
    """What is remembered of tenants' sizes. A wrong guess costs time, never an answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._small: Recent[TenantId, tuple[bool, float]] = Recent(TENANTS_KEPT)

    async def is_small(self, tenant: TenantId) -> bool:
        """Whether the tenant had few records when it was last counted.

        Raises:
            Timeout, Unavailable: as `asking.row`.
        """
        known = self._small.get(tenant)
        now = time.monotonic()
        if known is not None and now < known[1]:
            return known[0]
        reading = self._database.reading(tenant, "generic")
        small: bool = (await asking.row(tenant, reading, Ask(_COUNT, [tenant])))[0]
        self._small.keep(tenant, (small, now + LOOKED_AT_AGAIN))
        return small

    def forget(self, tenant: TenantId) -> None:
        """Count the tenant's records when it is next asked for."""
        self._small.drop(tenant)
