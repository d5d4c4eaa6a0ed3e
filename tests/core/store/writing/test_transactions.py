"""Work is fenced, repeated when someone was faster, and leaves nothing when it fails."""

from __future__ import annotations

import asyncio

import pytest

from core.actions import saving
from core.actions.batches import setting_of
from core.actions.saving import Edit
from core.errors import Conflict, Timeout
from core.store.database.connections import Database
from core.store.database.ways import Options
from core.store.records import taking
from core.store.records.saving import Saving, save
from core.store.tenancy.opening import Store
from core.store.tenancy.publishing import Version, add
from core.store.writing import rows
from core.store.writing.transactions import Again, Transaction, publishing, writing
from tests.conftest import Urls
from tests.core.a_store import TEXT, World, a_world, an_object, waiting

ACCOUNT = an_object("account", {"code": TEXT, "note": TEXT})
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


async def test_a_record_that_changes_after_it_was_read_loses_nothing(world: World) -> None:
    account = await world.create("account", name="a")
    holds, may_commit = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        held = await rows.hold(tx, [account])
        draft = taking.changed(
            tx.plan("account"), held.rows[account], setting_of(tx, world.actor), (), {"code": "c"}
        )
        holds.set()
        await may_commit.wait()
        await save(tx, [draft], Saving(setting_of(tx, world.actor), held))

    first = asyncio.create_task(writing(world.tenant, world.store, slow))
    await holds.wait()
    edit = Edit(account, {"note": "n"})
    second = asyncio.create_task(saving.update(world.actor, world.store, "account", [edit]))
    while not await waiting(world, "transactionid"):
        pass
    may_commit.set()
    await asyncio.gather(first, second)

    row = await world.row(account)
    assert (row["version"], set(row["data"].values())) == (3, {"a", "c", "n"})


async def test_a_record_written_while_someone_publishes_is_written_by_the_new_version(
    world: World,
) -> None:
    elsewhere = Store(world.store.database, world.store.offer)
    published = await world.store.published(world.tenant)
    (layers,) = await world.rows("select layers from read.metadata_version where tenant_id = $1")
    version = Version(
        number=2,
        kind="publish",
        fingerprint=published.metadata.fingerprint,
        layers=layers["layers"],
        storage=published.storage,
    )
    account = await world.create("account", name="a")
    added, may_commit = asyncio.Event(), asyncio.Event()

    async def publish(tx: Transaction) -> None:
        await add(tx.tenant, tx.connection, version)
        tx.confirmed = True
        added.set()
        await may_commit.wait()

    publisher = asyncio.create_task(publishing(world.tenant, elsewhere, publish))
    await added.wait()
    created = asyncio.create_task(world.create("account", name="b"))
    edit = Edit(account, {"note": "n"})
    updated = asyncio.create_task(saving.update(world.actor, world.store, "account", [edit]))
    while await waiting(world) < 2:
        pass
    may_commit.set()
    await asyncio.gather(publisher, created, updated)

    for each in (created.result(), account):
        assert (await world.row(each))["metadata_version"] == 2


async def test_many_who_change_one_record_at_once_all_get_through(world: World) -> None:
    account = await world.create("account", name="a")
    edits = [Edit(account, {key: f"{key}{n}"}) for n in range(20) for key in ("code", "note")]
    await asyncio.gather(
        *(saving.update(world.actor, world.store, "account", [edit]) for edit in edits)
    )
    row = await world.row(account)
    log = await world.rows(
        "select version from change where tenant_id = $1 and record_id = $2", account
    )
    assert row["version"] == 41
    assert sorted(change["version"] for change in log) == list(range(1, 42))


async def test_work_that_takes_too_long_is_named_so(urls: Urls, world: World) -> None:
    database = await Database.open(urls.app, Options(statement_timeout=0.05))

    async def work(tx: Transaction) -> None:
        await tx.connection.execute("select pg_sleep(5)")

    try:
        with pytest.raises(Timeout):
            await writing(world.tenant, Store(database, world.store.offer), work)
    finally:
        await database.close()
