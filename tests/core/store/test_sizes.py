from core.store.connections import Database
from core.store.sizes import SMALL, Sizes
from tests.core.a_store import a_world, an_object


async def test_a_tenant_with_few_records_is_small(database: Database) -> None:
    world = await a_world(database, an_object("thing", {}))
    assert await Sizes(database).is_small(world.tenant)


async def test_a_size_is_remembered_for_a_while(database: Database) -> None:
    world = await a_world(database, an_object("thing", {}))
    sizes = Sizes(database)
    assert await sizes.is_small(world.tenant)
    many = "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
    many += " metadata_version) values "
    row = "($1, gen_random_uuid(), 'thing', 1, '{}', now(), now(), 1)"
    async with database.transaction(world.tenant) as connection:
        for _ in range(SMALL // 1_000 + 1):
            await connection.execute(many + ", ".join([row] * 1_000), world.tenant)
    assert await sizes.is_small(world.tenant)
    assert not await Sizes(database).is_small(world.tenant)
