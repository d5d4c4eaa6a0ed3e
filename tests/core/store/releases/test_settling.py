"""What a publish leaves to be done is done, though whoever published ends before."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from starlette.testclient import TestClient

import server
from core.actions import metadata, publishing, removing, saving
from core.actions.publishing import TERMS, Terms
from core.actions.removing import Removal
from core.errors import Conflict, Unavailable
from core.store.database.connections import Database
from core.store.database.ways import Options
from core.store.releases import resuming
from core.store.tenancy.opening import Store
from core.store.writing.transactions import Transaction
from metadata.changes import Consent
from tests.conftest import Urls
from tests.core.a_store import (
    MONEY,
    OBJECT,
    TEXT,
    World,
    a_slow_writer,
    a_world,
    an_object,
    refers_to,
    waiting,
)

SUM = {"object": "deal", "via": "account", "op": "sum", "field": "amount"}
NEW = {
    "total__c": {**MONEY, "title": "Total", "x-rollup": SUM},
    "twice__c": {**MONEY, "title": "Twice", "x-formula": "total__c * 2"},
}
LOSS = Terms(frozenset({Consent.DATA_LOSS}))
LEFT = "select object, slot from read.slot where tenant_id = $1 and state <> 'ready'"


OBJECTS = (
    an_object("account", {"code": TEXT}),
    an_object("deal", {"amount": MONEY, "account": refers_to("account")}),
)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, *OBJECTS)


async def publish(world: World, terms: Terms = TERMS, **fields: Any) -> None:
    head = {"$schema": OBJECT, "$id": "account"}
    await metadata.save_draft(world.actor, world.store, [{**head, "properties": fields}])
    await publishing.publish(world.actor, world.store, terms)


async def broken_off(world: World) -> None:
    """A publish of new computed fields whose process ends once it is committed."""
    account = await world.create("account", name="a", code="c")
    await world.create("deal", account=account, amount=7)
    version = (await world.store.newest(world.tenant)).version
    async with world.store.database.transaction(world.tenant) as connection:
        lock = "select from record where tenant_id = $1 for update"
        await connection.execute(lock, world.tenant)  # so that what follows the commit waits
        publisher = asyncio.create_task(publish(world, **NEW, code={"x-index": True}))
        while (await world.store.newest(world.tenant)).version == version:
            pass
        publisher.cancel()
        await asyncio.wait([publisher])
    assert (await computed(world)) == (None, None)


async def computed(world: World) -> tuple[object, ...]:
    sql = "select data from read.record where tenant_id = $1 and object = 'account'"
    [row] = await world.rows(sql)
    return tuple(row["data"].get(key) for key in NEW)


@pytest.mark.parametrize("more", [{}, {"more__c": {**TEXT, "title": "More"}}])
async def test_the_next_publish_does_what_another_left(world: World, more: dict[str, Any]) -> None:
    await broken_off(world)

    with suppress(Conflict) if not more else nullcontext():  # there is nothing new
        await publish(world, **NEW, code={"x-index": True}, **more)

    assert await computed(world) == ("7.00", "14.00")
    assert await world.rows(LEFT) == []


async def test_a_process_does_what_another_left(world: World) -> None:
    await broken_off(world)

    await resuming.resume(Store(world.store.database, world.store.offer))

    assert await computed(world) == ("7.00", "14.00")
    assert await world.rows(LEFT) == []


async def test_a_server_that_starts_does_what_another_left(fresh_urls: Urls) -> None:
    database = await Database.open(fresh_urls.app)
    world = await a_world(database, *OBJECTS)
    await broken_off(world)

    with TestClient(server.create_app(server.Settings(database_url=fresh_urls.app))):
        while await world.rows(LEFT):
            pass

    assert await computed(world) == ("7.00", "14.00")
    await database.close()


@pytest.mark.parametrize("times", [1, resuming.ATTEMPTS])
async def test_what_comes_between_is_tried_again_and_told_once_it_does_not_end(
    urls: Urls, world: World, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    account = await world.create("account", name="a", code="c")
    await world.create("deal", account=account, amount=7)
    hasty = await Database.open(urls.app, Options(statement_timeout=0.3))
    publisher = World(Store(hasty, world.store.offer), world.actor)
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute("select from record where tenant_id = $1 for update", world.tenant)
        publishes = asyncio.create_task(publish(publisher, **NEW))
        while caplog.text.count("leaves to be done is not done") < times:
            await waiting(world)

    if times < resuming.ATTEMPTS:
        await publishes
        assert await computed(world) == ("7.00", "14.00")
    else:
        with pytest.raises(Unavailable, match="Version 2 is published, but"):
            await publishes
    await hasty.close()


async def test_a_tenant_that_this_release_refuses_keeps_no_other_waiting(
    fresh_urls: Urls, caplog: pytest.LogCaptureFixture
) -> None:
    database = await Database.open(fresh_urls.app)
    refused, other = await a_world(database, *OBJECTS), await a_world(database, *OBJECTS)
    for world in (refused, other):
        await broken_off(world)
    async with database.transaction(refused.tenant) as connection:
        spoil = "update metadata_version set fingerprint = 'old', layers = $2 where tenant_id = $1"
        layers = {"base": {"objects/a.json": "{}"}}
        await connection.execute(spoil, refused.tenant, layers)

    await resuming.resume(Store(database, other.store.offer))

    assert await computed(other) == ("7.00", "14.00")
    assert "does not accept what the tenant has published" in caplog.text
    await database.close()


# As if the table had been sampled when it was small and had 2,000 tenants in it.
UNAWARE = """
    select pg_restore_relation_stats('schemaname', 'public', 'relname', 'record',
        'relpages', 100, 'reltuples', 1000::real);
    delete from pg_statistic where starelid = 'record'::regclass;
    select pg_restore_attribute_stats('schemaname', 'public', 'relname', 'record',
        'attname', 'tenant_id', 'inherited', false,
        'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2000::real)
"""


async def test_a_new_roll_up_is_counted_in_pieces_over_many_records_the_planner_knows_nothing_of(
    fresh_urls: Urls,
) -> None:
    database = await Database.open(fresh_urls.app)
    world = await a_world(database, *OBJECTS)
    accounts = [await world.create("account") for _ in range(2)]
    for place in range(12):
        deals = [{"account": accounts[place % 2], "amount": 1}] * 500
        await saving.create(world.actor, world.store, "deal", deals)
    await world.store.growth.looked()
    superuser = await asyncpg.connect(fresh_urls.superuser)
    await superuser.execute(UNAWARE)
    await superuser.close()

    await publish(world, **NEW)

    found = await world.rows(
        "select data, xmin from record where tenant_id = $1 and id = any($2)", accounts
    )
    assert [row["data"]["twice__c"] for row in found] == ["6000.00", "6000.00"]
    assert len({row["xmin"] for row in found}) == 2
    await database.close()


SIZE = {"type": "integer", "title": "Size"}


async def column_of(world: World, field: str) -> str:
    place = (await world.store.newest(world.tenant)).storage.place("account", field)
    assert place.readable is not None
    return place.readable


async def held(world: World, column: str, object: str = "account") -> set[object]:
    """The values that records of an object, deleted ones too, have in a column."""
    sql = f"select {column} from read.record where tenant_id = $1 and object = $2"
    return {row[column] for row in await world.rows(sql, object)}


async def test_a_column_is_empty_before_another_field_has_it(world: World) -> None:
    await publish(world, size__c=SIZE)
    column = await column_of(world, "size__c")
    for _ in range(3):
        await saving.create(world.actor, world.store, "account", [{"size__c": 7}] * 500)
    gone = await world.create("account", size__c=8)
    await removing.delete(world.actor, world.store, "account", [Removal(gone)])
    await world.create("deal", amount="5.00")
    amount = (await world.store.newest(world.tenant)).storage.place("deal", "amount")
    assert amount.readable == column
    assert await held(world, column) == {7, 8}

    await publish(world, LOSS)
    assert await held(world, column) == {None}
    assert await held(world, column, "deal") == {Decimal(5)}

    await publish(world, rooms__c=SIZE)
    assert await column_of(world, "rooms__c") == column
    assert await held(world, column) == {None}


async def test_a_column_that_another_field_has_by_now_is_not_emptied(world: World) -> None:
    await publish(world, size__c=SIZE)
    column = await column_of(world, "size__c")
    await world.create("account", size__c=7)
    state = "update slot set state = $2 where tenant_id = $1 and object = 'account' and slot = $3"
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(state, world.tenant, "retired", column)

    async def has_it_again(tx: Transaction) -> None:
        await tx.connection.execute(state, tx.tenant, "ready", column)

    async with a_slow_writer(world, has_it_again, what="transactionid"):
        late = asyncio.create_task(resuming.resume(Store(world.store.database, world.store.offer)))
    await late
    assert await held(world, column) == {7}
