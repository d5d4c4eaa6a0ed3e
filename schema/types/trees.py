"""What a node of a tree gives beyond its parent and children."""

from __future__ import annotations

from functools import partial

from graphql import GraphQLArgument, GraphQLField, GraphQLInt, GraphQLList, GraphQLNonNull

from core import query
from metadata import naming
from metadata.model import ObjectType
from schema.limits import OPENS, Opens
from schema.types import connections
from schema.types.catalogue import Catalogue, Fields
from schema.types.meanings import MEANS, Below, Branch, Connected, Leaf


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The type of a subtree, if the object is a tree."""
    if of.tree is not None:
        name = f"{naming.type_name(of.key)}Subtree"
        says = "A node and everything below it, taken together."
        catalogue.add_object(name, partial(_subtree, catalogue, of), says)


def fields(catalogue: Catalogue, of: ObjectType) -> Fields:
    """Ancestors, descendants, depth, the topmost node and the whole subtree."""
    if of.tree is None:
        return {}
    node = catalogue.object(of.key)
    return {
        "ultimateParent": GraphQLField(
            node,
            description="The topmost ancestor; the node itself where it has no parent.",
            extensions={MEANS: Branch(query.Root), OPENS: Opens.RECORD},
        ),
        "depth": GraphQLField(
            GraphQLInt,
            description="How many ancestors there are.",
            extensions={MEANS: Leaf(query.TreeDepth())},
        ),
        "ancestors": GraphQLField(
            GraphQLList(GraphQLNonNull(node)),
            description="The topmost first; the node itself is left out.",
            extensions={MEANS: Branch(query.Ancestors), OPENS: Opens.LIST},
        ),
        "descendants": _descendants(catalogue, of),
        "subtree": GraphQLField(
            catalogue.object(of.key, "Subtree"),
            description="The node and everything below it, taken together.",
            extensions={MEANS: Branch(query.Subtree)},
        ),
    }


def _descendants(catalogue: Catalogue, of: ObjectType) -> GraphQLField:
    return GraphQLField(
        catalogue.object(of.key, "Connection"),
        {
            "maxDepth": GraphQLArgument(GraphQLInt, description="How many levels down."),
            "filter": connections.filtered(catalogue, of.key),
            **connections.page(),
        },
        description="The nodes below, each after its parent; the node itself is left out.",
        extensions={MEANS: Below(of.key), OPENS: Opens.CONNECTION},
    )


def _subtree(catalogue: Catalogue, of: ObjectType) -> Fields:
    return {
        **{
            naming.field_name(it.key): connections.connected(
                catalogue,
                it.object,
                Connected(it.object, it.field, query.Scope.SUBTREE),
                "Those of all nodes of the subtree.",
            )
            for it in catalogue.inverses_of(of)
            if of.tree is None or (it.object, it.field) != (of.key, of.tree.key)
        },
        "aggregate": connections.aggregate(catalogue, of.key),
    }
