"""A store without packs, and an administrator of a new tenant."""

from __future__ import annotations

import pytest

from core.actions.tenants import create_tenant
from core.identity import Actor, Role, TenantId
from core.packs.offer import Offer
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from tests.conftest import KEYS


@pytest.fixture
async def store(database: Database) -> Store:
    return Store(database, Offer({}))


@pytest.fixture
async def admin(store: Store) -> Actor:
    tenant = await create_tenant(store, Settings(key=f"publishing-{next(KEYS)}"))
    return Actor(TenantId(tenant.id), Role.ADMIN)
