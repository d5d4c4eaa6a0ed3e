import random
from typing import Any
from uuid import UUID

import pytest

from core import query
from core.query import Column, Connection, Operator, Output, Page, Scope, Statistic
from core.store.database.connections import Database
from tests.core.a_store import MONEY, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import (
    PAGE_INFO,
    Values,
    ask,
    compare,
    edges,
    nodes,
    position,
    record,
    scalars,
)


@pytest.fixture
async def world(database: Database) -> World:
    parent = {**refers_to("company", inverse="children"), "x-tree": True}
    return await a_world(
        database,
        an_object("company", {"size": {"type": "integer"}, "parent": parent}),
        an_object("sale", {"company": refers_to("company", inverse="sales"), "amount": MONEY}),
    )


@pytest.fixture
async def tree(world: World) -> dict[str, UUID]:
    """Two groups: a with b (c, d) and e, and z alone; each node has a sale of its size."""
    made: dict[str, UUID] = {}
    for size, (name, parent) in enumerate(
        [("a", None), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "a"), ("z", None)], start=1
    ):
        above = made[parent] if parent else None
        made[name] = await world.create("company", name=name, size=size, parent=above)
        await world.create("sale", name=f"of {name}", company=made[name], amount=str(size))
    return made


def below(
    *outputs: Output,
    page: Page | None = None,
    depth: query.Value | None = None,
    where: query.Predicate | None = None,
) -> query.Descendants:
    page = page or Page(query.Value(1))
    scope = Scope.DESCENDANTS
    return query.Descendants(depth, Connection("company", outputs, page, scope=scope, where=where))


async def names(world: World, id: UUID, part: query.Part, *values: Any) -> list[str]:
    asked = query.Record("company", query.Value(0), (Output("x", part),))
    found = (await ask(world, asked, [id, *values]))["x"]
    found = found["nodes"] if isinstance(found, dict) else found
    return [node["name"] for node in found]


async def test_ancestors_come_from_the_root_down_without_the_node(
    world: World, tree: dict[str, UUID]
) -> None:
    asked = query.Ancestors(scalars("name", "size"))
    assert await names(world, tree["d"], asked) == ["a", "b"]
    assert await names(world, tree["a"], asked) == []


async def test_descendants_follow_their_parents_down_to_a_depth(
    world: World, tree: dict[str, UUID]
) -> None:
    everything = below(nodes(*scalars("name")))
    assert await names(world, tree["a"], everything, 10) == ["b", "c", "d", "e"]
    assert await names(world, tree["c"], everything, 10) == []
    direct = below(nodes(*scalars("name")), depth=query.Value(2))
    assert await names(world, tree["a"], direct, 10, 1) == ["b", "e"]
    assert await names(world, tree["a"], direct, 10, 0) == []


async def test_descendants_are_filtered_counted_and_added_up(
    world: World, tree: dict[str, UUID]
) -> None:
    total = Output("sum", query.Stats(Column("size"), (Output("sum", Statistic.SUM),)))
    part = below(
        nodes(*scalars("name")),
        Output("total", query.TotalCount()),
        Output("figures", query.Aggregate((total,))),
        where=compare("size", Operator.GT, query.Value(2)),
    )
    asked = query.Record("company", query.Value(0), (Output("x", part),))
    assert await ask(world, asked, [tree["a"], 1, 2]) == {
        "x": {
            "nodes": [{"name": "c"}],
            "total": 3,
            "figures": {"sum": {"sum": "12"}},
        }
    }


@pytest.mark.parametrize("backward", [False, True])
async def test_descendants_are_paged(world: World, tree: dict[str, UUID], backward: bool) -> None:
    found: list[str] = []
    cursor = None
    while True:
        values = Values([tree["a"]])
        at = position(values, cursor, "company", ()) if cursor else None
        after, before = (None, at) if backward else (at, None)
        page = Page(values.of(3), after, before, backward)
        part = below(edges(*scalars("name")), PAGE_INFO, page=page)
        asked = query.Record("company", query.Value(0), (Output("x", part),))
        shown = (await ask(world, asked, values))["x"]
        page_names = [edge["node"]["name"] for edge in shown["edges"]]
        found = [*page_names, *found] if backward else [*found, *page_names]
        if not shown["page"]["hasPreviousPage" if backward else "hasNextPage"]:
            break
        cursor = shown["page"]["startCursor" if backward else "endCursor"]
    assert found == ["b", "c", "d", "e"]


async def test_a_subtree_is_the_node_with_all_below_it(world: World, tree: dict[str, UUID]) -> None:
    total = Output("amount", query.Stats(Column("amount"), (Output("sum", Statistic.SUM),)))
    sales = Connection(
        "sale",
        (
            nodes(*scalars("name")),
            Output("total", query.TotalCount()),
            Output("figures", query.Aggregate((total,))),
        ),
        Page(query.Value(1)),
        via="company",
        scope=Scope.SUBTREE,
    )
    size = Output("size", query.Stats(Column("size"), (Output("sum", Statistic.SUM),)))
    figures = query.Aggregate((Output("count", query.Count()), size))
    part = query.Subtree((Output("figures", figures), Output("sales", sales)))
    asked = query.Record("company", query.Value(0), (Output("x", part),))
    assert (await ask(world, asked, [tree["b"], 10]))["x"] == {
        "figures": {"count": 3, "size": {"sum": "9"}},
        "sales": {
            "nodes": [{"name": "of b"}, {"name": "of c"}, {"name": "of d"}],
            "total": 3,
            "figures": {"amount": {"sum": "9.00"}},
        },
    }


async def test_a_node_knows_its_depth_and_its_topmost_node(
    world: World, tree: dict[str, UUID]
) -> None:
    outputs = (Output("depth", query.TreeDepth()), Output("top", query.Root(scalars("name"))))
    assert await record(world, "company", tree["d"], *outputs) == {"depth": 2, "top": {"name": "a"}}
    assert await record(world, "company", tree["z"], *outputs) == {"depth": 0, "top": {"name": "z"}}


async def test_children_of_children_nest(world: World, tree: dict[str, UUID]) -> None:
    def level(down: int) -> tuple[Output, ...]:
        if down == 0:
            return scalars("name")
        inner = Connection(
            "company", (nodes(*level(down - 1)),), Page(query.Value(1)), via="parent"
        )
        return (*scalars("name"), Output("children", inner))

    asked = query.Record("company", query.Value(0), level(3))
    shown = await ask(world, asked, [tree["a"], 10])
    assert [child["name"] for child in shown["children"]["nodes"]] == ["b", "e"]
    grandchildren = shown["children"]["nodes"][0]["children"]["nodes"]
    assert [child["name"] for child in grandchildren] == ["c", "d"]


async def test_agrees_with_a_walk_through_a_random_tree(world: World) -> None:
    rng = random.Random(3)
    parents: dict[UUID, UUID | None] = {}
    for at in range(60):
        above = rng.choice([None, *parents]) if at else None
        made = await world.create("company", name=str(at), size=at, parent=above)
        parents[made] = above

    def upwards(node: UUID | None) -> list[UUID]:
        return [] if node is None else [*upwards(parents[node]), node]

    total = below(Output("total", query.TotalCount()))
    outputs = (
        Output("above", query.Ancestors(scalars("id"))),
        Output("below", total),
        Output("depth", query.TreeDepth()),
    )
    part = query.Records("company", query.Value(0), outputs)
    shown = await ask(world, part, [list(parents), 1])
    for node, answer in zip(parents, shown, strict=True):
        above = upwards(parents[node])
        assert [one["id"] for one in answer["above"]] == [str(one) for one in above]
        assert answer["depth"] == len(above)
        assert answer["below"]["total"] == sum(node in upwards(parents[one]) for one in parents)
