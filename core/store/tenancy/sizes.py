"""Which tenants have their statements planned once, and not for the values of each run."""

from __future__ import annotations

import time

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.recent import Recent
from core.store.tenancy import sampling

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
    """What is remembered of tenants' sizes. A wrong guess costs time, never an answer.

    Of a small tenant any plan will do. Of one that the planner does not know yet, among others that
    it does, a plan for its values is for a tenant without records, and the worst there is: it took
    more than 20 s for three references over 700 records. One for any tenant took 10 ms.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: Recent[TenantId, tuple[bool, float]] = Recent(TENANTS_KEPT)

    async def keeps_plans(self, tenant: TenantId) -> bool:
        """Whether the tenant was small when it was last counted, or unknown to the planner.

        Raises:
            Timeout: it took longer than a statement may.
            Unavailable: the database cannot be reached, or the connection was lost.
        """
        known = self._kept.get(tenant)
        now = time.monotonic()
        if known is not None and now < known[1]:
            return known[0]
        keeps = await self._is_small(tenant) or await self._is_unknown(tenant)
        self._kept.keep(tenant, (keeps, now + LOOKED_AT_AGAIN))
        return keeps

    def forget(self, tenant: TenantId) -> None:
        """Count the tenant's records when it is next asked for."""
        self._kept.drop(tenant)

    async def _is_small(self, tenant: TenantId) -> bool:
        async with self._database.reading(tenant, "generic") as connection:
            small: bool = await connection.fetchval(_COUNT, tenant)
        return small

    async def _is_unknown(self, tenant: TenantId) -> bool:
        return await sampling.estimate(tenant, self._database) < SMALL / 2
