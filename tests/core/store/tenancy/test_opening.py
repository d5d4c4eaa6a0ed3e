"""A store remembers what a tenant has published, and asks once for all who want to know."""

from __future__ import annotations

import asyncio

import pytest

from core.actions import metadata, publishing
from core.actions.publishing import Terms
from core.errors import NotFound
from core.identity import TenantId, new_id
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from metadata.changes import Consent
from metadata.published import Published
from tests.core.a_store import MONEY, OBJECT, World, a_world, an_object

ANYTHING = Terms(frozenset(Consent))
ACCOUNT = an_object("account", {})


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, ACCOUNT)


async def test_all_who_ask_at_once_get_one_answer(world: World) -> None:
    store = Store(world.store.database, world.store.offer)

    found = await asyncio.gather(*(store.published(world.tenant) for _ in range(20)))

    assert len({id(one) for one in found}) == 1
    assert await store.published(world.tenant) is found[0]


async def test_one_who_gives_up_takes_nothing_from_the_others(world: World) -> None:
    store = Store(world.store.database, world.store.offer)
    first = asyncio.create_task(store.published(world.tenant))
    second = asyncio.create_task(store.published(world.tenant))
    await asyncio.sleep(0)

    first.cancel()

    assert (await second).version == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_what_is_forgotten_is_looked_up_again(world: World) -> None:
    found = await world.store.published(world.tenant)
    world.store.forget(world.tenant)

    again = await world.store.published(world.tenant)
    assert again is not found
    assert again.metadata is found.metadata


async def test_a_tenant_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await world.store.published(TenantId(new_id()))
    with pytest.raises(NotFound):
        await world.store.published(TenantId(new_id()))


async def elsewhere(world: World) -> Published:
    """What a process reads that has just begun."""
    return await Store(world.store.database, world.store.offer).published(world.tenant)


async def test_what_a_process_keeps_of_a_publish_is_what_others_read(world: World) -> None:
    head = {"$schema": OBJECT, "$id": "account"}
    declared = [
        {
            "a__c": {**MONEY, "title": "A"},
            "b__c": {"type": "string", "title": "B", "x-index": True},
        },
        {"a__c": {**MONEY, "title": "A", "x-hidden": True}},
        {"a__c": {"type": "integer", "title": "A"}},
    ]
    for fields in declared:
        await metadata.save_draft(world.actor, world.store, [{**head, "properties": fields}])
        await publishing.publish(world.actor, world.store, ANYTHING)
        assert await world.store.published(world.tenant) == await elsewhere(world)
    for version in (2, 1, 3):
        await publishing.rollback(world.actor, world.store, version, ANYTHING)
        assert await world.store.published(world.tenant) == await elsewhere(world)


async def test_versions_of_before_there_were_digests_are_read(world: World) -> None:
    found = await world.store.published(world.tenant)
    async with world.store.database.transaction(world.tenant) as connection:
        remove = "update metadata_version set storage = storage - 'digest' where tenant_id = $1"
        await connection.execute(remove, world.tenant)

    assert await elsewhere(world) == found


async def test_tenants_that_declare_the_same_share_where_it_lies(
    world: World, database: Database
) -> None:
    other = await a_world(database, ACCOUNT)
    store = Store(database, world.store.offer)

    ours, theirs = await store.published(world.tenant), await store.published(other.tenant)

    assert ours.storage is theirs.storage
    assert ours.metadata is theirs.metadata
