"""How many rows a read touches where one tenant has many and others have few."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from core import query
from core.query import (
    Column,
    Connection,
    Operator,
    Order,
    Output,
    Page,
    Quantifier,
    Scope,
    Statistic,
    Value,
)
from core.store.compiler import subtrees
from core.store.compiler.parameters import Context
from core.store.compiler.statement import compiled
from core.store.database.connections import Database
from core.store.database.ways import Options, Plan
from core.store.records import walking
from core.store.tenancy.sizes import Sizes
from metadata.published import Published
from metadata.text import null_token
from tests.conftest import Copies
from tests.core.a_store import MONEY, PIPELINE, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import compare, nodes, scalars

MANY, FEW = 20_000, 30
TINY = 2_000
COMPANIES = 2_000
DELETED = 100
"""One sale for so many that live."""
NOTES = 150
FIRST_NOTE = 100_001
ALL_VISIBLE = """
    select relallvisible > 0.9 * relpages from pg_class where oid = 'public.record'::regclass
"""
STAGES = ("open", "won", "lost")
KINDS = {"oneOf": [{"const": key, "title": key} for key in ("common", "rare")]}


@dataclass(frozen=True, slots=True)
class Large:
    """A tenant with many records among small ones."""

    database: Database
    world: World
    published: Published

    async def touched(self, part: query.Part, values: list[Any], plan: Plan | None = None) -> int:
        """How many rows of all tables a query reads, those that it drops included."""
        return sum(map(_read, await self.scans(part, values, plan)))

    async def scans(
        self, part: query.Part, values: list[Any], plan: Plan | None = None, *, walks: bool = True
    ) -> list[dict[str, Any]]:
        """Every scan of a table, as the planner tells of it once it is done.

        Without walks it goes through no whole table if there is another way.
        """
        statement = compiled(query.Query((Output("x", part),)), self.published)
        context = Context.of(self.world.tenant, self.published, datetime.now(UTC))
        given = ", ".join(map(_literal, statement.arguments(context, values)))
        size = await Sizes(self.database).of(self.world.tenant)
        statement = replace(statement, plan=plan or statement.plan)
        sql, kept = statement.planned(self.world.tenant, size)
        return await self.explained(sql, f"({given})", kept, walks=walks)

    async def explained(
        self, sql: str, given: str, plan: Plan, *, walks: bool = True
    ) -> list[dict[str, Any]]:
        explain = f"explain (analyze, timing off, format json) execute asked {given}"
        async with self.database.transaction(self.world.tenant, plan=plan) as connection:
            if not walks:
                await connection.execute("set local enable_seqscan = off")
            await connection.execute(f"prepare asked as {sql}")
            try:
                told = json.loads(await connection.fetchval(explain))
            finally:
                await connection.execute("deallocate asked")
        return list(_scans(told[0]["Plan"]))


def _literal(value: object) -> str:
    """A value in SQL: a plan that is kept is told of for a statement that is prepared alone."""
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"):
        yield node
    for inner in node.get("Plans", ()):
        yield from _scans(inner)


def _read(scan: dict[str, Any]) -> int:
    dropped = scan.get("Rows Removed by Filter", 0) + scan.get("Rows Removed by Index Recheck", 0)
    return int((scan["Actual Rows"] + dropped) * scan["Actual Loops"])


def company(number: int | str) -> str:
    return f"('00000000-0000-7001-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


@pytest.fixture(scope="module", params=[0, TINY])
async def large(copies: Copies, request: pytest.FixtureRequest) -> AsyncIterator[Large]:
    """One tenant of 20,000 sales with 2,000 companies in a tree; nine of 30 sales, and maybe many
    more of two sales each."""
    async with _tenants(copies, (MANY, *[FEW] * 9), tiny=request.param) as found:
        yield found


@asynccontextmanager
async def _tenants(copies: Copies, counts: tuple[int, ...], tiny: int = 0) -> AsyncIterator[Large]:
    """In a database of their own: what other tests leave behind would be counted as well."""
    parent = {**refers_to("company", inverse="children"), "x-tree": True}
    stages = [{"key": key, "title": key, "kind": key} for key in STAGES]
    pipeline = {"$schema": PIPELINE, "$id": "p", "object": "sale", "title": "P", "stages": stages}
    documents = (
        an_object("company", {"parent": parent}),
        an_object(
            "sale",
            {
                "company": refers_to("company", inverse="sales"),
                "amount": {**MONEY, "x-index": True},
                "day": {"type": "string", "format": "date", "x-index": True},
                "kind": KINDS,
            },
        ),
        {**pipeline, "amount": "amount", "date": "day"},
        an_object(
            "note",
            {
                "about": refers_to("note", inverse="notes"),
                "parent": {**refers_to("note", inverse="children"), "x-tree": True},
            },
        ),
    )
    name = f"dealgraph_{uuid4().hex}"
    urls = await copies.make(name)
    connection = await asyncpg.connect(urls.superuser)
    database = await Database.open(urls.app, Options(statement_timeout=20))
    tenants = []
    try:
        for count in counts:
            world = await a_world(database, *documents)
            tenants.append(world.tenant)
            await _fill(connection, world, count)
            if count == counts[0]:
                found = Large(database, world, await world.store.published(world.tenant))
        await _fill_tiny(connection, found, tiny)
        await connection.execute("vacuum analyze tree_node")
        for _ in range(50):  # what is busy elsewhere may hold it back
            await connection.execute("vacuum analyze record")
            if await connection.fetchval(ALL_VISIBLE):
                break
        await _add_notes(connection, found)
        yield found
    finally:
        await database.close()
        await connection.close()
        await copies.drop(name)


async def _fill(connection: asyncpg.Connection, world: World, count: int) -> None:
    published = await world.store.published(world.tenant)
    companies = max(count // 10, 3)
    places = {
        key: place.readable
        for of in ("company", "sale")
        for key, place in published.storage.places[of].items()
    }
    base = "tenant_id, id, object, version, data, created_at, updated_at, metadata_version"
    parent, up = places["parent"], company("greatest(1, i / 4)")
    await connection.execute(
        f"insert into record ({base}, {places['name']}, {parent}, tokens)"
        f" select $1, {company('i')}, 'company', 1, '{{}}', now(), now(), 1, 'c' || i,"
        f" case when i > 1 then {up} end, array[$3] from generate_series(1, $2::int) as i",
        world.tenant,
        companies,
        null_token("company", "parent"),
    )
    await connection.execute(
        "insert into tree_node (tenant_id, object, id, root, number, path, depth)"
        " with recursive t (n, path, depth) as (select 1, 'aa1', 0 union all"
        " select i, path || 'c' || lpad(to_hex(i), 4, '0'), depth + 1 from t cross join lateral"
        " generate_series(case when n = 1 then 2 else n * 4 end, n * 4 + 3) as i where i <= $2)"
        f" select $1, 'company', {company('n')}, {company('1')}, n, path, depth from t",
        world.tenant,
        companies,
    )
    await connection.execute(
        f"insert into record ({base}, currency, stage, stage_amount, stage_date,"
        f" {places['amount']}, {places['day']}, {places['kind']}, {places['company']})"
        " select $1, gen_random_uuid(), 'sale', 1, jsonb_build_object('name', 's' || i),"
        " now() - i * interval '1 minute', now(), 1, 'CNY', (array['open', 'won', 'lost'])[1 + i % 3], a, d, a, d,"
        f" case when i % 1000 = 0 then 'rare' else 'common' end, {company('1 + i % $3::int')}"
        " from (select i, (i * 7919) % 100000 as a, date '2026-01-01' + i % 700 as d"
        " from generate_series(1, $2::int) as i) as g",
        world.tenant,
        count,
        companies,
    )
    await connection.execute(
        f"insert into record ({base}, deleted_at, {places['amount']})"
        " select $1, gen_random_uuid(), 'sale', 1, '{}', now(), now(), 1, now(), i"
        " from generate_series(1, $2::int) as i",
        world.tenant,
        count // DELETED,
    )


async def _fill_tiny(connection: asyncpg.Connection, large: Large, tenants: int) -> None:
    """Two sales each of tenants that are not there otherwise."""
    amount = large.published.storage.places["sale"]["amount"].readable
    await connection.execute(
        "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
        f" metadata_version, stage, {amount})"
        " select t, gen_random_uuid(), 'sale', 1, '{}', now(), now(), 1, 'won', 1"
        " from (select gen_random_uuid() as t from generate_series(1, $1::int)) as g,"
        " generate_series(1, 2)",
        tenants,
    )


async def _add_notes(connection: asyncpg.Connection, large: Large) -> None:
    """Records of an object that the statistics know nothing of: each about the one before, all
    below the first."""
    places = {key: it.readable for key, it in large.published.storage.places["note"].items()}
    await connection.execute(
        "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
        f" metadata_version, {places['name']}, {places['about']}, {places['parent']})"
        " select $1, n, 'note', 1, '{}', now(), now(), 1, 'n', lag(n) over (order by n),"
        f" case when i > 1 then {company(FIRST_NOTE)} end"
        f" from (select i, {company(f'i + {FIRST_NOTE - 1}')} as n"
        " from generate_series(1, $2::int) as i) as g",
        large.world.tenant,
        NOTES,
    )
    await connection.execute(
        "insert into tree_node (tenant_id, object, id, root, number, path, depth)"
        f" select $1, 'note', {company(f'i + {FIRST_NOTE - 1}')}, {company(FIRST_NOTE)}, i,"
        " case when i = 1 then 'aa1' else 'aa1c' || lpad(to_hex(i), 4, '0') end, (i > 1)::int"
        " from generate_series(1, $2::int) as i",
        large.world.tenant,
        NOTES,
    )


def sales(
    where: query.Predicate | None = None, order: tuple[Order, ...] = (), *more: Output
) -> Connection:
    outputs = (nodes(*scalars("name", "amount", "kind")), *more)
    return Connection("sale", outputs, Page(Value(0)), where=where, order=order)


def by(field: str, *hops: str, descending: bool = False) -> tuple[Order, ...]:
    return (Order(Column(field, hops), descending),)


@pytest.mark.parametrize("plan", ["generic", "custom"])
@pytest.mark.parametrize(
    ("part", "values", "most"),
    [
        (sales(), [50], 60),
        (sales(order=by("amount")), [50], 120),
        (sales(order=by("amount", descending=True)), [50], 120),
        (sales(order=by("day")), [50], 120),
        (sales(order=by("created_at")), [50], 60),
        (sales(order=by("created_at", descending=True)), [50], 60),
        (sales(compare("stage", Operator.EQ, Value(1)), by("amount")), [50, "won"], 60),
        (sales(compare("stage", Operator.EQ, Value(1)), by("day")), [50, "won"], 60),
        (
            sales(compare("stage", Operator.EQ, Value(1)), (*by("stage"), *by("amount"))),
            [50, "won"],
            60,
        ),
        (sales(compare("company", Operator.EQ, Value(1))), [50, UUID(int=1)], 60),
    ],
)
async def test_a_list_along_an_index_reads_little_more_than_it_shows(
    large: Large, part: query.Part, values: list[Any], most: int, plan: Plan
) -> None:
    assert await large.touched(part, values, plan) <= most


@pytest.mark.parametrize("plan", ["generic", "custom"])
@pytest.mark.parametrize("order", [(), by("updated_at", descending=True), by("amount")])
async def test_of_deleted_records_none_that_live_are_read(
    large: Large, order: tuple[Order, ...], plan: Plan
) -> None:
    part = replace(sales(order=order), deleted=True)
    assert await large.touched(part, [50], plan) <= 3 * MANY // DELETED


@pytest.mark.parametrize("descending", [False, True])
async def test_a_list_by_a_field_of_other_records_reads_little_more_than_it_shows(
    large: Large, descending: bool
) -> None:
    assert (
        await large.touched(sales(order=by("name", "company", descending=descending)), [50]) <= 300
    )


@pytest.mark.parametrize(("kind", "most"), [("common", 150), ("rare", 150)])
async def test_a_filter_that_is_planned_for_its_value_reads_little_either_way(
    large: Large, kind: str, most: int
) -> None:
    part = sales(compare("kind", Operator.EQ, Value(1)), by("amount"))
    assert await large.touched(part, [20, kind]) <= most


@pytest.mark.parametrize(("amount", "most"), [(0, 150), (99_000, 4_500), (99_990, 150)])
@pytest.mark.parametrize("order", [(), by("name")])
async def test_a_range_of_amounts_is_planned_by_how_many_there_are(
    large: Large, order: tuple[Order, ...], amount: int, most: int
) -> None:
    above = compare("amount", Operator.GT, Value(1))
    assert await large.touched(sales(above, order), [20, amount]) <= most
    some = query.Related("sale", "company", Quantifier.SOME, above)
    shown = (nodes(*scalars("name")),)
    part = Connection("company", shown, Page(Value(0)), where=some, order=order)
    assert await large.touched(part, [20, amount]) <= most


@pytest.mark.parametrize("plan", ["generic", "custom"])
@pytest.mark.parametrize("object_key", ["company", "sale"])
async def test_going_through_an_object_steps_over_no_other(
    large: Large, object_key: str, plan: Plan
) -> None:
    piece = walking.piece(large.world.tenant, "true", 50)
    given = f"('{object_key}', '{UUID(int=0)}')"
    assert sum(map(_read, await large.explained(piece, given, plan))) <= 110


@pytest.mark.parametrize("plan", ["generic", "custom"])
async def test_hops_of_a_filter_are_looked_up_where_the_object_is_newer_than_the_statistics(
    large: Large, plan: Plan
) -> None:
    named = compare("name", Operator.NE, Value(0))
    twice = query.Through("about", query.Through("about", named))
    total = Output("total", query.TotalCount())
    part = Connection("note", (total,), Page(Value(1)), where=twice)
    assert await large.touched(part, ["x", 50], plan) <= 10 * NOTES


ONE_EACH = query.One(
    "about",
    "note",
    (*scalars("name"), Output("about", query.One("about", "note", scalars("name")))),
)
BELOW = Connection(
    "note", (nodes(*scalars("name")), Output("n", query.TotalCount())), Page(Value(1))
)
BELOW_ALL = Output("notes", replace(BELOW, via="about", scope=Scope.SUBTREE))
FIGURES = Output("figures", query.Aggregate((Output("count", query.Count()),)))


EACH = 12 * NOTES
"""So many reads, a few for each record: by its id, or along its index."""
ALL = 2 * NOTES**2
"""No more than all of them for each, where as little is shown as here."""


@pytest.mark.parametrize(
    ("part", "where", "most"),
    [
        (ONE_EACH, None, EACH),
        (query.Ancestors(scalars("name")), None, EACH),
        (query.Descendants(None, replace(BELOW, scope=Scope.DESCENDANTS)), None, ALL),
        (query.Subtree((FIGURES,)), None, EACH),
        (query.Subtree((BELOW_ALL,)), None, ALL),
        (query.Scalar(Column("name")), query.Under(Value(2)), EACH),
        (query.Scalar(Column("name")), query.Through("about", query.Under(Value(2))), EACH),
    ],
)
@pytest.mark.parametrize("plan", ["generic", "custom"])
async def test_records_and_nodes_are_looked_up_where_the_object_is_newer_than_the_statistics(
    large: Large, part: query.Part, where: query.Predicate | None, most: int, plan: Plan
) -> None:
    asked = Connection("note", (nodes(Output("x", part)),), Page(Value(0)), where=where)
    first = UUID(f"00000000-0000-7001-8000-{FIRST_NOTE:012x}")
    assert await large.touched(asked, [NOTES, 10, first], plan) <= most


async def test_far_down_a_list_is_as_near_as_its_beginning(large: Large) -> None:
    position = query.Position((Value(1),), Value(2))
    part = Connection(
        "sale", (nodes(*scalars("name")),), Page(Value(0), after=position), order=by("amount")
    )
    assert await large.touched(part, [50, "99000", UUID(int=0)]) <= 60


async def test_children_are_read_a_page_for_each_parent(large: Large) -> None:
    inner = Connection("sale", (nodes(*scalars("name")),), Page(Value(1)), via="company")
    part = Connection("company", (nodes(*scalars("name"), Output("sales", inner)),), Page(Value(0)))
    assert await large.touched(part, [20, 3]) <= 20 + 20 * 3 + 10


async def test_a_subtree_is_one_range_of_paths(large: Large) -> None:
    total = Output("amount", query.Stats(Column("amount"), (Output("sum", Statistic.SUM),)))
    inner = Connection(
        "sale",
        (Output("figures", query.Aggregate((total,))),),
        Page(Value(0)),
        via="company",
        scope=Scope.SUBTREE,
    )
    part = query.Record("company", Value(1), (Output("s", query.Subtree((Output("x", inner),))),))
    # Node 100 has 20 nodes below it, each with 10 sales.
    low = UUID("00000000-0000-7001-8000-000000000064")
    assert await large.touched(part, [1, low]) <= 400
    top = UUID("00000000-0000-7001-8000-000000000001")
    for node in (low, top):  # no record is looked up by itself, however many there are
        assert all(it["Actual Loops"] <= 1 for it in await large.scans(part, [1, node]))


@pytest.mark.parametrize("plan", ["generic", "custom"])
@pytest.mark.parametrize(("number", "most"), [(100, 300), (1, 6_100), (2_000, 20)])
async def test_a_list_below_a_node_reads_little_whatever_its_order_and_size(
    large: Large, number: int, most: int, plan: Plan
) -> None:
    node = UUID(f"00000000-0000-7001-8000-{number:012x}")
    below = query.Under(Value(1))
    companies = Connection(
        "company", (nodes(*scalars("name")),), Page(Value(0)), where=below, order=by("name")
    )
    assert await large.touched(companies, [20, node], plan) <= most
    part = sales(query.Through("company", below), by("amount", descending=True))
    assert await large.touched(part, [20, node], plan) <= 5 * most


@pytest.mark.parametrize(("number", "most"), [(100, 300), (2_000, 20)])
async def test_a_page_of_a_subtree_reads_little_where_that_is_small(
    large: Large, number: int, most: int
) -> None:
    node = UUID(f"00000000-0000-7001-8000-{number:012x}")
    shown = (nodes(*scalars("name")),)
    below = query.Descendants(None, Connection("company", shown, Page(Value(0))))
    part = query.Record("company", Value(1), (Output("d", below),))
    assert await large.touched(part, [20, node]) <= most
    inner = Connection("sale", shown, Page(Value(0)), via="company", scope=Scope.SUBTREE)
    subtree = query.Subtree((Output("x", inner),))
    part = query.Record("company", Value(1), (Output("s", subtree),))
    assert await large.touched(part, [20, node]) <= 5 * most


@pytest.mark.parametrize("plan", ["generic", "custom"])
@pytest.mark.parametrize("order", [(), by("amount"), by("amount", descending=True)])
async def test_a_page_of_a_large_subtree_reads_little_more_than_tells_that_it_is_large(
    large: Large, order: tuple[Order, ...], plan: Plan
) -> None:
    top = UUID("00000000-0000-7001-8000-000000000001")
    part: query.Part = sales(query.Through("company", query.Under(Value(1))), order)
    assert await large.touched(part, [20, top], plan) <= 2 * subtrees.FEW
    shown = (nodes(*scalars("name")),)
    page = Page(Value(0))
    inner = Connection("sale", shown, page, via="company", scope=Scope.SUBTREE, order=order)
    part = query.Record("company", Value(1), (Output("s", query.Subtree((Output("x", inner),))),))
    assert await large.touched(part, [20, top], plan) <= 2 * subtrees.FEW


@pytest.mark.parametrize("backward", [False, True])
async def test_a_page_of_descendants_is_read_along_their_paths(
    large: Large, backward: bool
) -> None:
    top = UUID("00000000-0000-7001-8000-000000000001")
    page = Page(Value(0), backward=backward)
    below = query.Descendants(None, Connection("company", (nodes(*scalars("name")),), page))
    part = query.Record("company", Value(1), (Output("d", below),))
    assert await large.touched(part, [20, top]) <= 60


async def test_nodes_are_counted_without_their_records(large: Large) -> None:
    count = Output("figures", query.Aggregate((Output("count", query.Count()),)))
    part = query.Record("company", Value(0), (Output("s", query.Subtree((count,))),))
    top = UUID("00000000-0000-7001-8000-000000000001")
    assert await large.touched(part, [top]) <= COMPANIES + 5


async def test_ancestors_are_as_many_reads_as_levels(large: Large) -> None:
    part = query.Record("company", Value(0), (Output("up", query.Ancestors(scalars("name"))),))
    low = UUID("00000000-0000-7001-8000-000000000700")
    assert await large.touched(part, [low]) <= 10


@pytest.mark.parametrize("plan", ["generic", "custom"])
async def test_amounts_by_stage_come_from_an_index_alone(large: Large, plan: Plan) -> None:
    total = query.Stats(Column("amount"), (Output("sum", Statistic.SUM),))
    figures = Output("aggregate", query.Aggregate((Output("amount", total),)))
    groups = query.Groups((query.GroupBy(Column("stage")),), (figures,), Value(0))
    part = Connection("sale", (Output("groups", groups),), Page(Value(1)))
    scans = await large.scans(part, [9, 0], plan, walks=False)
    assert {it["Node Type"] for it in scans if _read(it) > FEW} == {"Index Only Scan"}
