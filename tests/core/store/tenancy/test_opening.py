"""A store remembers what a tenant has published, and asks once for all who want to know."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import NotFound
from core.identity import TenantId, new_id
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from tests.core.a_store import World, a_world, an_object

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
