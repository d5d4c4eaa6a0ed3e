from core.identity import TenantId
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.tenancy import sampling
from core.store.tenancy.sizes import SMALL, Size, Sizes
from tests.conftest import Urls
from tests.core.a_store import a_world, an_object


async def test_a_tenant_with_few_records_keeps_its_plans(database: Database) -> None:
    world = await a_world(database, an_object("thing", {}))
    assert await Sizes(database).of(world.tenant) is Size.SMALL


async def test_a_size_is_remembered_for_a_while(database: Database) -> None:
    world = await a_world(database, an_object("thing", {}))
    sizes = Sizes(database)
    assert await sizes.of(world.tenant) is Size.SMALL
    await _filled(database, world.tenant)
    await sampling.refresh(world.tenant, database)
    assert await sizes.of(world.tenant) is Size.SMALL
    assert await Sizes(database).of(world.tenant) is not Size.SMALL


async def test_a_tenant_that_the_planner_does_not_know_keeps_its_plans(alone: Database) -> None:
    known = await a_world(alone, an_object("thing", {}))
    await _filled(alone, known.tenant)
    await sampling.refresh(known.tenant, alone)
    unknown = await a_world(alone, an_object("thing", {}))
    await _filled(alone, unknown.tenant)
    assert await sampling.estimate(unknown.tenant, alone) < 10
    assert await Sizes(alone).of(unknown.tenant) is Size.SMALL
    assert await Sizes(alone).of(known.tenant) is Size.LARGE


async def test_a_tenant_stands_out_among_many_that_are_small(
    alone: Database, fresh_urls: Urls
) -> None:
    large = await a_world(alone, an_object("thing", {}))
    await _filled(alone, large.tenant)
    await sampling.refresh(large.tenant, alone)
    assert await Sizes(alone).of(large.tenant) is Size.LARGE
    async with connected(fresh_urls.superuser) as superuser:
        await superuser.execute(_MANY_OTHERS)
    await sampling.refresh(large.tenant, alone)
    assert await Sizes(alone).of(large.tenant) is Size.OUTSTANDING


_MANY_OTHERS = """
    insert into record
        (tenant_id, id, object, version, data, created_at, updated_at, metadata_version)
    select gen_random_uuid(), gen_random_uuid(), 'thing', 1, '{}', now(), now(), 1
    from generate_series(1, 100)
"""


async def _filled(database: Database, tenant: TenantId) -> None:
    """More records than a small tenant has."""
    many = "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
    many += " metadata_version) values "
    row = "($1, gen_random_uuid(), 'thing', 1, '{}', now(), now(), 1)"
    async with database.transaction(tenant) as connection:
        for _ in range(SMALL // 1_000 + 1):
            await connection.execute(many + ", ".join([row] * 1_000), tenant)
