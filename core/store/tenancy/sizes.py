"""How large tenants are: by that it is decided whose statements are planned how."""

from __future__ import annotations

import time
from enum import Enum

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.recent import Recent
from core.store.tenancy import sampling

SMALL = 3_000
"""Records. Reading them all takes no longer than planning a list for its values."""
OUTSTANDING = 10
"""Times the records of an average tenant."""
LOOKED_AT_AGAIN = 300.0
"""Seconds after which a tenant is counted anew."""
TENANTS_KEPT = 5_000

_COUNT = f"""
    select count(*) <= {SMALL} from (
        select from read.record as r where r.tenant_id = $1 limit {SMALL + 1}) as counted
"""


class Size(Enum):
    """What is to be heeded where a plan is kept."""

    SMALL = "small"
    """Any plan will do; or the planner does not know the tenant yet."""
    LARGE = "large"
    OUTSTANDING = "outstanding"
    """So much larger than the average that plans for any tenant are bad ones for this."""


class Sizes:
    """What is remembered of tenants' sizes. A wrong guess costs time, never an answer.

    Of a tenant that the planner does not know yet, among others that it does, a plan for its
    values is for a tenant without records, and the worst there is: it took more than 20 s for
    three references over 700 records. One for any tenant took 10 ms.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: Recent[TenantId, tuple[Size, float]] = Recent(TENANTS_KEPT)

    async def of(self, tenant: TenantId) -> Size:
        """How large the tenant was when it was last counted.

        Raises:
            Timeout: it took longer than a statement may.
            Unavailable: the database cannot be reached, or the connection was lost.
        """
        known = self._kept.get(tenant)
        now = time.monotonic()
        if known is not None and now < known[1]:
            return known[0]
        size = await self._counted(tenant)
        self._kept.keep(tenant, (size, now + LOOKED_AT_AGAIN))
        return size

    def forget(self, tenant: TenantId) -> None:
        """Count the tenant's records when it is next asked for."""
        self._kept.drop(tenant)

    async def _counted(self, tenant: TenantId) -> Size:
        async with self._database.reading(tenant, "generic") as connection:
            if await connection.fetchval(_COUNT, tenant):
                return Size.SMALL
        found = await sampling.estimate(tenant, self._database)
        if found < SMALL / 2:
            return Size.SMALL
        average = await sampling.average(tenant, self._database)
        return Size.OUTSTANDING if found > OUTSTANDING * average else Size.LARGE
