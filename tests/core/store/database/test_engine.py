"""Models that query on the connection they are given, from wherever they are asked."""

from __future__ import annotations

import asyncio
import contextvars
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError

from core.identity import TenantId
from core.store.database import tables
from core.store.database.connections import Database
from core.store.database.engine import on


async def add(database: Database, tenant: TenantId) -> None:
    async with database.transaction(tenant) as connection:
        await tables.MetadataDraft.create(
            using_db=on(connection),
            tenant_id=tenant,
            version=1,
            documents={"amount": "1.50", "list": [1, None]},
            updated_at=datetime.now(UTC),
        )


async def drafts(database: Database, tenant: TenantId) -> list[dict[str, object]]:
    async with database.reading(tenant) as connection:
        found: list[dict[str, object]] = (
            await tables.MetadataDraft.filter(tenant_id=tenant)
            .using_db(on(connection))
            .values("version", "documents")
        )
    return found


async def test_works_in_a_request_that_inherits_no_context(
    database: Database, tenant: TenantId
) -> None:
    for work in (add(database, tenant), drafts(database, tenant), drafts(database, tenant)):
        answer = await asyncio.create_task(work, context=contextvars.Context())
    assert answer == [{"version": 1, "documents": {"amount": "1.50", "list": [1, None]}}]


async def test_runs_in_the_callers_transaction(database: Database, tenant: TenantId) -> None:
    async def fail() -> None:
        async with database.transaction(tenant) as connection:
            await tables.Counter.create(using_db=on(connection), tenant_id=tenant, key="a", value=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.reading(tenant) as connection:
        assert await tables.Counter.filter(tenant_id=tenant).using_db(on(connection)).count() == 0


async def test_sees_the_tenant_of_the_connection_alone(
    database: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    await add(database, tenant)
    async with database.reading(other_tenant) as connection:
        everything = await tables.MetadataDraft.all().using_db(on(connection)).values("version")
        theirs = tables.MetadataDraft.filter(tenant_id=tenant).using_db(on(connection))
        assert (everything, await theirs.values("version")) == ([], [])


async def test_an_error_leaves_the_connection_usable(database: Database, tenant: TenantId) -> None:
    await add(database, tenant)
    with pytest.raises(IntegrityError):
        await add(database, tenant)
    assert len(await drafts(database, tenant)) == 1


async def test_a_clients_own_connection_is_never_opened() -> None:
    with pytest.raises(RuntimeError):
        await tables.Token.filter(tenant_id=uuid4()).values("id")
