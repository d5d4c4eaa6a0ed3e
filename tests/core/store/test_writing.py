"""Work is fenced, repeated when someone was faster, and leaves nothing when it fails."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import Conflict, Timeout
from core.store.connections import Database
from core.store.opening import Store
from core.store.publishing import Version, add
from core.store.ways import Options
from core.store.writing import Again, Transaction, publishing, writing
from tests.conftest import Urls
from tests.core.a_store import World, a_world, an_object

ACCOUNT = an_object("account", {})
COUNT = "insert into counter (tenant_id, key, value) values ($1, $2, 1)"


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, ACCOUNT)


async def test_work_that_must_start_over_leaves_one_trace(world: World) -> None:
    runs = 0

    async def work(tx: Transaction) -> int:
        nonlocal runs
        runs += 1
        await tx.connection.execute(COUNT, tx.tenant, "trace")
        if runs < 4:
            raise Again
        return runs

    assert await writing(world.tenant, world.store, work) == 4
    assert len(await world.rows("select * from read.counter where tenant_id = $1")) == 1


async def test_work_that_never_gets_through_ends(world: World) -> None:
    async def work(tx: Transaction) -> None:
        raise Again

    with pytest.raises(Conflict):
        await writing(world.tenant, world.store, work)


async def test_work_by_an_old_version_is_done_anew_by_the_newest(world: World) -> None:
    elsewhere = Store(world.store.database, world.store.offer)
    published = await world.store.published(world.tenant)
    layers = "select layers from read.metadata_version where tenant_id = $1"
    version = Version(
        number=2,
        kind="publish",
        fingerprint=published.metadata.fingerprint,
        layers=(await world.rows(layers))[0]["layers"],
        storage=published.storage,
    )

    async def publish(tx: Transaction) -> None:
        await add(tx.tenant, tx.connection, version)
        tx.confirmed = True

    await publishing(world.tenant, elsewhere, publish)
    seen: list[int] = []

    async def work(tx: Transaction) -> None:
        seen.append(tx.published.version)
        await tx.connection.execute(COUNT, tx.tenant, f"by {tx.published.version}")

    await writing(world.tenant, world.store, work)
    assert seen == [1, 2]
    rows = await world.rows("select key from read.counter where tenant_id = $1")
    assert [row["key"] for row in rows] == ["by 2"]


async def test_a_publisher_waits_for_writers_and_keeps_new_ones_out(world: World) -> None:
    order: list[str] = []
    wrote, may_commit = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        wrote.set()
        await may_commit.wait()
        order.append("writer")

    async def publish(tx: Transaction) -> None:
        order.append("publisher")

    async def late(tx: Transaction) -> None:
        order.append("late writer")

    writer = asyncio.create_task(writing(world.tenant, world.store, slow))
    await wrote.wait()
    publisher = asyncio.create_task(publishing(world.tenant, world.store, publish))
    while not await waiting(world):
        pass
    latecomer = asyncio.create_task(writing(world.tenant, world.store, late))
    while await waiting(world) < 2:
        pass
    may_commit.set()
    await asyncio.gather(writer, publisher, latecomer)

    assert order == ["writer", "publisher", "late writer"]


async def waiting(world: World) -> int:
    """How many sessions wait for an advisory lock."""
    async with world.store.database.reading(world.tenant) as connection:
        found: int = await connection.fetchval(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        )
    return found


async def test_work_that_takes_too_long_is_named_so(urls: Urls, world: World) -> None:
    database = await Database.open(urls.app, Options(statement_timeout=0.05))

    async def work(tx: Transaction) -> None:
        await tx.connection.execute("select pg_sleep(5)")

    try:
        with pytest.raises(Timeout):
            await writing(world.tenant, Store(database, world.store.offer), work)
    finally:
        await database.close()
