import asyncio
import json
from dataclasses import replace

import pytest

from core import query
from core.errors import Timeout, Unavailable
from core.identity import Actor, Role
from core.query import Column, Connection, Output, Page
from core.store.database.connections import Database
from core.store.database.ways import Options
from core.store.tenancy.opening import Store
from core.views import reading
from core.views.reading import MetadataMoved
from tests.conftest import Urls
from tests.core.a_store import World, a_world, an_object

NAMES = Connection(
    "thing",
    (Output("nodes", query.Nodes((Output("name", query.Scalar(Column("name"))),))),),
    Page(query.Value(0)),
)
ASKED = query.Query((Output("things", NAMES),))


@pytest.fixture
async def world(database: Database) -> World:
    made = await a_world(database, an_object("thing", {}))
    await made.create("thing", name="x")
    return made


async def read(world: World, store: Store | None = None) -> list[str]:
    store = store or world.store
    published = await reading.published(world.actor, store)
    prepared = reading.prepare(world.actor, published, ASKED)
    (answer,) = await reading.read(world.actor, store, published, prepared, [10])
    return [node["name"] for node in json.loads(answer)["nodes"]]


async def test_reads_the_tenants_records(world: World) -> None:
    assert await read(world) == ["x"]


async def test_tenants_that_declare_the_same_share_a_statement_and_no_record(
    database: Database, world: World
) -> None:
    other = await a_world(database, an_object("thing", {}))
    published = await reading.published(world.actor, world.store)
    prepared = reading.prepare(world.actor, published, ASKED)
    (answer,) = await reading.read(other.actor, other.store, published, prepared, [10])
    assert json.loads(answer) == {"nodes": []}


async def test_what_was_prepared_for_other_metadata_is_prepared_again(
    database: Database, world: World
) -> None:
    other = await a_world(database, an_object("thing", {"more": {"type": "integer"}}))
    prepared = reading.prepare(
        other.actor, await reading.published(other.actor, other.store), ASKED
    )
    published = await reading.published(world.actor, world.store)
    with pytest.raises(MetadataMoved):
        await reading.read(world.actor, world.store, published, prepared, [10])


async def test_a_publish_elsewhere_is_noticed_by_the_read_itself(world: World) -> None:
    assert await read(world) == ["x"]
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(
            "insert into metadata_version select tenant_id, 2, created_at, created_by, kind, note,"
            " of_version, fingerprint, layers, storage from metadata_version where tenant_id = $1",
            world.tenant,
        )
        await connection.execute(
            "update metadata_head set version = 2 where tenant_id = $1", world.tenant
        )
    with pytest.raises(MetadataMoved):
        await read(world)
    assert await read(world) == ["x"]


async def test_what_an_older_release_published_and_this_one_refuses_is_told_and_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(
            "update metadata_version set fingerprint = 'older',"
            " layers = replace(layers::text, 'properties', 'propertys')::jsonb"
            " where tenant_id = $1",
            world.tenant,
        )
    store = Store(world.store.database, world.store.offer)
    for _ in range(2):
        with pytest.raises(Unavailable, match="does not accept what the tenant has published"):
            await reading.published(world.actor, store)
    (line,) = caplog.messages
    assert line.startswith(f"tenant {world.tenant} is not served: This release of Dealgraph does")


async def test_the_deadline_is_told_without_the_databases_words(urls: Urls, world: World) -> None:
    database = await Database.open(urls.app, Options(statement_timeout=0.02))
    store = Store(database, world.store.offer)
    published = await reading.published(world.actor, world.store)  # which may take its time
    try:
        prepared = reading.prepare(world.actor, published, ASKED)
        slow = replace(prepared.statement, sql=f"select pg_sleep(5), {prepared.statement.sql[7:]}")
        with pytest.raises(Timeout) as told:
            await reading.read(
                world.actor, store, published, replace(prepared, statement=slow), [10]
            )
        assert "statement" not in told.value.message
    finally:
        await database.close()


async def test_readers_may_read(world: World) -> None:
    reader = replace(world, actor=Actor(world.tenant, Role.READER))
    assert await read(reader) == ["x"]


async def test_many_read_at_once(world: World) -> None:
    assert await asyncio.gather(*(read(world) for _ in range(30))) == [["x"]] * 30


async def test_one_statement_answers_however_much_is_asked(urls: Urls, world: World) -> None:
    database = await Database.open(urls.app, Options(connections=1))
    store = Store(database, world.store.offer)
    published = await reading.published(world.actor, store)
    wide = tuple(
        Output(f"n{at}", query.Nodes((Output("name", query.Scalar(Column("name"))),)))
        for at in range(3)
    )
    figures = Output("figures", query.Aggregate((Output("count", query.Count()),)))
    many = replace(NAMES, outputs=(*wide, figures, Output("total", query.TotalCount())))
    seen: list[str] = []
    try:
        await store.sizes.of(world.tenant)  # which is remembered for some minutes
        async with database.reading(world.tenant, "generic") as connection:
            connection.add_query_logger(lambda record: seen.append(record.query))
        for count in (1, 10):
            asked = query.Query(tuple(Output(f"r{at}", many) for at in range(count)))
            prepared = reading.prepare(world.actor, published, asked)
            seen.clear()
            assert len(await reading.read(world.actor, store, published, prepared, [10])) == count
            await asyncio.sleep(0)  # until the logger is called
            assert seen == [prepared.statement.sql]
    finally:
        await database.close()
