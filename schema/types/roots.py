"""What can be asked and done at the top: the platform's own fields and those of every object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
)

from metadata import naming
from metadata.model import ObjectType
from schema.limits import OPENS, Opens
from schema.types import connections, mutations
from schema.types.catalogue import Catalogue, Fields, described
from schema.types.meanings import MEANS, AnyById, ById, Preview

_ID: Final = GraphQLArgument(
    GraphQLNonNull(GraphQLID), description="The record's id; one that is none finds nothing."
)


def declare(
    catalogue: Catalogue,
    query: Mapping[str, GraphQLField],
    mutation: Mapping[str, GraphQLField],
) -> None:
    """`Query` and `Mutation`, with the platform's fields first."""
    says = "What can be asked."
    catalogue.add_object("Query", partial(_query, catalogue, query), says)
    says = "What can be done; the fields of one request are carried out one after the other."
    catalogue.add_object("Mutation", partial(_mutation, catalogue, mutation), says)


def _query(catalogue: Catalogue, platform: Mapping[str, GraphQLField]) -> Fields:
    fields = dict(platform)
    fields["node"] = GraphQLField(
        catalogue.node,
        {"id": _ID},
        description="Any record, by its id.",
        extensions={MEANS: AnyById(), OPENS: Opens.RECORD},
    )
    for of in catalogue.objects.values():
        fields.update(_reads(catalogue, of))
    return fields


def _reads(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    staged = catalogue.metadata.pipeline_of(of.key) is not None
    names = naming.operations(of, staged=staged)
    record: GraphQLObjectType = catalogue.object(of.key)
    yield (
        names.one,
        GraphQLField(
            record,
            {"id": _ID},
            description=described(of.title, of.labels),
            extensions={MEANS: ById(of.key), OPENS: Opens.RECORD},
        ),
    )
    yield names.many, connections.every(catalogue, of)
    if names.preview_reparent is not None:
        yield names.preview_reparent, _preview(catalogue, of)


def _preview(catalogue: Catalogue, of: ObjectType) -> GraphQLField:
    return GraphQLField(
        catalogue.named("ReparentPreviewInfo", GraphQLObjectType),
        {
            "id": _ID,
            "parent": GraphQLArgument(GraphQLID, description=mutations.NEW_PARENT),
        },
        description="What moving a node would do to the tree, without doing it; what is in its way,"
        " and what the object's rules would warn of.",
        extensions={MEANS: Preview(of.key)},
    )


def _mutation(catalogue: Catalogue, platform: Mapping[str, GraphQLField]) -> Fields:
    fields = dict(platform)
    for of in catalogue.objects.values():
        fields.update(mutations.fields(catalogue, of))
    return fields
