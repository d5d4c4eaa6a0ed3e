"""What has come in of late, of which the planner may know nothing yet.

PostgreSQL samples a table by itself once a tenth of it is new (of `record`, a fiftieth), at most
every minute. Until then an object with 20,000 new records counts as one of a single record, and a
query that joins it took 5 seconds instead of 8 ms. So whoever writes many records has the tables
sampled. In a database that was made just now few are many: as long as it knows of none at all, a
filter over three references ran into the deadline of 5 seconds with 90 records.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from core.errors import DealgraphError
from core.identity import TenantId
from core.store.database.connections import Database
from core.store.recent import Recent
from core.store.tenancy import sampling
from core.store.tenancy.sizes import Sizes

OBJECTS_KEPT = 20_000

_log = logging.getLogger("dealgraph")


class Growth:
    """Counts the records that this process creates, and looks at every doubling of an object's."""

    def __init__(self, database: Database, sizes: Sizes) -> None:
        self._database = database
        self._sizes = sizes
        self._created: Recent[tuple[TenantId, str], int] = Recent(OBJECTS_KEPT)
        self._looking: asyncio.Task[None] | None = None

    def note(self, tenant: TenantId, created: Mapping[str, int]) -> None:
        """So many records of each object were committed."""
        for object_key, count in created.items():
            before = self._created.get((tenant, object_key)) or 0
            after = self._created.keep((tenant, object_key), before + count)
            if _doublings(after) > _doublings(before):
                self._sizes.forget(tenant)
                if self._looking is None or self._looking.done():
                    self._looking = asyncio.create_task(self._look(tenant, object_key, after))

    async def looked(self) -> None:
        """Come back once no look is under way."""
        if self._looking is not None:
            await self._looking

    async def _look(self, tenant: TenantId, object_key: str, created: int) -> None:
        try:
            if await self._is_news(tenant, object_key, created):
                await sampling.refresh(tenant, self._database)
        except DealgraphError as error:
            _log.warning("The tables were not sampled: %s", error)

    async def _is_news(self, tenant: TenantId, object_key: str, created: int) -> bool:
        """Whether the planner reckons with far fewer: of the object, or of all where they are few."""
        if created < sampling.MANY:
            if self._database.on_citus:
                return False  # its coordinator holds no records, and so always counts none
            return await sampling.counted(tenant, self._database) < created
        return await sampling.estimate(tenant, self._database, object_key) < created / 2


def _doublings(created: int) -> int:
    """How often the first records that are worth a look have been doubled; 0 for fewer."""
    return (created // sampling.SOME).bit_length()
