"""The same store on a Citus cluster: nothing in it assumes one node."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from core.errors import Unavailable
from core.identity import Role, TenantId
from core.store.database import fitness, migrating
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.database.ways import Options
from core.store.tenancy import epoch, tokens
from tests.conftest import Urls, a_tenant

INSERT = (
    "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
    " metadata_version, n01, r01, tokens) values ($1, $2, 'account', 1, $3, now(), now(), 1, $4,"
    " $5, $6)"
)
CHANGE = (
    "insert into change (tenant_id, epoch, seq, record_id, object, version, kind, source,"
    " metadata_version, after) values ($1, 1, $2, $3, 'account', 1, 'create', 'api', 1, $4)"
)


@pytest.fixture
async def one(citus: Database) -> TenantId:
    return await a_tenant(citus)


@pytest.fixture
async def two(citus: Database) -> TenantId:
    return await a_tenant(citus)


async def add_record(
    database: Database, tenant: TenantId, *, parent: UUID | None = None, amount: int = 1
) -> UUID:
    made = uuid4()
    async with database.transaction(tenant) as connection:
        values = (tenant, made, {"a": "1.50"}, Decimal(amount), parent, ["华", "华为"])
        await connection.execute(INSERT, *values)
    return made


async def test_tables_are_spread_by_tenant_and_lie_together(citus_urls: Urls) -> None:
    async with connected(citus_urls.superuser) as connection:
        rows = await connection.fetch(
            "select table_name::text, citus_table_type, colocation_id from citus_tables"
        )
    kinds = {row["table_name"]: row["citus_table_type"] for row in rows}
    assert {name for name, kind in kinds.items() if kind == "reference"} == {"tenant", "platform"}
    together = {row["colocation_id"] for row in rows if row["citus_table_type"] == "distributed"}
    assert len(together) == 1
    assert len(kinds) == 15


async def test_migrating_again_does_nothing(citus_urls: Urls) -> None:
    assert await migrating.migrate(citus_urls.owner) == []
    await fitness.check(citus_urls.app)


async def test_the_tenant_is_set_by_transaction(citus: Database, citus_urls: Urls) -> None:
    assert citus.tenant_setting == "transaction"
    with pytest.raises(Unavailable, match="DEALGRAPH_TENANT_SETTING"):
        await Database.open(citus_urls.app, Options("session"))


async def test_each_tenant_sees_its_own(citus: Database, one: TenantId, two: TenantId) -> None:
    await add_record(citus, one)
    for tenant, rows in ((one, 1), (two, 0), (one, 1)):
        for table in ("record", "read.record"):
            async with citus.reading(tenant) as connection:
                assert await connection.fetchval(f"select count(*) from {table}") == rows
                count = f"select count(*) from {table} where tenant_id = $1"
                assert await connection.fetchval(count, one) == rows


async def test_nobody_writes_to_another(citus: Database, one: TenantId, two: TenantId) -> None:
    made = await add_record(citus, one)
    async with citus.transaction(two) as connection:
        update = "update record set version = 2 where tenant_id = $1 and id = $2"
        assert await connection.execute(update, one, made) == "UPDATE 0"
        delete = "delete from record where tenant_id = $1 and id = $2"
        assert await connection.execute(delete, one, made) == "DELETE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with citus.transaction(two) as connection:
            await connection.execute(INSERT, one, uuid4(), {}, None, None, None)


async def test_without_a_tenant_a_statement_fails(citus: Database, one: TenantId) -> None:
    await add_record(citus, one)
    for table in ("record", "read.record", "token"):
        with pytest.raises(asyncpg.PostgresError):
            async with citus.unscoped() as connection:
                await connection.fetch(f"select from {table}")


async def test_a_reference_stays_within_the_tenant(
    citus: Database, one: TenantId, two: TenantId
) -> None:
    parent = await add_record(citus, one)
    await add_record(citus, one, parent=parent)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await add_record(citus, two, parent=parent)


async def test_finds_by_tokens_and_amount(citus: Database, one: TenantId) -> None:
    for amount in (1, 5, 9):
        await add_record(citus, one, amount=amount)
    async with citus.reading(one) as connection:
        rows = await connection.fetch(
            "select n01, data from read.record where tenant_id = $1 and object = 'account'"
            " and tokens @> array['华为'] and n01 >= $2 and deleted_at is null order by n01 desc",
            one,
            Decimal(2),
        )
    assert [(row["n01"], row["data"]) for row in rows] == [(9, {"a": "1.50"}), (5, {"a": "1.50"})]


async def test_changes_carry_the_coordinators_transaction(citus: Database, one: TenantId) -> None:
    async with citus.transaction(one) as connection:
        xact = await connection.fetchval("select pg_current_xact_id()")
        for seq in (1, 2):
            await connection.execute(CHANGE, one, seq, uuid4(), {"a": 1})
    async with citus.reading(one) as connection:
        horizon = await connection.fetchval("select pg_snapshot_xmin(pg_current_snapshot())")
        rows = await connection.fetch(
            "select xact, seq from read.change where tenant_id = $1 and xact < $2 order by seq",
            one,
            horizon,
        )
        assert not await epoch.has_ended(one, connection, 1)
    assert [tuple(row) for row in rows] == [(xact, 1), (xact, 2)]


async def test_rolls_back_on_every_node(citus: Database, one: TenantId) -> None:
    made = uuid4()

    async def fail() -> None:
        async with citus.transaction(one) as connection:
            await connection.execute(INSERT, one, made, {}, None, None, None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with citus.reading(one) as connection:
        assert await connection.fetchval("select count(*) from read.record") == 0


async def test_tokens_open_their_tenants_door(citus: Database, one: TenantId) -> None:
    text, token = await tokens.mint(one, citus, tokens.Grant(Role.ADMIN))
    doorkeeper = tokens.Doorkeeper(citus)
    for _ in range(7):
        assert (await tokens.Doorkeeper(citus).actor(text)).token == token.id
    await doorkeeper.revoke(one, token.id)
    assert (await tokens.every(one, citus))[0].revoked_at is not None
