import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import query
from core.query import Column, Compare, Connection, Operator, Output, Page, Quantifier, Value
from core.store.compiler.parameters import Context
from core.store.compiler.statement import compiled
from core.store.database.connections import Database
from metadata.published import Published
from tests.core.a_store import a_world, an_object
from tests.core.store.compiler.asking import Values, compare, listed
from tests.core.store.compiler.populations import (
    PLURAL,
    POOLS,
    Population,
    Predicates,
    operators,
    without_slots,
)


async def answered(
    population: Population,
    published: Published,
    of: str,
    where: query.Predicate,
    values: list[Any],
) -> list[str]:
    ids = Output("nodes", query.Nodes((Output("id", query.Scalar(query.Column("id"))),)))
    size = query.Value(len(values))
    asked = Connection(of, (ids,), Page(size), where=where)
    statement = compiled(query.Query((Output("items", asked),)), published)
    context = Context.of(population.tenant, published, datetime.now(UTC))
    arguments = statement.arguments(context, [*values, 1_000])
    async with population.world.store.database.reading(population.tenant, "generic") as connection:
        row = await connection.fetchrow(statement.sql, *arguments)
    return [node["id"] for node in json.loads(row[1])["nodes"]]


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_says_what_plain_python_says_with_and_without_slots(
    population: Population, data: st.DataObject
) -> None:
    predicates = Predicates(data.draw, population)
    of = data.draw(st.sampled_from(("item", "group")))
    where = predicates.of(of)
    records, values = population.records, predicates.values
    wanted = [str(one.id) for one in records.of(of) if records.holds(one, where, values)]
    published = await population.world.store.published(population.tenant)
    for storage in (published, without_slots(published)):
        assert await answered(population, storage, of, where, values) == sorted(wanted)


@pytest.mark.parametrize("quantifier", Quantifier)
async def test_children_are_asked_by_every_operator(
    population: Population, quantifier: Quantifier
) -> None:
    records = population.records
    published = await population.world.store.published(population.tenant)
    for name, operator, value in every_comparison("name", "amount", "kind", "kinds"):
        part = Compare(Column(name), operator, Value(0))
        where = query.Related("item", "group", quantifier, part)
        wanted = [str(one.id) for one in records.of("group") if records.holds(one, where, [value])]
        found = await answered(population, published, "group", where, [value])
        assert found == sorted(wanted), (name, operator)


def every_comparison(*names: str) -> Iterator[tuple[str, Operator, Any]]:
    """Each field with each of its operators, and a value."""
    for name in names:
        _, held, other, *_ = POOLS[name]
        for operator in operators(name):
            is_null = operator is Operator.IS_NULL
            yield name, operator, is_null or ([held, other] if operator in PLURAL else held)


async def test_an_empty_list_holds_all_of_none(database: Database) -> None:
    words = {"type": "array", "items": {"type": "string"}}
    world = await a_world(database, an_object("item", {"words": words}))
    await world.create("item", name="empty", words=[])
    await world.create("item", name="some", words=["a"])
    await world.create("item", name="nothing")

    async def found(operator: Operator) -> list[str]:
        values = Values()
        where = compare("words", operator, values.of([]))
        return await listed(world, "item", values, where)

    assert await found(Operator.HAS_ALL) == ["empty", "some"]
    assert await found(Operator.HAS_ANY) == []
