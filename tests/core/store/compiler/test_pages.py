from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import cursors, query
from core.errors import Refused
from core.query import Column, Connection, Operator, Order, Output, Page, PagePart
from core.store.database.connections import Database
from tests.core.a_store import MONEY, PIPELINE, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import (
    PAGE_INFO,
    Values,
    ask,
    compare,
    edges,
    nodes,
    position,
    scalars,
)
from tests.core.store.compiler.oracle import Item
from tests.core.store.compiler.populations import Population, Predicates

UNHURRIED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KEYS = (
    *map(Column, ("name", "code", "amount", "number", "ratio", "large", "share", "day", "moment")),
    *map(Column, ("done", "kind", "created_at", "id")),
    Column("name", ("group",)),
    Column("kind", ("group", "parent")),
)
orders = st.lists(
    st.builds(Order, st.sampled_from(KEYS), st.booleans()),
    max_size=3,
    unique_by=lambda one: one.column,
).map(tuple)


def known(order: tuple[Order, ...]) -> tuple[Order, ...]:
    """The keys that the records in memory can be put in order by."""
    return tuple(one for one in order if one.column != Column("created_at"))


class Walk:
    """Goes through a connection page by page."""

    def __init__(self, world: World, asked: Connection, values: list[Any]) -> None:
        self.world = world
        self.asked = asked
        self.values = values

    async def page(self, size: int, *, backward: bool, cursor: str | None = None) -> Any:
        """One page, from a cursor on."""
        values = Values(self.values)
        at = position(values, cursor, self.asked.object, self.asked.order) if cursor else None
        after, before = (None, at) if backward else (at, None)
        page = Page(values.of(size), after, before, backward)
        return await ask(self.world, replace(self.asked, page=page), values)

    async def ids(self, size: int, *, backward: bool) -> list[str]:
        """The ids of all pages, each page in its own order, as they are come by."""
        found: list[str] = []
        page = await self.page(size, backward=backward)
        while True:
            ids = [edge["node"]["id"] for edge in page["edges"]]
            found = [*ids, *found] if backward else [*found, *ids]
            info = page["page"]
            assert info["hasPreviousPage" if not backward else "hasNextPage"] is (
                len(found) > len(ids)
            )
            if not info["hasPreviousPage" if backward else "hasNextPage"]:
                return found
            cursor = info["startCursor" if backward else "endCursor"]
            assert cursor == page["edges"][0 if backward else -1]["cursor"]
            page = await self.page(size, backward=backward, cursor=cursor)


def connection(order: tuple[Order, ...], where: query.Predicate | None = None) -> Connection:
    outputs = (edges(*scalars("id")), PAGE_INFO)
    return Connection("item", outputs, Page(query.Value(0)), where=where, order=order)


def ids(items: list[Item]) -> list[str]:
    return [str(item.id) for item in items]


@UNHURRIED
@given(data=st.data(), order=orders, size=st.integers(1, 40), backward=st.booleans())
async def test_pages_visit_every_record_once_in_order(
    population: Population,
    data: st.DataObject,
    order: tuple[Order, ...],
    size: int,
    backward: bool,
) -> None:
    predicates = Predicates(data.draw, population)
    where = predicates.of("item", 1) if data.draw(st.booleans()) else None
    records, values = population.records, predicates.values
    found = [r for r in records.of("item") if where is None or records.holds(r, where, values)]
    walk = Walk(population.world, connection(order, where), values)
    visited = await walk.ids(size, backward=backward)
    assert sorted(visited) == sorted(ids(found))
    if known(order) == order:
        assert visited == ids(records.sorted(found, order))


@UNHURRIED
@given(order=orders.filter(lambda order: known(order) == order), data=st.data())
async def test_a_page_between_two_cursors_holds_what_is_between(
    population: Population, order: tuple[Order, ...], data: st.DataObject
) -> None:
    everything = ids(population.records.sorted(population.records.of("item"), order))
    walk = Walk(population.world, connection(order), [])
    all_edges = (await walk.page(1_000, backward=False))["edges"]
    first = data.draw(st.integers(0, len(everything) - 1))
    last = data.draw(st.integers(0, len(everything) - 1))
    backward = data.draw(st.booleans())
    values = Values()
    page = Page(
        values.of(7),
        position(values, all_edges[first]["cursor"], "item", order),
        position(values, all_edges[last]["cursor"], "item", order),
        backward,
    )
    found = await ask(population.world, replace(connection(order), page=page), values)
    between = everything[first + 1 : last]
    wanted = between[-7:] if backward else between[:7]
    assert [edge["node"]["id"] for edge in found["edges"]] == wanted
    near = PagePart.HAS_PREVIOUS if backward else PagePart.HAS_NEXT
    assert found["page"][near.value] is (len(between) > 7)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("order", [(), (Order(Column("name"), descending=True),)])
async def test_a_page_ends_at_a_cursor_that_it_is_not_counted_from(
    population: Population, order: tuple[Order, ...], *, backward: bool
) -> None:
    everything = ids(population.records.sorted(population.records.of("item"), order))
    walk = Walk(population.world, connection(order), [])
    edges = (await walk.page(1_000, backward=False))["edges"]
    values = Values()
    size = values.of(len(everything))
    at = position(values, edges[3]["cursor"], "item", order)
    page = Page(size, at, None, backward) if backward else Page(size, None, at, backward)
    found = await ask(population.world, replace(connection(order), page=page), values)
    wanted = everything[4:] if backward else everything[:3]
    assert [edge["node"]["id"] for edge in found["edges"]] == wanted


@pytest.mark.parametrize("descending", [False, True])
async def test_pages_of_amounts_go_on_behind_those_without_a_rate(
    database: Database, *, descending: bool
) -> None:
    world = await a_world(database, an_object("item", {"amount": MONEY}), currency="CNY")
    names = {}
    for name, amount, currency in (
        *(("a", "1", "CNY"), ("b", "2", "USD"), ("c", None, "CNY")),
        *(("d", "3", "EUR"), ("e", "0", "CNY")),
    ):
        one = await world.create("item", name=name, amount=amount, currency=currency)
        names[str(one)] = name
    order = (Order(Column("amount", corporate=True), descending),)
    for backward in (False, True):
        found = await Walk(world, connection(order), []).ids(1, backward=backward)
        assert "".join(names[it] for it in found) == ("aedcb" if descending else "bcdea")


STAGES = ("talk", "offer", "deal", "won", "lost")  # none of them where its key would put it


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("descending", [False, True])
async def test_stages_stand_in_the_order_of_the_pipeline(
    database: Database, *, descending: bool, backward: bool
) -> None:
    kinds = ("open", "open", "open", "won", "lost")
    stages = [{"key": key, "kind": kind} for key, kind in zip(STAGES, kinds, strict=True)]
    pipeline = {"$schema": PIPELINE, "$id": "p", "object": "item", "stages": stages}
    note = an_object("note", {"item": refers_to("item")})
    world = await a_world(database, an_object("item", {}), note, pipeline)
    placed = []
    for number in range(23):
        place = number * 7 % len(STAGES)
        one = await world.create("item", name=str(number % 3), stage=STAGES[place])
        note_of_it = await world.create("note", item=one)
        placed.append((place, str(number % 3), str(one), str(note_of_it)))
    lone = str(await world.create("note"))

    order = (Order(Column("stage"), descending), Order(Column("name"), descending))
    found = await Walk(world, connection(order), []).ids(4, backward=backward)
    assert found == [one for _, _, one, _ in sorted(placed, reverse=descending)]

    in_deal = compare("stage", Operator.EQ, query.Value(0))
    found = await Walk(world, connection(order, in_deal), ["deal"]).ids(2, backward=backward)
    assert found == [one for at, _, one, _ in sorted(placed, reverse=descending) if at == 2]

    there = (Order(Column("stage", ("item",)), descending),)
    asked = replace(connection(there), object="note")
    by_place = sorted([(-1, lone), *((place, note) for place, _, _, note in placed)])
    found = await Walk(world, asked, []).ids(4, backward=backward)
    assert found == [note for _, note in (by_place[::-1] if descending else by_place)]


async def test_an_empty_page_has_no_cursors(population: Population) -> None:
    where = compare("name", Operator.EQ, query.Value(0))
    asked = replace(connection((), where), page=Page(query.Value(1)))
    found = await ask(population.world, asked, ["no such name", 3])
    assert found == {
        "edges": [],
        "page": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


async def test_a_page_of_no_rows_says_whether_there_are_more(population: Population) -> None:
    found = await Walk(population.world, connection(()), []).page(0, backward=False)
    assert found["edges"] == []
    assert found["page"]["hasNextPage"] is True


async def test_each_parent_has_a_page_of_its_own(population: Population) -> None:
    order = (Order(Column("amount"), descending=True),)
    inner = Connection(
        "item",
        (nodes(*scalars("id")), Output("total", query.TotalCount()), PAGE_INFO),
        Page(query.Value(1)),
        via="group",
        order=order,
    )
    outer = Connection(
        "group",
        (nodes(*scalars("id"), Output("items", inner)),),
        Page(query.Value(0)),
    )
    found = await ask(population.world, outer, [100, 2])
    records = population.records
    for node in found["nodes"]:
        mine = [one for one in records.of("item") if str(one.get("group")) == node["id"]]
        wanted = ids(records.sorted(mine, order))
        assert [one["id"] for one in node["items"]["nodes"]] == wanted[:2]
        assert node["items"]["total"] == len(mine)
        assert node["items"]["page"]["hasNextPage"] is (len(mine) > 2)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "WyJhIl0",
        "bnVsbA",
        "W10",
        "A" * 9_000,
        "WyIwMDAwMDAwMDAwIiwiMSIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd",
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        cursors.decode(cursor, "item", (Order(Column("amount")),))
    assert refused.value.problems[0].code == "BAD_CURSOR"


@pytest.mark.parametrize("held", ["NaN", "1e999999", "x", "0x1", "9" * 500])
async def test_a_forged_cursor_is_refused_before_any_sql_runs(
    population: Population, held: str
) -> None:
    order = (Order(Column("amount")),)
    asked = connection(order)
    page = Page(query.Value(0), query.Position((query.Value(1),), query.Value(2)))
    some_id = population.records.of("item")[0].id
    with pytest.raises(Refused) as refused:
        await ask(population.world, replace(asked, page=page), [3, held, some_id])
    assert refused.value.problems[0].code == "BAD_CURSOR"


async def test_records_that_come_meanwhile_move_no_other(database: Database) -> None:
    world = await a_world(database, an_object("item", {"number": {"type": "integer"}}))
    first = [await world.create("item", name=str(at), number=at % 4) for at in range(12)]
    order = (Order(Column("number"), descending=True),)
    walk = Walk(world, connection(order), [])
    seen: list[str] = []
    page = await walk.page(3, backward=False)
    while True:
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["page"]["hasNextPage"]:
            break
        for number in (9, 2, None):
            await world.create("item", name="new", **({} if number is None else {"number": number}))
        page = await walk.page(3, backward=False, cursor=page["page"]["endCursor"])
        if len(seen) > 100:
            break
    assert [seen.count(str(one)) for one in first] == [1] * len(first)
    assert len(set(seen)) == len(seen)
