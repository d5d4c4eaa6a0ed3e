"""A write takes few round trips, however much it writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.actions import removing, saving
from core.actions.removing import Removal
from core.actions.saving import Edit
from core.store.database.connections import Database
from core.store.database.ways import Options
from core.store.tenancy.opening import Store
from tests.conftest import Urls
from tests.core.a_store import (
    MONEY,
    TEXT,
    World,
    a_world,
    an_object,
    problems_of,
    refers_to,
)

ACCOUNT = an_object("account", {"code": {"type": "string", "x-unique": True}})
DEAL = an_object("deal", {"amount": MONEY, "account": refers_to("account"), "note": TEXT})
ORDER = an_object(
    "order",
    {
        "total": {
            **MONEY,
            "x-rollup": {"object": "line", "via": "order", "op": "sum", "field": "price"},
        }
    },
)
LINE = an_object("line", {"order": refers_to("order", "cascade"), "price": MONEY})


class Counted:
    """A world on one connection, and the statements that it has seen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[str] = []

    async def statements(self, write: Any) -> int:
        """How many statements, BEGIN and COMMIT included, the write takes."""
        await self.world.store.growth.looked()
        await asyncio.sleep(0)
        self.seen.clear()
        await write
        await asyncio.sleep(0)
        return len(self.seen)


@pytest.fixture
async def counted(urls: Urls) -> AsyncIterator[Counted]:
    database = await Database.open(urls.app, Options(connections=1))
    world = await a_world(database, ACCOUNT, DEAL, ORDER, LINE)
    found = Counted(world)
    async with database.transaction(world.tenant) as connection:
        connection.add_query_logger(lambda record: found.seen.append(record.query))
    deal = await world.create("deal", amount=1)  # freezes the currency
    await saving.update(world.actor, world.store, "deal", [Edit(deal, {"amount": 2})])
    yield found
    await database.close()


async def test_a_record_takes_one(counted: Counted) -> None:
    actor, store = counted.world.actor, counted.world.store
    account = await counted.world.create("account", code="A")

    plain = saving.create(actor, store, "account", [{"code": "B", "name": "b"}])
    assert await counted.statements(plain) == 1
    referring = saving.create(actor, store, "deal", [{"account": account, "amount": 1}])
    assert await counted.statements(referring) == 1


async def test_an_update_takes_two_and_one_that_changes_nothing_one(counted: Counted) -> None:
    actor, store = counted.world.actor, counted.world.store
    deal = await counted.world.create("deal", amount=1)

    async def update(**changes: Any) -> int:
        write = saving.update(actor, store, "deal", [Edit(deal, changes)])
        return await counted.statements(write)

    assert await update(amount=2, note="n") == 2
    assert await update(amount=2) == 1


async def test_what_is_refused_is_looked_at_with_locks(counted: Counted) -> None:
    actor, store = counted.world.actor, counted.world.store
    wrong = [{"account": counted.world.tenant, "amount": "x"}]
    assert await problems_of(saving.create(actor, store, "deal", wrong)) == [
        ((0, "amount"), "BAD_NUMBER"),
        ((0, "account"), "NOT_FOUND"),
    ]


async def test_a_roll_up_takes_one_more(counted: Counted) -> None:
    actor, store = counted.world.actor, counted.world.store
    order = await counted.world.create("order")
    line = await counted.world.create("line", order=order, price=3)

    more = saving.create(actor, store, "line", [{"order": order, "price": 3}])
    assert await counted.statements(more) == 5
    edit = saving.update(actor, store, "line", [Edit(line, {"price": 5})])
    assert await counted.statements(edit) == 5


@pytest.mark.parametrize("size", [20, 200])
async def test_a_batch_takes_as_many_however_long_it_is(counted: Counted, size: int) -> None:
    actor, store = counted.world.actor, counted.world.store
    order = await counted.world.create("order")
    inputs = [{"order": order, "price": n} for n in range(size)]

    async def create() -> saving.Saved:
        return await saving.create(actor, store, "line", inputs)

    assert await counted.statements(create()) == 7
    lines = (await create()).ids
    edits = [Edit(line, {"price": 1}) for line in lines]
    assert await counted.statements(saving.update(actor, store, "line", edits)) == 7
    removal = removing.delete(actor, store, "order", [Removal(order)])
    assert await counted.statements(removal) <= 11  # 500 rows a statement


async def test_a_store_reads_its_metadata_once(counted: Counted) -> None:
    store = Store(counted.world.store.database, counted.world.store.offer)

    assert await counted.statements(store.published(counted.world.tenant)) == 5
    assert await counted.statements(store.published(counted.world.tenant)) == 0
