from __future__ import annotations

import pytest

from metadata.model import Edge, FieldType
from tests.metadata.builders import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    Document,
    a_graph,
    a_picklist,
    a_reference,
    a_tenant,
    an_object,
    metadata_of,
    some_choices,
    told,
)

OBJECTS = (
    an_object("deal"),
    an_object("person", {"name": TEXT, "boss": a_reference("person", "reports"), "team": TEXT}),
    an_object(
        "member",
        {
            "deal": a_reference("deal", "members", "cascade"),
            "person": a_reference("person", "deals"),
            "rank": INTEGER,
            "joint": BOOLEAN,
            "roles": some_choices("approver"),
        },
    ),
    an_object(
        "relation",
        {
            "source": a_reference("person", "outgoing"),
            "target": a_reference("person", "incoming"),
            "sort": a_picklist("influences"),
            "strength": INTEGER,
            "deal": a_reference("deal", "relations"),
        },
    ),
)
NODES = {"object": "person", "through": "member"}
LINK = {"object": "relation", "from": "source", "to": "target", "kind": "sort"}


def a_chain(**keywords: object) -> Document:
    return a_graph("chain", **{"anchor": "deal", "nodes": NODES, **keywords})


def test_a_decision_chain() -> None:
    graph = metadata_of(
        *OBJECTS,
        a_chain(
            edges=[
                {"reference": "person.boss", "kind": "reports_to", "acyclic": True},
                {**LINK, "strength": "strength", "within": "deal"},
            ],
            measures={
                "rank": "rank",
                "joint": "joint",
                "department": "person.team",
                "roles": "roles",
            },
        ),
    ).graphs["chain"]
    assert (graph.anchor, graph.node, graph.through) == ("deal", "person", "member")
    assert (graph.anchor_reference, graph.node_reference) == ("deal", "person")
    assert graph.edges == (
        Edge("reports_to", reference="boss", acyclic=True),
        Edge(
            "sort",
            object="relation",
            source="source",
            target="target",
            strength="strength",
            within="deal",
        ),
    )


def test_an_edge_is_called_like_its_reference() -> None:
    graph = metadata_of(*OBJECTS, a_chain(edges=[{"reference": "person.boss"}])).graphs["chain"]
    assert graph.edges[0].kind == "boss"


@pytest.mark.parametrize(
    ("keywords", "place", "rule"),
    [
        ({"anchor": "dael"}, "/anchor", "UNKNOWN_OBJECT"),
        ({"nodes": {"object": "person", "through": "team"}}, "/nodes/through", "NO_LINK"),
        ({"nodes": {**NODES, "anchor": "person"}}, "/nodes/anchor", "WRONG_TYPE"),
        ({"nodes": {"object": "person", "through": "relation"}}, "/nodes/through", "NO_LINK"),
        ({"edges": [{}]}, "/edges/0", "BAD_EDGE"),
        ({"edges": [{"reference": "deal.name"}]}, "/edges/0/reference", "BAD_EDGE"),
        ({"edges": [{"reference": "person.name"}]}, "/edges/0/reference", "WRONG_TYPE"),
        ({"edges": [{"reference": "person.bos"}]}, "/edges/0/reference", "UNKNOWN_FIELD"),
        ({"edges": [{"reference": "person.boss", "from": "a"}]}, "/edges/0/from", "MISPLACED"),
        ({"edges": [{"object": "relation", "to": "target"}]}, "/edges/0", "MISSING"),
        ({"edges": [{**LINK, "from": "deal"}]}, "/edges/0/from", "WRONG_TYPE"),
        ({"edges": [{**LINK, "kind": "strength"}]}, "/edges/0/kind", "WRONG_TYPE"),
        ({"edges": [{**LINK, "strength": "sort"}]}, "/edges/0/strength", "WRONG_TYPE"),
        ({"edges": [{**LINK, "within": "source"}]}, "/edges/0/within", "WRONG_TYPE"),
        ({"measures": {"rank": "joint"}}, "/measures/rank", "WRONG_TYPE"),
        ({"measures": {"rank": "rnk"}}, "/measures/rank", "UNKNOWN_FIELD"),
        ({"measures": {"rank": "deal.name"}}, "/measures/rank", "UNKNOWN_FIELD"),
        ({"measures": {"rang": "rank"}}, "/measures/rang", "UNKNOWN_KEYWORD"),
    ],
)
def test_refuses_graphs_that_do_not_fit(keywords: dict[str, object], place: str, rule: str) -> None:
    assert (place, rule) in told(*OBJECTS, a_chain(**keywords))


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (INTEGER, FieldType.INTEGER),
        ({"type": "number"}, FieldType.FLOAT),
        (DECIMAL, FieldType.DECIMAL),
        ({"type": "integer", "x-type": "bigint"}, FieldType.DECIMAL),
    ],
)
def test_the_strength_of_edges_is_of_one_type(other: Document, together: FieldType) -> None:
    links = {"a": a_reference("person", "from"), "b": a_reference("person", "to")}
    tie = an_object("tie", {**links, "kind": TEXT, "force": other})
    ties = {"object": "tie", "from": "a", "to": "b", "kind": "kind", "strength": "force"}
    chain = a_chain(edges=[{**LINK, "strength": "strength"}, ties])

    metadata = metadata_of(*OBJECTS, tie, chain)
    assert metadata.strength_of(metadata.graphs["chain"]) is together


def test_a_tenants_graph_ends_in_c() -> None:
    assert told(*OBJECTS, a_tenant(a_chain())) == [("/$id", "SUFFIX")]


def test_a_graph_says_what_it_is_made_of() -> None:
    assert told(*OBJECTS, a_graph("chain")) == [("", "MISSING"), ("", "MISSING")]


def test_everything_that_is_wrong_with_a_graph_is_told_at_once() -> None:
    chain = a_chain(
        edges=[{"reference": 5}, {**LINK, "from": "sauce"}, {"reference": "person.team"}],
        measures={"rank": "joint", "weights": "rank", "joint": []},
    )
    assert sorted(told(*OBJECTS, chain)) == [
        ("/edges/0/reference", "WRONG_TYPE"),
        ("/edges/1/from", "UNKNOWN_FIELD"),
        ("/edges/2/reference", "WRONG_TYPE"),
        ("/measures/joint", "WRONG_TYPE"),
        ("/measures/rank", "WRONG_TYPE"),
        ("/measures/weights", "UNKNOWN_KEYWORD"),
    ]


def test_coverage_has_an_option_for_those_who_are_not_covered() -> None:
    def chain(*options: str) -> list[Document]:
        links = {"deal": a_reference("deal", "members"), "person": a_reference("person", "deals")}
        member = an_object("member", {**links, "seen": a_picklist(*options)})
        others = [one for one in OBJECTS if one["$id"] != "member"]
        return [*others, member, a_chain(measures={"coverage": "seen"})]

    assert told(*chain("uncovered", "met")) == []
    assert told(*chain("none", "met")) == [("/measures/coverage", "UNKNOWN_OPTION")]
