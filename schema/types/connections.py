"""Pages of records: connections, their edges, and the arguments that choose them."""

from __future__ import annotations

from functools import partial

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)

from core import query
from metadata import naming
from metadata.model import Inverse, ObjectType
from schema.limits import OPENS, Opens
from schema.types import operators
from schema.types.catalogue import Catalogue, Fields, described
from schema.types.meanings import MEANS, Branch, Connected, FieldMeaning, Grouped, Leaf


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The connection of an object's records, and its edge."""
    name = naming.type_name(of.key)
    says = described(of.plural_title or of.title, of.plural_labels)
    catalogue.add_object(
        f"{name}Connection", partial(_connection, catalogue, of), f"A page of {says}."
    )
    catalogue.add_object(
        f"{name}Edge", partial(_edge, catalogue, of), "A record of a page, with its cursor."
    )


def children(catalogue: Catalogue, inverse: Inverse) -> GraphQLField:
    """The records that name this one, paged per parent."""
    means = Connected(inverse.object, inverse.field)
    return connected(catalogue, inverse.object, means, of_inverse(catalogue, inverse))


def every(catalogue: Catalogue, of: ObjectType) -> GraphQLField:
    """All records of an object, or all that were deleted."""
    says = described(of.plural_title or of.title, of.plural_labels)
    field = connected(catalogue, of.key, Connected(of.key), says)
    field.args["records"] = GraphQLArgument(
        operators.RECORDS, description="Live ones, if not given; or deleted ones."
    )
    return field


def connected(
    catalogue: Catalogue, object_key: str, means: FieldMeaning, says: str
) -> GraphQLField:
    """A field that gives a page of an object's records."""
    return GraphQLField(
        catalogue.object(object_key, "Connection"),
        arguments(catalogue, object_key),
        description=says,
        extensions={MEANS: means, OPENS: Opens.CONNECTION},
    )


def arguments(catalogue: Catalogue, object_key: str) -> dict[str, GraphQLArgument]:
    """`filter`, `orderBy` and the page."""
    order = GraphQLList(GraphQLNonNull(catalogue.input(object_key, "OrderBy")))
    return {
        "filter": filtered(catalogue, object_key),
        "orderBy": GraphQLArgument(
            order,
            description="The first key decides, the next where that is equal, at last the id.",
        ),
        **page(),
    }


def filtered(catalogue: Catalogue, object_key: str) -> GraphQLArgument:
    """`filter`."""
    return GraphQLArgument(
        catalogue.input(object_key, "Filter"), description="Which records; all, if not given."
    )


def page() -> dict[str, GraphQLArgument]:
    """`first` after a cursor, or `last` before one."""
    return {
        "first": GraphQLArgument(GraphQLInt, description="How many, from the beginning."),
        "after": GraphQLArgument(GraphQLString, description="Only what comes after this cursor."),
        "last": GraphQLArgument(GraphQLInt, description="How many, from the end."),
        "before": GraphQLArgument(GraphQLString, description="Only what comes before it."),
    }


def aggregate(catalogue: Catalogue, object_key: str) -> GraphQLField:
    """Statistics over all the records of a connection, a group or a subtree."""
    return GraphQLField(
        catalogue.object(object_key, "Aggregate"),
        description="Over all the records, not only the page.",
        extensions={MEANS: Branch(query.Aggregate)},
    )


def of_inverse(catalogue: Catalogue, inverse: Inverse) -> str:
    """What the records on the other side of a reference are called."""
    of = catalogue.objects[inverse.object]
    field = of.fields[inverse.field]
    says = described(of.plural_title or of.title, of.plural_labels)
    return f"{says}, by their {field.title.lower()}"


def _connection(catalogue: Catalogue, of: ObjectType) -> Fields:
    record = catalogue.object(of.key)
    return {
        "edges": GraphQLField(
            _all(catalogue.object(of.key, "Edge")),
            description="Records with their cursors.",
            extensions={MEANS: Branch(query.Edges), OPENS: Opens.ROWS},
        ),
        "nodes": GraphQLField(
            _all(record),
            description="Records without cursors.",
            extensions={MEANS: Branch(query.Nodes), OPENS: Opens.ROWS},
        ),
        "pageInfo": GraphQLField(
            GraphQLNonNull(operators.PAGE_INFO),
            description="Whether there is more, and the cursors to go on from.",
            extensions={MEANS: Branch(query.PageInfo)},
        ),
        "totalCount": GraphQLField(
            GraphQLInt,
            description="How many records there are; null beyond 100,000.",
            extensions={MEANS: Leaf(query.TotalCount())},
        ),
        "aggregate": aggregate(catalogue, of.key),
        "groups": _groups(catalogue, of),
    }


def _edge(catalogue: Catalogue, of: ObjectType) -> Fields:
    return {
        "cursor": GraphQLField(
            GraphQLString,
            description="The record's place in this order: for `after` or `before`.",
            extensions={MEANS: Leaf(query.Cursor())},
        ),
        "node": GraphQLField(
            catalogue.object(of.key),
            description="The record.",
            extensions={MEANS: Branch(query.Node)},
        ),
    }


def _groups(catalogue: Catalogue, of: ObjectType) -> GraphQLField:
    keys = GraphQLNonNull(GraphQLList(GraphQLNonNull(catalogue.input(of.key, "GroupBy"))))
    return GraphQLField(
        _all(catalogue.object(of.key, "Group")),
        {
            "by": GraphQLArgument(keys, description="One key or several, in this order."),
            "first": GraphQLArgument(
                GraphQLInt, description="How many groups; if not given, as many as a page may have."
            ),
            "orderBy": GraphQLArgument(
                operators.GROUP_ORDER, description="Which come first; if not given, the largest."
            ),
        },
        description="The connection's records grouped by keys.",
        extensions={MEANS: Grouped(), OPENS: Opens.GROUPS},
    )


def _all(type_: GraphQLObjectType) -> GraphQLOutputType:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(type_)))
