"""The same statements where the tables are spread over several nodes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from core import query
from core.query import Column, Connection, GroupBy, Operator, Order, Output, Page, Scope, Value
from core.store.database.connections import Database
from tests.core.a_store import GRAPH, MONEY, PIPELINE, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import (
    PAGE_INFO,
    Values,
    ask,
    ask_all,
    compare,
    edges,
    nodes,
    position,
    record,
    scalars,
)

COUNT = Output("count", query.Count())
ROLES = {"oneOf": [{"const": key, "title": key} for key in ("boss", "user")]}
COVERAGE = {"oneOf": [{"const": key, "title": key} for key in ("uncovered", "met")]}


@pytest.fixture(scope="module")
async def world(citus: Database) -> World:
    """Companies in a tree, sales in stages with members, on Citus."""
    stages = [{"key": key, "title": key, "kind": key} for key in ("open", "won", "lost")]
    company = {
        "parent": {**refers_to("company", inverse="children"), "x-tree": True},
        "note": {"type": "string", "x-search": True},
    }
    sale = {
        "company": refers_to("company", inverse="sales"),
        "amount": {**MONEY, "x-index": True},
        "day": {"type": "string", "format": "date"},
        "of": {"type": "string", "readOnly": True, "x-formula": "company.name"},
    }
    member = {
        "sale": refers_to("sale", inverse="members"),
        "person": refers_to("person"),
        "roles": {"type": "array", "items": ROLES},
        "weight": {"type": "integer"},
        "stance": {"type": "integer"},
        "coverage": COVERAGE,
    }
    relation = {"source": refers_to("person"), "target": refers_to("person"), "kind": ROLES}
    measures = {word: word for word in ("weight", "stance", "coverage", "roles")}
    graph = {
        "$schema": GRAPH,
        "$id": "chain",
        "anchor": "sale",
        "nodes": {"object": "person", "through": "member"},
        "edges": [{"object": "relation", "from": "source", "to": "target", "kind": "kind"}],
        "measures": measures,
    }
    pipeline = {"$schema": PIPELINE, "$id": "p", "object": "sale", "title": "P", "stages": stages}
    return await a_world(
        citus,
        an_object("company", company),
        an_object("sale", sale),
        an_object("person", {}),
        an_object("member", member),
        an_object("relation", relation),
        {**pipeline, "amount": "amount", "date": "day"},
        graph,
    )


@pytest.fixture(scope="module")
async def made(world: World) -> dict[str, UUID]:
    """What all tests here read."""
    top = await world.create("company", name="top", note="华为技术")
    low = await world.create("company", name="low", parent=top)
    found = {"top": top, "low": low}
    for at in range(6):
        found[f"s{at}"] = await world.create(
            "sale",
            name=f"s{at}",
            company=(top, low)[at % 2],
            amount=str(at * 10) if at else None,
            day=f"2026-0{at + 1}-15",
            stage=("open", "won")[at % 2],
        )
    for at, coverage in enumerate(("met", "uncovered")):
        person = await world.create("person", name=f"p{at}")
        roles = [("user", "boss")[at]]
        values = {"weight": 1 + at, "stance": at, "coverage": coverage, "roles": roles}
        await world.create("member", name="m", sale=found["s0"], person=person, **values)
        found[f"p{at}"] = person
    ends = {"source": found["p0"], "target": found["p1"]}
    await world.create("relation", name="r", kind="user", **ends)
    return found


def sales(*outputs: Output, **more: Any) -> Connection:
    return Connection("sale", outputs, Page(Value(0)), **more)


async def test_a_page_in_order_with_what_belongs_to_it(world: World, made: dict[str, UUID]) -> None:
    company = query.One("company", "company", scalars("name"))
    order = (Order(Column("amount")),)
    shown = edges(*scalars("name", "amount", "of"), Output("company", company))
    first = await ask(world, sales(shown, PAGE_INFO, order=order), [2])
    assert [edge["node"]["name"] for edge in first["edges"]] == ["s0", "s1"]
    assert first["edges"][1]["node"] == {
        "name": "s1",
        "amount": "10.00",
        "of": "low",
        "company": {"name": "low"},
    }
    values = Values([2])
    after = position(values, first["page"]["endCursor"], "sale", order)
    asked = Connection("sale", (shown, PAGE_INFO), Page(Value(0), after=after), order=order)
    second = await ask(world, asked, values)
    assert [edge["node"]["name"] for edge in second["edges"]] == ["s2", "s3"]
    assert second["page"]["hasPreviousPage"] is True


async def test_filters_through_and_over_relations(world: World, made: dict[str, UUID]) -> None:
    name = compare("name", Operator.EQ, Value(1))
    where = query.All(
        (
            query.Through("company", name),
            query.Not(query.Through("company", query.Under(Value(2)))),
        )
    )
    shown = await ask(world, sales(nodes(*scalars("name")), where=where), [9, "top", made["low"]])
    assert [node["name"] for node in shown["nodes"]] == ["s0", "s2", "s4"]
    big = compare("amount", Operator.GTE, Value(1))
    some = query.Related("sale", "company", query.Quantifier.SOME, big)
    note = compare("note", Operator.CONTAINS, Value(2))
    asked = Connection(
        "company", (nodes(*scalars("name")),), Page(Value(0)), where=query.All((some, note))
    )
    assert (await ask(world, asked, [9, 40, "为技"]))["nodes"] == [{"name": "top"}]


async def test_several_roots_with_figures_and_groups(world: World, made: dict[str, UUID]) -> None:
    total = Output("amount", query.Stats(Column("amount"), (Output("sum", query.Statistic.SUM),)))
    figures = Output("figures", query.Aggregate((COUNT, total)))
    key = Output("key", query.GroupKey((Output("month", query.KeyPart(0)),)))
    by = (GroupBy(Column("day"), query.Unit.QUARTER),)
    groups = Output(
        "groups", query.Groups(by, (key, Output("x", query.Aggregate((COUNT,)))), Value(0))
    )
    inner = Connection("sale", (figures,), Page(Value(0)), via="company", scope=Scope.SUBTREE)
    subtree = Output("subtree", query.Subtree((Output("sales", inner), figures_of_nodes())))
    top = query.Record("company", Value(1), (subtree,))
    one, two = await ask_all(world, [sales(figures, groups), top], [10, made["top"]])
    assert one["figures"] == {"count": 6, "amount": {"sum": "150.00"}}
    assert [(g["key"]["month"], g["x"]["count"]) for g in one["groups"]] == [
        ("2026-01-01", 3),
        ("2026-04-01", 3),
    ]
    assert two["subtree"]["sales"]["figures"]["amount"]["sum"] == "150.00"
    assert two["subtree"]["nodes"] == {"count": 2}


def figures_of_nodes() -> Output:
    return Output("nodes", query.Aggregate((COUNT,)))


async def test_trees_up_and_down(world: World, made: dict[str, UUID]) -> None:
    up = Output("up", query.Ancestors(scalars("name")))
    below = Connection("company", (nodes(*scalars("name")),), Page(Value(1)))
    down = Output("down", query.Descendants(None, below))
    asked = query.Record("company", Value(0), (up, down, Output("depth", query.TreeDepth())))
    assert await ask(world, asked, [made["low"], 5]) == {
        "up": [{"name": "top"}],
        "down": {"nodes": []},
        "depth": 1,
    }
    shown = await ask(world, asked, [made["top"], 5])
    assert shown["down"] == {"nodes": [{"name": "low"}]}


async def test_a_graph_with_its_measures_and_ways(world: World, made: dict[str, UUID]) -> None:
    person = Output("person", query.One("person", "person", scalars("name")))
    parts = (
        Output("nodes", query.GraphNodes((person,))),
        Output("edges", query.GraphEdges((Output("to", query.EdgePart.TO),))),
        Output("m", query.Measures((Output("support", query.Measure("support_index")),))),
        Output("path", query.PathTo(Value(1), (person,))),
    )
    asked = query.Record("sale", Value(0), (Output("chain", query.GraphOf("chain", parts)),))
    shown = (await ask(world, asked, [made["s0"], "boss"]))["chain"]
    assert [node["person"]["name"] for node in shown["nodes"]] == ["p0", "p1"]
    assert shown["edges"] == [{"to": str(made["p1"])}]
    assert shown["m"] == {"support": "0.333333333333"}
    assert [node["person"]["name"] for node in shown["path"]] == ["p0", "p1"]


async def test_histories_and_records_of_any_kind(world: World, made: dict[str, UUID]) -> None:
    change = query.Changes((Output("field", query.DiffPart.FIELD),))
    history = query.History((Output("changes", change),), Value(1))
    stays = query.StageHistory((Output("to", query.StageHistoryPart("to_stage")),), Value(1))
    outputs = (Output("h", history), Output("s", stays))
    shown = await ask(world, query.Record("sale", Value(0), outputs), [made["s1"], 5])
    assert "amount" in [one["field"] for one in shown["h"][0]["changes"]]
    assert shown["s"] == [{"to": "WON"}]
    choices = (("company", scalars("name")), ("sale", scalars("amount")))
    assert await ask(world, query.AnyRecord(Value(0), choices), [made["s1"]]) == {"amount": "10.00"}
    many = query.Records("sale", Value(0), scalars("name"))
    assert await ask(world, many, [[made["s2"], made["top"]]]) == [{"name": "s2"}, None]
    assert (await record(world, "sale", made["s2"], *scalars("name")))["name"] == "s2"
