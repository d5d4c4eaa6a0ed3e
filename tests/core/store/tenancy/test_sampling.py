"""What the planner knows of the tables."""

from __future__ import annotations

from uuid import uuid4

import pytest

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.tenancy import sampling
from tests.conftest import Urls

_ROWS = "select reltuples::bigint from pg_class where oid = 'unique_key'::regclass"
_INSERT = """
    insert into unique_key (tenant_id, object, constraint_key, value, record_id)
    values ($1, 'thing', 'code', $2, $3)
"""


async def test_the_application_may_have_the_tables_counted_anew(
    database: Database, tenant: TenantId
) -> None:
    async with database.transaction(tenant) as connection:
        rows = [(tenant, str(number), uuid4()) for number in range(2_000)]
        await connection.executemany(_INSERT, rows)
    await sampling.refresh(tenant, database)
    async with database.reading(tenant) as connection:
        assert await connection.fetchval(_ROWS) >= 2_000


async def test_tables_that_somebody_holds_are_not_waited_for_for_ever(
    database: Database, tenant: TenantId, urls: Urls, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(urls.owner) as other, other.transaction():
        await other.execute("lock table record in share update exclusive mode")  # as VACUUM does
        await sampling.refresh(tenant, database, patience=0.05)
    assert "The tables were not sampled" in caplog.text
