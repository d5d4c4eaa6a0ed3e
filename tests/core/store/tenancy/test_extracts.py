"""All records of a tenant, from one moment."""

from __future__ import annotations

import asyncio
from uuid import UUID

from core.store.database.connections import Database
from core.store.database.ways import Options
from core.store.tenancy import extracts
from core.store.tenancy.extracts import Moment
from core.store.tenancy.opening import Store
from tests.conftest import Urls
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import a_crm, load_rows


async def ids_of(moment: Moment, object: str) -> list[UUID]:
    return [extract.id async for page in moment.records(object) for extract in page]


async def test_what_is_written_meanwhile_is_not_among_them(database: Database) -> None:
    world = await a_crm(database)
    first = await world.create("account", name="Acme")
    async with extracts.moment(world.tenant, world.store) as moment:
        await world.create("account", name="Beta")
        assert await ids_of(moment, "account") == [first]


async def test_each_record_comes_once_however_many_pages_there_are(database: Database) -> None:
    world = await a_crm(database)
    mapping = a_mapping({"object": "account", "fields": {"name": "name"}})
    count = 2 * extracts.PAGE + 1
    await load_rows(world, mapping, [{"name": f"Account {number}"} for number in range(count)])
    async with extracts.moment(world.tenant, world.store) as moment:
        found = await ids_of(moment, "account")
    assert len(set(found)) == len(found) == count
    assert found == sorted(found)


async def test_another_tenants_records_are_not_among_them(database: Database) -> None:
    world, other = await a_crm(database), await a_crm(database)
    await other.create("account", name="Secret")
    async with extracts.moment(world.tenant, world.store) as moment:
        assert await ids_of(moment, "account") == []


async def test_one_connection_is_enough_for_a_store_that_knows_nothing_yet(
    urls: Urls, database: Database
) -> None:
    world = await a_crm(database)
    first = await world.create("account", name="Acme")
    alone = await Database.open(urls.app, Options(connections=1))
    async with asyncio.timeout(30):
        async with extracts.moment(world.tenant, Store(alone, world.store.offer)) as moment:
            assert await ids_of(moment, "account") == [first]
    await alone.close()
