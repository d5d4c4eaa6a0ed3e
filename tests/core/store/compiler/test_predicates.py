import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import query
from core.query import Connection, Output, Page
from core.store.compiler.parameters import Context
from core.store.compiler.statement import compiled
from metadata.published import Published
from tests.core.store.compiler.populations import Population, Predicates, without_slots


async def answered(
    population: Population, published: Published, where: query.Predicate, values: list[Any]
) -> list[str]:
    ids = Output("nodes", query.Nodes((Output("id", query.Scalar(query.Column("id"))),)))
    size = query.Value(len(values))
    asked = Connection("item", (ids,), Page(size), where=where)
    statement = compiled(query.Query((Output("items", asked),)), published)
    context = Context.of(population.tenant, published, datetime.now(UTC))
    arguments = statement.arguments(context, [*values, 1_000])
    async with population.world.store.database.reading(population.tenant) as connection:
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
    where = predicates.of("item")
    records, values = population.records, predicates.values
    wanted = [str(one.id) for one in records.of("item") if records.holds(one, where, values)]
    published = await population.world.store.published(population.tenant)
    for storage in (published, without_slots(published)):
        assert await answered(population, storage, where, values) == sorted(wanted)
