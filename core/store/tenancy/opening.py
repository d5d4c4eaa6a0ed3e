"""The store that a process works with: its connections, the packs on offer, what it remembers."""

from __future__ import annotations

import asyncio
import logging
import time

from core.identity import TenantId
from core.packs.offer import Offer
from core.store.database.connections import Database
from core.store.plans.object_plans import ObjectPlan, plan_of
from core.store.recent import Recent
from core.store.tenancy import versions
from core.store.tenancy.autonumbers import Blocks
from core.store.tenancy.growth import Growth
from core.store.tenancy.sizes import Sizes
from core.store.tenancy.versions import Head, Known, Unaccepted
from metadata.model import Metadata
from metadata.published import Published
from metadata.storage import Storage

TENANTS_KEPT = 2_000
DRAFTS_KEPT = 4
PLANS_KEPT = 1_000
UNSETTLED_FOR = 1.0
"""Seconds for which a version with slots still filling is taken for what it is."""

_log = logging.getLogger("dealgraph")


class Store:
    """What every action and view works with. Holds nothing that the database doesn't know."""

    def __init__(self, database: Database, offer: Offer) -> None:
        self.database = database
        self.offer = offer
        self.drafts: Recent[tuple[bytes, frozenset[str]], Metadata] = Recent(DRAFTS_KEPT)
        """What drafts declare, by the digest of their layers and which of these are lax."""
        self.numbers = Blocks(database)
        self.sizes = Sizes(database)
        self.growth = Growth(database, self.sizes)
        self._heads: Recent[TenantId, tuple[Head, float]] = Recent(TENANTS_KEPT)
        self._loading: dict[TenantId, asyncio.Task[Head]] = {}
        self._versions = Known()
        self._refused: Recent[TenantId, str] = Recent(TENANTS_KEPT)
        self._plans: Recent[tuple[str, str, str], ObjectPlan] = Recent(PLANS_KEPT)

    async def head(self, tenant: TenantId) -> Head:
        """The tenant's published metadata, from memory in the steady state.

        Raises:
            NotFound: there is no such tenant, or it has published nothing.
        """
        known = self._known(tenant)
        if known is not None:
            return known
        task = self._loading.get(tenant)
        if task is None:
            task = self._loading[tenant] = asyncio.create_task(self._load(tenant))
            task.add_done_callback(_seen)
        return await asyncio.shield(task)  # others wait for it too

    async def _load(self, tenant: TenantId) -> Head:
        task = asyncio.current_task()
        try:
            head = await versions.load(tenant, self.database, self._versions)
            if self._loading.get(tenant) is task:  # nobody has forgotten the tenant meanwhile
                until = float("inf") if head.settled else time.monotonic() + UNSETTLED_FOR
                self._heads.keep(tenant, (head, until))
            return head
        except Unaccepted as error:
            self._tell(tenant, error.message)
            raise
        finally:
            if self._loading.get(tenant) is task:
                del self._loading[tenant]

    def _tell(self, tenant: TenantId, reason: str) -> None:
        """Have the log say it once: requests go on asking."""
        if self._refused.get(tenant) != reason:
            self._refused.keep(tenant, reason)
            _log.error("tenant %s is not served: %s", tenant, reason)

    def _known(self, tenant: TenantId) -> Head | None:
        found = self._heads.get(tenant)
        return found[0] if found is not None and time.monotonic() < found[1] else None

    async def published(self, tenant: TenantId) -> Published:
        """The tenant's published metadata alone."""
        known = self._known(tenant)
        return (known if known is not None else await self.head(tenant)).published

    async def newest(self, tenant: TenantId) -> Published:
        """The tenant's published metadata as the database has it now, whoever published it."""
        self.forget(tenant)
        return await self.published(tenant)

    def know(self, metadata: Metadata, storage: Storage) -> None:
        """Have at hand what was published: nobody needs to read it again."""
        self._versions.keep(metadata, storage)

    def forget(self, tenant: TenantId) -> None:
        """Look the tenant's metadata up again when it is next asked for."""
        self._heads.drop(tenant)
        self._loading.pop(tenant, None)

    def plan(self, published: Published, object: str) -> ObjectPlan:
        """How records of an object are written."""
        key = (*published.key, object)
        return self._plans.get_or(key, lambda: plan_of(published, object))


def _seen(task: asyncio.Task[Head]) -> None:
    """A failure is told to whoever still waits; nobody need."""
    if not task.cancelled():
        task.exception()
