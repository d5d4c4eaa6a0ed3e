"""Parts of a transaction that can fail without the rest."""

from __future__ import annotations

import pytest

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from core.store.trees import tree_nodes
from core.store.writing.savepoints import part_of
from core.store.writing.transactions import Transaction, writing
from tests.core.actions.importing.an_import import OFFER, a_crm

_PUT = "insert into counter (tenant_id, key, value) values ($1, $2, 1)"
_HELD = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"


@pytest.fixture
async def tenant(database: Database) -> TenantId:
    return (await a_crm(database)).tenant


async def counters(database: Database, tenant: TenantId) -> list[str]:
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(
            "select key from counter where tenant_id = $1 order by key", tenant
        )
    return [row["key"] for row in rows]


async def test_what_a_part_wrote_is_undone_and_the_rest_stays(
    database: Database, tenant: TenantId
) -> None:
    async def work(tx: Transaction) -> None:
        for key in ("a", "b", "c"):
            try:
                async with part_of(tx):
                    await tx.connection.execute(_PUT, tenant, key)
                    if key == "b":
                        raise ValueError(key)
            except ValueError:
                continue

    await writing(tenant, Store(database, OFFER), work)
    assert await counters(database, tenant) == ["a", "c"]


async def test_an_error_of_the_database_leaves_the_transaction_usable(
    database: Database, tenant: TenantId
) -> None:
    async def work(tx: Transaction) -> None:
        await tx.connection.execute(_PUT, tenant, "a")
        with pytest.raises(Exception, match="duplicate key"):
            async with part_of(tx):
                await tx.connection.execute(_PUT, tenant, "a")
        await tx.connection.execute(_PUT, tenant, "b")

    await writing(tenant, Store(database, OFFER), work)
    assert await counters(database, tenant) == ["a", "b"]


async def test_a_tree_that_a_part_held_is_held_anew_after_it(database: Database) -> None:
    world = await a_crm(database)
    top = await world.create("account", name="Top")

    async def hold(tx: Transaction) -> int:
        await tree_nodes.share(tx, tx.plan("account"), [{"parent": top}])
        held: int = await tx.connection.fetchval(_HELD)
        return held

    async def fail(tx: Transaction) -> None:
        async with part_of(tx):
            assert await hold(tx) == 2
            raise ValueError("bad")

    async def work(tx: Transaction) -> list[int]:
        with pytest.raises(ValueError, match="bad"):
            await fail(tx)
        return [await tx.connection.fetchval(_HELD), await hold(tx)]

    assert await writing(world.tenant, world.store, work) == [1, 2]  # the fence among them
