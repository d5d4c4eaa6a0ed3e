"""A declared graph around a record: its nodes, edges, measures and paths."""

from __future__ import annotations

from functools import partial
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)

from core import query
from core.query import EdgePart
from metadata import naming
from metadata.model import Field, FieldType, Graph, ObjectType
from schema.limits import OPENS, Opens
from schema.scalars import DECIMAL
from schema.types import values
from schema.types.catalogue import Catalogue, Fields, described
from schema.types.meanings import MEANS, Branch, Leaf, Way

_MEASURES: Final[dict[str, tuple[GraphQLOutputType, str]]] = {
    "members": (GraphQLInt, "How many nodes there are."),
    "coverage_rate": (DECIMAL, "The weight of covered nodes, as a share of all weight."),
    "support_index": (DECIMAL, "From -1, all against us, to 1, all for us."),
    "unknown_share": (DECIMAL, "The weight of nodes of unknown stance, as a share of all."),
    "single_thread_risk": (GraphQLBoolean, "Fewer than two covered nodes or departments."),
    "top_gap": (GraphQLBoolean, "The top is missing, uncovered, or not for us."),
    "blocker_risk": (GraphQLBoolean, "Somebody of high weight is against us."),
    "unweighted": (GraphQLInt, "How many nodes have no weight, and so count as 0."),
}


_EDGES: Final = {
    EdgePart.KIND: "In which way they are joined, as the graph declares it.",
    EdgePart.FROM: "The key of the node that the edge leads from.",
    EdgePart.TO: "The key of the node that it leads to.",
    EdgePart.STRENGTH: "How strong it is; null where the edge has none.",
}


def declare(catalogue: Catalogue, graph: Graph) -> None:
    """The types of one graph."""
    name = naming.graph_type(graph)
    says = described(graph.title, graph.labels)
    catalogue.add_object(name, partial(_graph, catalogue, graph), says)
    members = "A member, and the record that makes it one."
    catalogue.add_object(f"{name}Node", partial(_node, catalogue, graph), members)
    edges = "How two members are joined."
    catalogue.add_object(f"{name}Edge", partial(_edge, catalogue, graph), edges)
    catalogue.add_object(f"{name}Measures", _measures, "Figures of all members together.")


def visible(catalogue: Catalogue) -> list[Graph]:
    """The graphs whose objects the API shows."""
    return [
        graph
        for graph in catalogue.metadata.graphs.values()
        if {graph.anchor, graph.node, graph.through} <= catalogue.objects.keys()
    ]


def fields(catalogue: Catalogue, of: ObjectType) -> Fields:
    """One field for each graph around an object."""
    return {
        naming.field_name(graph.key): GraphQLField(
            catalogue.named(naming.graph_type(graph), GraphQLObjectType),
            description=described(graph.title, graph.labels),
            extensions={MEANS: Branch(partial(query.GraphOf, graph.key))},
        )
        for graph in visible(catalogue)
        if graph.anchor == of.key
    }


def _graph(catalogue: Catalogue, graph: Graph) -> Fields:
    name = naming.graph_type(graph)
    nodes = GraphQLList(GraphQLNonNull(catalogue.named(f"{name}Node", GraphQLObjectType)))
    fields = {
        "nodes": GraphQLField(
            nodes,
            description="Members, the highest rank first.",
            extensions={MEANS: Branch(query.GraphNodes), OPENS: Opens.LIST},
        ),
        "edges": GraphQLField(
            GraphQLList(GraphQLNonNull(catalogue.named(f"{name}Edge", GraphQLObjectType))),
            description="How members are joined.",
            extensions={MEANS: Branch(query.GraphEdges), OPENS: Opens.LIST},
        ),
        "measures": GraphQLField(
            catalogue.named(f"{name}Measures", GraphQLObjectType),
            description="Figures of all members together.",
            extensions={MEANS: Branch(query.Measures)},
        ),
    }
    role = _role(catalogue, graph)
    if role is not None:
        fields["pathTo"] = GraphQLField(
            nodes,
            {
                "role": GraphQLArgument(
                    GraphQLNonNull(role), description="Whom the way is to reach."
                )
            },
            description="The shortest way from somebody covered to one who holds the role, along at"
            " most 20 edges as they lead, none of them a conflict; empty where there is none.",
            extensions={MEANS: Way(), OPENS: Opens.LIST},
        )
    return fields


def _node(catalogue: Catalogue, graph: Graph) -> Fields:
    return {
        "key": GraphQLField(
            GraphQLNonNull(GraphQLString),
            description="What edges call the node.",
            extensions={MEANS: Leaf(query.NodeKey())},
        ),
        naming.field_name(graph.node): _member(catalogue, graph.node, graph.node_reference),
        naming.field_name(graph.through): _member(catalogue, graph.through, "id"),
    }


def _member(catalogue: Catalogue, object_key: str, reference: str) -> GraphQLField:
    of = catalogue.objects[object_key]
    return GraphQLField(
        catalogue.object(object_key),
        description=described(of.title, of.labels),
        extensions={
            MEANS: Branch(partial(query.One, reference, object_key)),
            OPENS: Opens.RECORD,
        },
    )


def _edge(catalogue: Catalogue, graph: Graph) -> Fields:
    types: dict[EdgePart, GraphQLOutputType] = {
        EdgePart.KIND: GraphQLString,
        EdgePart.FROM: GraphQLString,
        EdgePart.TO: GraphQLString,
        EdgePart.STRENGTH: _strength(catalogue, graph),
    }
    return {
        part.value: GraphQLField(type_, description=_EDGES[part], extensions={MEANS: Leaf(part)})
        for part, type_ in types.items()
    }


def _measures() -> Fields:
    return {
        naming.field_name(key): GraphQLField(
            type_, description=says, extensions={MEANS: Leaf(query.Measure(key))}
        )
        for key, (type_, says) in _MEASURES.items()
    }


def _strength(catalogue: Catalogue, graph: Graph) -> GraphQLOutputType:
    found = catalogue.metadata.strength_of(graph)
    return GraphQLInt if found is None else values.number(found)


def _role(catalogue: Catalogue, graph: Graph) -> GraphQLEnumType | None:
    found = _measured(catalogue, graph, "roles")
    if found is None:
        return None
    of, field = found
    type_ = catalogue.types.get(naming.enum_name(of.key, field.key))
    return type_ if isinstance(type_, GraphQLEnumType) else None


def _measured(catalogue: Catalogue, graph: Graph, meaning: str) -> tuple[ObjectType, Field] | None:
    """The field that a measure reads: the link's, or `<node object>.<field>`."""
    path = graph.measures.get(meaning)
    if path is None:
        return None
    owner, _, key = path.rpartition(".")
    of = catalogue.metadata.objects[owner or graph.through]
    field = of.fields.get(key)
    if field is None or field.type not in (FieldType.PICKLIST, FieldType.PICKLISTS):
        return None
    return of, field
