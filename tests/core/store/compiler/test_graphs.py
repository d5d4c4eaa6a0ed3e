from string import ascii_lowercase
from typing import Any
from uuid import UUID

import pytest

from core import query
from core.query import EdgePart, Output
from core.store.database.connections import Database
from tests.core.a_store import GRAPH, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import ask, record, scalars

ROLES = {"oneOf": [{"const": key, "title": key} for key in ("approver", "user", "coach")]}
COVERAGE = {"oneOf": [{"const": key, "title": key} for key in ("uncovered", "met")]}
KINDS = {
    "oneOf": [{"const": key, "title": key} for key in ("influences", "informal", "reports_to")]
}
INTEGER = {"type": "integer"}
NAMES = (
    *("members", "coverage_rate", "support_index", "unknown_share", "single_thread_risk"),
    *("top_gap", "blocker_risk", "unweighted"),
)


@pytest.fixture
async def world(database: Database) -> World:
    person = {"reports_to": refers_to("person", "set_null"), "department": {"type": "string"}}
    member = {
        "deal": refers_to("deal", "cascade"),
        "person": refers_to("person"),
        "roles": {"type": "array", "items": ROLES},
        "rank": INTEGER,
        "joint": {"type": "boolean"},
        "weight": INTEGER,
        "stance": INTEGER,
        "coverage": COVERAGE,
    }
    relation = {
        "source": refers_to("person", "cascade"),
        "target": refers_to("person", "cascade"),
        "kind": KINDS,
        "strength": INTEGER,
        "deal": refers_to("deal", "cascade"),
    }
    measures = {word: word for word in ("rank", "joint", "weight", "stance", "coverage", "roles")}
    graph = {
        "$schema": GRAPH,
        "$id": "chain",
        "anchor": "deal",
        "nodes": {"object": "person", "through": "member"},
        "edges": [
            {"kind": "reports_to", "reference": "person.reports_to"},
            {
                "object": "relation",
                "from": "source",
                "to": "target",
                "kind": "kind",
                "strength": "strength",
                "within": "deal",
            },
        ],
        "measures": {**measures, "department": "person.department"},
    }
    objects = (
        an_object("deal", {}),
        an_object("person", person),
        an_object("member", member),
        an_object("relation", relation),
    )
    return await a_world(database, *objects, graph)


async def ask_graph(world: World, deal: UUID, *outputs: Output) -> Any:
    part = Output("graph", query.GraphOf("chain", outputs))
    return (await record(world, "deal", deal, part))["graph"]


def edges() -> Output:
    parts = tuple(Output(part.value, part) for part in EdgePart)
    return Output("edges", query.GraphEdges(parts))


def measures() -> Output:
    return Output("m", query.Measures(tuple(Output(name, query.Measure(name)) for name in NAMES)))


async def a_deal(world: World, *members: dict[str, Any]) -> tuple[UUID, list[UUID]]:
    """A deal with these members, each a new person named by letter."""
    deal = await world.create("deal", name="deal")
    people = []
    for letter, member in zip("abcdefgh", members, strict=False):
        known = dict(member)
        person = await world.create("person", name=letter, department=known.pop("department", None))
        await world.create("member", name=letter, deal=deal, person=person, **known)
        people.append(person)
    return deal, people


async def test_someone_who_is_linked_twice_is_measured_once(world: World) -> None:
    link = {"weight": 3, "stance": 1, "rank": 1, "coverage": "met", "department": "IT"}
    deal, (person, _) = await a_deal(world, link, {"weight": 2, "stance": 1, "department": "HR"})
    known = {"weight": 2, "stance": -1, "rank": 2}
    await world.create("member", name="a", deal=deal, person=person, **known)

    assert (await ask_graph(world, deal, measures()))["m"] == {
        "members": 2,
        "coverage_rate": "0.6",
        "support_index": "-0.1",
        "unknown_share": "0",
        "single_thread_risk": True,
        "top_gap": True,
        "blocker_risk": True,
        "unweighted": 0,
    }


@pytest.mark.parametrize(
    ("first", "again", "is_gap"),
    [
        ({"rank": 1, "stance": 1}, {"rank": 2}, False),
        ({"rank": 1, "joint": True, "stance": 1}, {"joint": False}, False),
        ({"rank": 1, "stance": 1}, {"stance": 0}, True),
    ],
)
async def test_who_is_linked_twice_is_at_the_top_by_either_link(
    world: World, first: dict[str, Any], again: dict[str, Any], *, is_gap: bool
) -> None:
    others = (
        [{"rank": 1, "joint": True, "stance": 2, "coverage": "met"}] if "joint" in first else []
    )
    deal, people = await a_deal(world, {**first, "coverage": "met"}, *others)
    await world.create("member", name="again", deal=deal, person=people[0], **again)

    assert (await ask_graph(world, deal, measures()))["m"]["top_gap"] is is_gap


async def test_support_and_coverage_of_the_worked_example(world: World) -> None:
    stances = [(3, 1, "met"), (2, 0, "met"), (2, -1, "uncovered"), (1, 2, None)]
    deal, _ = await a_deal(
        world,
        *(
            {"weight": w, "stance": s, "rank": at, **({"coverage": c} if c else {})}
            for at, (w, s, c) in enumerate(stances, start=1)
        ),
    )
    assert (await ask_graph(world, deal, measures()))["m"] == {
        "members": 4,
        "coverage_rate": "0.625",
        "support_index": "0.1875",
        "unknown_share": "0",
        "single_thread_risk": True,
        "top_gap": False,
        "blocker_risk": False,
        "unweighted": 0,
    }


async def test_without_members_there_is_nothing_to_measure(world: World) -> None:
    deal, _ = await a_deal(world)
    assert (await ask_graph(world, deal, measures()))["m"] == {
        "members": 0,
        "coverage_rate": None,
        "support_index": None,
        "unknown_share": None,
        "single_thread_risk": True,
        "top_gap": True,
        "blocker_risk": False,
        "unweighted": 0,
    }


async def test_an_unknown_stance_counts_below_the_line_and_no_weight_as_nothing(
    world: World,
) -> None:
    deal, _ = await a_deal(world, {"weight": 3, "stance": 2}, {"weight": 1}, {"stance": -2})
    found = (await ask_graph(world, deal, measures()))["m"]
    assert found["support_index"] == "0.75"
    assert found["unknown_share"] == "0.25"
    assert found["unweighted"] == 1
    assert found["blocker_risk"] is False


@pytest.mark.parametrize(
    ("tops", "gap"),
    [
        ([{"stance": 1, "coverage": "met"}], False),
        ([{"stance": 0, "coverage": "met"}], True),
        ([{"coverage": "met"}], True),
        ([{"stance": 1, "coverage": "uncovered"}], True),
        ([{"stance": 1}], True),
        ([{"stance": 1, "coverage": "met"}, {"stance": 1, "coverage": "met"}], True),
        ([{"stance": 1, "coverage": "met", "joint": True}] * 2, False),
        ([{"stance": 1, "coverage": "met", "joint": joint} for joint in (True, False)], True),
    ],
)
async def test_the_top_is_missing_unless_known_covered_and_for_us(
    world: World, tops: list[dict[str, Any]], gap: bool
) -> None:
    deal, _ = await a_deal(world, *({**top, "rank": 1} for top in tops))
    assert (await ask_graph(world, deal, measures()))["m"]["top_gap"] is gap


@pytest.mark.parametrize(
    ("weight", "stance", "risk"),
    [(3, -1, True), (3, 0, False), (3, None, False), (2, -2, False), (None, -2, False)],
)
async def test_who_weighs_much_and_is_against_us_may_block(
    world: World, weight: int | None, stance: int | None, risk: bool
) -> None:
    deal, _ = await a_deal(world, {"weight": weight, "stance": stance})
    assert (await ask_graph(world, deal, measures()))["m"]["blocker_risk"] is risk


async def test_two_covered_departments_are_no_single_thread(world: World) -> None:
    met = {"coverage": "met", "weight": 3, "stance": -1}
    deal, _ = await a_deal(world, {**met, "department": "IT"}, {**met, "department": "Finance"})
    found = (await ask_graph(world, deal, measures()))["m"]
    assert found["single_thread_risk"] is False
    assert found["blocker_risk"] is True


async def test_departments_that_are_records_are_told_apart(database: Database) -> None:
    links = {
        "deal": refers_to("deal"),
        "person": refers_to("person"),
        "coverage": COVERAGE,
    }
    graph = {
        "$schema": GRAPH,
        "$id": "chain",
        "anchor": "deal",
        "nodes": {"object": "person", "through": "member"},
        "measures": {"coverage": "coverage", "department": "person.unit"},
    }
    world = await a_world(
        database,
        *(an_object("deal", {}), an_object("unit", {}), an_object("member", links)),
        an_object("person", {"unit": refers_to("unit")}),
        graph,
    )
    units = [await world.create("unit", name=name) for name in ("IT", "HR")]
    for deal_units, is_at_risk in ((units, False), (units[:1] * 2, True)):
        deal = await world.create("deal", name="d")
        for unit in deal_units:
            person = await world.create("person", name="p", unit=unit)
            for coverage in ("met", "uncovered"):
                await world.create("member", deal=deal, person=person, coverage=coverage)
        found = (await ask_graph(world, deal, measures()))["m"]
        assert (found["members"], found["single_thread_risk"]) == (2, is_at_risk)


async def test_nodes_come_by_rank_with_the_record_and_its_link(world: World) -> None:
    deal, people = await a_deal(world, {"weight": 1}, {"rank": 2}, {"rank": 1, "roles": ["user"]})
    nodes = query.GraphNodes(
        (
            Output("key", query.NodeKey()),
            Output("person", query.One("person", "person", scalars("name", "department"))),
            Output("member", query.One("id", "member", scalars("rank", "roles"))),
        )
    )
    shown = (await ask_graph(world, deal, Output("nodes", nodes)))["nodes"]
    assert [node["person"]["name"] for node in shown] == ["c", "b", "a"]
    assert shown[0]["key"] == str(people[2])
    assert shown[0]["member"] == {"rank": 1, "roles": ["USER"]}


async def test_edges_join_members_and_the_deals_own_win(world: World) -> None:
    deal, (a, b, c) = await a_deal(world, {}, {}, {})
    other, _ = await a_deal(world)
    outsider = await world.create("person", name="x")

    async def relate(source: UUID, target: UUID, strength: int, **more: Any) -> None:
        values = {"kind": "influences", "strength": strength, **more}
        await world.create("relation", name="r", source=source, target=target, **values)

    boss = await world.create("person", name="boss")
    await relate(a, b, 1)
    await relate(a, b, 2, deal=deal)
    await relate(a, b, 3, deal=other)
    await relate(a, b, 4, kind="informal")
    await relate(b, c, 5, deal=other)
    await relate(b, outsider, 6)
    assert boss
    shown = (await ask_graph(world, deal, edges()))["edges"]
    assert [(edge["kind"], edge["strength"]) for edge in shown] == [
        ("influences", 2),
        ("informal", 4),
    ]
    assert {(edge["from"], edge["to"]) for edge in shown} == {(str(a), str(b))}


async def test_strengths_of_several_types_are_shown_as_one(database: Database) -> None:
    ends = {end: refers_to("person", "cascade") for end in ("source", "target")}
    named = {"from": "source", "to": "target", "kind": "name", "strength": "strength"}
    graph = {
        "$schema": GRAPH,
        "$id": "chain",
        "anchor": "deal",
        "nodes": {"object": "person", "through": "member"},
        "edges": [{"object": "whole", **named}, {"object": "part", **named}],
    }
    links = {"deal": refers_to("deal"), "person": refers_to("person")}
    decimal = {"type": "number", "x-type": "decimal", "x-scale": 2}
    world = await a_world(
        database,
        *(an_object("deal", {}), an_object("person", {}), an_object("member", links)),
        an_object("whole", {**ends, "strength": INTEGER}),
        an_object("part", {**ends, "strength": decimal}),
        graph,
    )
    deal = await world.create("deal", name="d")
    a, b = [await world.create("person", name=name) for name in "ab"]
    for person in (a, b):
        await world.create("member", deal=deal, person=person)
    await world.create("whole", name="w", source=a, target=b, strength=3)
    await world.create("part", name="p", source=a, target=b, strength="2.5")

    shown = (await ask_graph(world, deal, edges()))["edges"]
    assert {edge["kind"]: edge["strength"] for edge in shown} == {"w": "3", "p": "2.50"}


async def test_one_edge_of_a_kind_leads_from_one_member_to_another(world: World) -> None:
    deal, people = await a_line(world, {}, {})
    low, high = people
    line = {"name": "r", "source": low, "target": high, "kind": "reports_to"}
    await world.create("relation", **line, strength=3)
    (edge,) = (await ask_graph(world, deal, edges()))["edges"]
    assert (edge["kind"], edge["strength"]) == ("reports_to", 3)
    await world.create("relation", **line, strength=1, deal=deal)
    (edge,) = (await ask_graph(world, deal, edges()))["edges"]
    assert edge["strength"] == 1


async def a_line(world: World, *members: dict[str, Any]) -> tuple[UUID, list[UUID]]:
    """A deal whose members each report to the next."""
    deal = await world.create("deal", name="deal")
    above = None
    people: list[UUID] = []
    for letter, member in reversed(list(zip(ascii_lowercase, members, strict=False))):
        above = await world.create("person", name=letter, reports_to=above)
        people.insert(0, above)
        await world.create("member", name=letter, deal=deal, person=above, **member)
    return deal, people


async def path(world: World, deal: UUID, role: str) -> list[str]:
    outputs = (Output("person", query.One("person", "person", scalars("name"))),)
    part = Output("path", query.PathTo(query.Value(1), outputs))
    asked = query.Record("deal", query.Value(0), (Output("g", query.GraphOf("chain", (part,))),))
    found = await ask(world, asked, [deal, role])
    return [node["person"]["name"] for node in found["g"]["path"]]


async def test_the_shortest_way_leads_from_somebody_covered_to_the_role(world: World) -> None:
    met, boss = {"coverage": "met"}, {"roles": ["approver", "user"]}
    deal, people = await a_line(world, met, {}, met, {}, boss)
    assert await path(world, deal, "approver") == ["c", "d", "e"]
    assert await path(world, deal, "coach") == []
    await world.create("relation", name="r", source=people[0], target=people[4], kind="informal")
    assert await path(world, deal, "approver") == ["a", "e"]


@pytest.mark.parametrize(("length", "is_found"), [(20, True), (21, False)])
async def test_a_way_has_at_most_twenty_edges(world: World, length: int, *, is_found: bool) -> None:
    between: list[dict[str, Any]] = [{} for _ in range(length - 1)]
    deal, _ = await a_line(world, {"coverage": "met"}, *between, {"roles": ["coach"]})

    assert len(await path(world, deal, "coach")) == (length + 1 if is_found else 0)


async def test_an_edge_of_no_kind_is_a_way_too(world: World) -> None:
    deal, people = await a_deal(world, {"coverage": "met"}, {"roles": ["coach"]})
    await world.create("relation", name="r", source=people[0], target=people[1])
    assert await path(world, deal, "coach") == ["a", "b"]


async def test_someone_who_is_linked_twice_is_once_on_the_way(world: World) -> None:
    deal, people = await a_line(world, {}, {"coverage": "met"}, {})
    for person, roles in ((people[0], ["user"]), (people[2], ["coach"])):
        await world.create("member", name="again", deal=deal, person=person, roles=roles)
    await world.create("member", name="again", deal=deal, person=people[1])

    assert await path(world, deal, "coach") == ["b", "c"]


async def test_someone_who_is_linked_twice_is_one_node_with_the_older_link(world: World) -> None:
    deal, people = await a_deal(world, {"weight": 1}, {"weight": 2})
    await world.create("member", name="again", deal=deal, person=people[0], rank=1)

    link = query.One("id", "member", scalars("name"))
    nodes = query.GraphNodes((Output("key", query.NodeKey()), Output("link", link)))
    shown = (await ask_graph(world, deal, Output("nodes", nodes)))["nodes"]

    assert [(node["key"], node["link"]["name"]) for node in shown] == [
        (str(people[0]), "a"),
        (str(people[1]), "b"),
    ]


async def test_a_covered_member_with_the_role_is_the_way(world: World) -> None:
    deal, _ = await a_line(world, {"coverage": "met", "roles": ["coach"]}, {"coverage": "met"})
    assert await path(world, deal, "coach") == ["a"]


async def test_reporting_in_a_circle_ends(world: World) -> None:
    deal, people = await a_line(world, {"coverage": "met"}, {}, {"roles": ["coach"]})
    await world.create("relation", name="r", source=people[1], target=people[0], kind="informal")
    assert await path(world, deal, "coach") == ["a", "b", "c"]
