"""Whose rows a connection sees, whatever was done with it before."""

from __future__ import annotations

import asyncpg
import pytest

from core.identity import TenantId
from core.store.connections import Database

WHO = "select current_setting('dealgraph.tenant', true)"


async def test_reads_as_the_tenant_it_is_asked_for(
    database: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    for asked in (tenant, other_tenant, tenant, tenant):
        async with database.reading(asked) as connection:
            assert await connection.fetchval(WHO) == str(asked)
        async with database.transaction(asked) as connection:
            assert await connection.fetchval(WHO) == str(asked)


async def test_a_statement_without_a_tenant_fails(database: Database, tenant: TenantId) -> None:
    async with database.reading(tenant) as connection:
        await connection.fetch("select from read.record")
    for table in ("read.record", "record", "token", "read.token"):
        with pytest.raises(asyncpg.PostgresError):
            async with database.unscoped() as connection:
                await connection.fetch(f"select from {table}")
