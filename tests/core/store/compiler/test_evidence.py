import pytest

from core import query
from core.query import Column, Compare, Connection, Operator, Order, Output, Page, Value
from core.store.compiler.statement import compiled
from core.store.database.connections import Database
from metadata.published import Published
from tests.core.a_store import MONEY, PIPELINE, a_world, an_object, refers_to
from tests.core.store.compiler.asking import compare, nodes, scalars

ONE = Value(0)
STAGE = compare("stage", Operator.EQ, ONE)
BY_AMOUNT = (Order(Column("amount"), descending=True),)


@pytest.fixture(scope="module")
async def published(database: Database) -> Published:
    """A staged object whose records belong to nodes of a tree."""
    stages = [{"key": key, "title": key, "kind": key} for key in ("open", "won", "lost")]
    pipeline = {"$schema": PIPELINE, "$id": "p", "object": "sale", "title": "P", "stages": stages}
    parent = {**refers_to("company", inverse="children"), "x-tree": True}
    sale = {
        "amount": MONEY,
        "code": {"type": "string", "x-unique": True},
        "company": refers_to("company", inverse="sales"),
    }
    world = await a_world(
        database,
        an_object("company", {"parent": parent}),
        an_object("sale", sale),
        {**pipeline, "amount": "amount"},
    )
    return await world.store.published(world.tenant)


def listed(
    where: query.Predicate | None = None,
    order: tuple[Order, ...] = (),
    page: Page = Page(Value(1)),  # noqa: B008  it is frozen
) -> Connection:
    return Connection("sale", (nodes(*scalars("name")),), page, where=where, order=order)


def behind(value: Value | None) -> Page:
    return Page(Value(1), after=query.Position((value,), Value(2)))


@pytest.mark.parametrize(
    "part",
    [
        query.Record("sale", ONE, scalars("name")),
        query.Records("sale", ONE, scalars("name")),
        query.AnyRecord(ONE, (("sale", scalars("name")),)),
        listed(),
        listed(order=BY_AMOUNT),
        listed(order=(Order(Column("created_at")),)),
        listed(order=(Order(Column("amount")),), page=behind(Value(3))),
        listed(order=(Order(Column("amount")),), page=Page(Value(1), backward=True)),
        listed(STAGE, BY_AMOUNT),
        listed(query.Member(ONE)),
        listed(compare("id", Operator.IN, ONE)),
        listed(compare("code", Operator.EQ, ONE)),
        listed(query.All((compare("code", Operator.EQ, ONE), STAGE))),
        listed(query.Through("company", query.Under(ONE))),
        listed(query.All((compare("company", Operator.EQ, ONE), STAGE))),
    ],
)
def test_a_plan_that_cannot_be_bad_is_kept(published: Published, part: query.Part) -> None:
    assert compiled(query.Query((Output("x", part),)), published).plan == "generic"


@pytest.mark.parametrize(
    "part",
    [
        listed(order=(Order(Column("amount")),)),
        listed(order=(Order(Column("amount")),), page=behind(None)),
        listed(order=BY_AMOUNT, page=Page(Value(1), backward=True)),
        listed(STAGE),
        listed(STAGE, (Order(Column("name")),)),
        listed(compare("stage", Operator.IN, ONE), BY_AMOUNT),
        listed(query.Not(STAGE), BY_AMOUNT),
        listed(compare("code", Operator.NE, ONE)),
        listed(compare("company", Operator.IN, ONE)),
        listed(compare("owner", Operator.EQ, ONE)),
        listed(compare("name", Operator.CONTAINS, ONE)),
        listed(Compare(Column("name", ("company",)), Operator.EQ, ONE)),
        listed(query.Through("company", compare("name", Operator.EQ, ONE))),
    ],
)
def test_what_depends_on_values_is_planned_for_them(published: Published, part: query.Part) -> None:
    assert compiled(query.Query((Output("x", part),)), published).plan == "custom"


def test_one_root_that_depends_on_values_decides(published: Published) -> None:
    roots = (Output("a", listed()), Output("b", listed(STAGE)))
    statement = compiled(query.Query(roots), published)
    assert (statement.plan, statement.names) == ("custom", ("a", "b"))
