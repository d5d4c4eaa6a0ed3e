"""What the planner is told of records that have just come in."""

from __future__ import annotations

from core.actions import saving
from core.store.database.connections import Database
from core.store.tenancy import sampling
from core.store.tenancy.sizes import SMALL, Size
from tests.core.a_store import a_world, an_object
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import load_rows


async def test_the_planner_learns_of_many_new_records_at_once(alone: Database) -> None:
    world = await a_world(alone, an_object("visit", {}))
    tenant, store = world.tenant, world.store
    assert await store.sizes.of(tenant) is Size.SMALL
    batch = [{"name": "n"}] * 500
    while (created := len(await world.rows(_IDS))) <= SMALL:
        await saving.create(world.actor, store, "visit", batch)
        await store.growth.looked()
    assert await sampling.estimate(tenant, alone, "visit") > created / 2
    assert await store.sizes.of(tenant) is Size.LARGE


async def test_in_a_new_database_some_records_are_news(alone: Database) -> None:
    world = await a_world(alone, an_object("visit", {}))
    for _ in range(2):
        batch = [{"name": "n"}] * sampling.SOME
        await saving.create(world.actor, world.store, "visit", batch)
        await world.store.growth.looked()
    assert await sampling.counted(world.tenant, alone) == 2 * sampling.SOME


async def test_few_new_records_are_left_to_the_server(alone: Database) -> None:
    world = await a_world(alone, an_object("visit", {}))
    await saving.create(world.actor, world.store, "visit", [{"name": "n"}] * 20)
    await world.store.growth.looked()
    assert await sampling.estimate(world.tenant, alone, "visit") < 20


async def test_an_import_has_the_tables_sampled_once_and_at_its_end(alone: Database) -> None:
    world = await a_world(alone, an_object("visit", {}))
    mapping = a_mapping({"object": "visit", "fields": {"name": "name"}})
    rows = [{"name": str(number)} for number in range(2 * sampling.MANY)]
    await load_rows(world, mapping, rows)
    await world.store.growth.looked()
    async with alone.unscoped() as connection:
        assert await connection.fetchval(_SAMPLED) == 1


_SAMPLED = "select analyze_count from pg_stat_user_tables where relid = 'public.record'::regclass"
_IDS = "select id from read.record as r where r.tenant_id = $1"
