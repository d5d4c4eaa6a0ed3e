"""The change log after its server changed under it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from core.actions import saving
from core.store.database.connections import Database
from core.store.tenancy import epoch
from core.store.tenancy.opening import Store
from tests.core.a_store import World, a_world, an_object

CHANGE = (
    "insert into change (tenant_id, epoch, xact, seq, record_id, object, version, kind, source,"
    " metadata_version) values ($1, $2, coalesce($3, pg_current_xact_id()), 1, $4, 'account', 1,"
    " 'create', 'api', 1)"
)


async def add_change(world: World, xact: int | None = None) -> None:
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(CHANGE, world.tenant, 1, xact, uuid4())


async def epoch_of(world: World) -> int:
    """That of a process which has not heard of the tenant."""
    return (await Store(world.store.database, world.store.offer).head(world.tenant)).epoch


async def test_stays_while_the_log_is_this_servers(alone: Database) -> None:
    world = await a_world(alone)
    assert await epoch_of(world) == 1
    for _ in range(3):
        await add_change(world)
    assert await epoch_of(world) == 1


async def test_is_raised_once_when_a_change_came_from_elsewhere(alone: Database) -> None:
    other, world = await a_world(alone), await a_world(alone)
    await add_change(other)
    await add_change(world, xact=2**40)
    assert await epoch_of(other) == 1
    assert await asyncio.gather(*(epoch_of(world) for _ in range(4))) == [2, 2, 2, 2]
    assert await epoch_of(world) == await epoch_of(other) == 2


async def test_advances_for_one_of_those_who_ask_together(alone: Database) -> None:
    assert await epoch.advance(alone, 1) == 2
    assert await epoch.advance(alone, 1) == 2
    assert await epoch.advance(alone, 2) == 3


@pytest.mark.parametrize("count", [1, 2])
async def test_what_is_written_after_it_was_raised_is_logged_in_it(
    alone: Database, count: int
) -> None:
    """Also by a process that has not heard of it, be it at once or with locks."""
    world = await a_world(alone, an_object("visit", {}))
    await world.create("visit")
    await epoch.advance(alone, 1)

    await saving.create(world.actor, world.store, "visit", [{}] * count)

    logged = await world.rows("select epoch from read.change where tenant_id = $1 order by epoch")
    assert [row["epoch"] for row in logged] == [1, *[2] * count]
