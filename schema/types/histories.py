"""What changed in a record, when and by whom."""

from __future__ import annotations

from functools import partial
from typing import Final

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
from core.query import ChangePart
from schema.limits import OPENS, Opens
from schema.scalars import DATE_TIME
from schema.types import operators
from schema.types.catalogue import USER, Catalogue, Fields
from schema.types.meanings import MEANS, Branch, Leaf, Versions

_NAME: Final = "RecordChangeInfo"
_PARTS: Final[dict[ChangePart, tuple[GraphQLOutputType, str]]] = {
    ChangePart.VERSION: (GraphQLInt, "The record's version from then on."),
    ChangePart.AT: (DATE_TIME, "When it was written, by the server's clock."),
    ChangePart.KIND: (GraphQLString, "create, update, reparent, delete or restore."),
    ChangePart.SOURCE: (GraphQLString, "On which way it came: api, import, job or system."),
}


def declare(catalogue: Catalogue) -> None:
    """The type of a change, the same for all objects."""
    catalogue.add_object(_NAME, partial(_change, catalogue), "One change of a record.")


def fields(catalogue: Catalogue) -> Fields:
    """`history` of any record."""
    return {
        "history": GraphQLField(
            GraphQLList(GraphQLNonNull(catalogue.named(_NAME, GraphQLObjectType))),
            {
                "first": GraphQLArgument(GraphQLInt, description="How many, from the newest."),
                "before": GraphQLArgument(GraphQLInt, description="Only versions below this."),
            },
            description="The record's changes, the newest first.",
            extensions={MEANS: Versions(), OPENS: Opens.LIST},
        )
    }


def _change(catalogue: Catalogue) -> Fields:
    fields = {
        part.value: GraphQLField(type_, description=says, extensions={MEANS: Leaf(part)})
        for part, (type_, says) in _PARTS.items()
    }
    if USER in catalogue.objects:
        fields["user"] = GraphQLField(
            catalogue.object(USER),
            description="Who did it; null for a token of no user.",
            extensions={MEANS: Branch(partial(query.One, "user", USER)), OPENS: Opens.RECORD},
        )
    fields["changes"] = GraphQLField(
        GraphQLList(GraphQLNonNull(operators.FIELD_CHANGE)),
        description="The fields that differ, by name.",
        extensions={MEANS: Branch(query.Changes)},
    )
    return fields
