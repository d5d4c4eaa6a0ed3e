from collections.abc import Mapping
from typing import Any

import pytest

from core import query
from core.actions import metadata, publishing
from core.query import Column, Operator, Order, Predicate
from core.store.database.connections import Database
from tests.core.a_store import World, a_world
from tests.core.store.compiler.asking import Values, ask, compare, nodes

OBJECT = "https://dealgraph.dev/schemas/object-1.json"
NAME = {"type": "string", "x-index": True}


def visit(**fields: Mapping[str, Any]) -> dict[str, Any]:
    document = {"$schema": OBJECT, "$id": "visit__c", "title": "Visit", "type": "object"}
    return {**document, "x-plural": "visits__c", "properties": fields}


async def publish(world: World, **fields: Mapping[str, Any]) -> None:
    await metadata.save_draft(world.actor, world.store, [visit(**fields)])
    await publishing.publish(world.actor, world.store)


async def state(world: World, state: str) -> None:
    """As it is between a publish and the end of what it leaves to be done."""
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(
            "update slot set state = $2 where tenant_id = $1", world.tenant, state
        )
    world.store.forget(world.tenant)


async def names(world: World, field: str, *, descending: bool = False) -> list[str]:
    values = Values()
    order = (Order(Column(field), descending),)
    return await named(world, values, None, order)


async def named(
    world: World, values: Values, where: Predicate | None, order: tuple[Order, ...] = ()
) -> list[str]:
    shown = query.Output("name", query.Scalar(Column("name__c")))
    asked = query.Connection(
        "visit__c", (nodes(shown),), query.Page(values.of(100)), where=where, order=order
    )
    return [node["name"] for node in (await ask(world, asked, values))["nodes"]]


@pytest.mark.parametrize("column_state", ["ready", "filling"])
async def test_a_field_added_later_orders_older_records_first(
    database: Database, column_state: str
) -> None:
    world = await a_world(database)
    await publish(world, name__c=NAME)
    await world.create("visit__c", name__c="old")
    rank = {"type": "integer"}
    await publish(world, name__c=NAME, rank__c=rank, score__c={**rank, "x-index": True})
    for at, name in enumerate(["one", "two"]):
        await world.create("visit__c", name__c=name, rank__c=at, score__c=at)
    await world.create("visit__c", name__c="new")
    await state(world, column_state)
    for field in ("rank__c", "score__c"):
        assert await names(world, field) == ["old", "new", "one", "two"]
        assert await names(world, field, descending=True) == ["two", "one", "new", "old"]


@pytest.mark.parametrize("column_state", ["ready", "filling"])
async def test_a_text_searched_later_is_found_in_older_records(
    database: Database, column_state: str
) -> None:
    world = await a_world(database)
    await publish(world, name__c=NAME)
    await world.create("visit__c", name__c="华为技术")
    await publish(world, name__c={**NAME, "x-search": True})
    await world.create("visit__c", name__c="华为")
    await state(world, column_state)
    values = Values()
    where = compare("name__c", Operator.CONTAINS, values.of("为"))
    assert await named(world, values, where) == ["华为技术", "华为"]
