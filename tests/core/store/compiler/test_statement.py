import pytest

from core import query
from core.query import Column, Connection, Order, Output, Page
from core.store.compiler.statement import Unbound, checked, compiled
from tests.core.store.compiler.asking import nodes, scalars
from tests.core.store.compiler.populations import Population


@pytest.mark.parametrize(
    "sql",
    [
        "select id from read.record",
        "select id from read.record as r1",
        "select id from read.record as r1 where r1.tenant_id = $2",
        "select id from read.record as r1 where r11.tenant_id = $1",
        "select id from read.record as r1 where r1.tenant_id = $10",
        "select 1 from read.record as r1, read.change as c1 where r1.tenant_id = $1",
    ],
)
def test_an_alias_without_the_tenant_is_refused(sql: str) -> None:
    with pytest.raises(Unbound):
        checked(sql)


def test_an_alias_with_the_tenant_passes() -> None:
    sql = "select 1 from read.record as r1 where r1.object = 'x' and r1.tenant_id = $1"
    assert checked(sql) == sql


async def test_values_are_arguments_and_never_in_the_text(population: Population) -> None:
    published = await population.world.store.published(population.tenant)
    where = query.Compare(Column("name"), query.Operator.CONTAINS, query.Value(0))
    asked = Connection(
        "item",
        (nodes(*scalars("name")),),
        Page(query.Value(1)),
        where=where,
        order=(Order(Column("amount", corporate=True)),),
    )
    statement = compiled(query.Query((Output("x", asked),)), published)
    assert published.currency not in statement.sql
    assert published.time_zone not in statement.sql
    assert str(population.tenant) not in statement.sql
