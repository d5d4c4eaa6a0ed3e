"""A tenant's GraphQL schema: lazy to serve requests, full to validate and to describe itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
)
from graphql.type.schema import InterfaceImplementations

from metadata import naming
from metadata.model import Metadata
from schema.types import (
    aggregates,
    connections,
    enums,
    filters,
    graphs,
    groups,
    histories,
    inputs,
    orders,
    records,
    roots,
    stages,
    trees,
)
from schema.types.catalogue import Catalogue
from schema.types.meanings import FIELDS, OBJECTS
from schema.types.operators import SHARED


@dataclass(frozen=True, slots=True)
class Platform:
    """What every tenant's schema has: the types and root fields that are written in Python."""

    node: GraphQLInterfaceType
    types: Iterable[GraphQLNamedType] = ()
    query: Mapping[str, GraphQLField] = field(default_factory=dict)
    mutation: Mapping[str, GraphQLField] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


class TenantSchema(GraphQLSchema):
    """A schema whose types make their fields when a document first asks for them.

    It is taken to be valid: `full` is what publishing checks.
    """

    def __init__(self, catalogue: Catalogue, platform: Platform) -> None:
        super().__init__(assume_valid=True, extensions=_extensions(catalogue, platform))
        self.query_type = catalogue.named("Query", GraphQLObjectType)
        self.mutation_type = catalogue.named("Mutation", GraphQLObjectType)
        self.type_map.update(catalogue.types)
        records = [catalogue.object(key) for key in catalogue.objects]
        name = catalogue.node.name
        self._implementations_map[name] = InterfaceImplementations(objects=records, interfaces=[])
        self._sub_type_map[name] = {it.name for it in records}


def lazy(metadata: Metadata, platform: Platform) -> TenantSchema:
    """The schema that requests are answered by."""
    return TenantSchema(_catalogue(metadata, platform), platform)


def full(metadata: Metadata, platform: Platform) -> GraphQLSchema:
    """The same schema with every type made, not yet validated.

    Raises:
        TypeError: two types have the same name.
    """
    catalogue = _catalogue(metadata, platform)
    return GraphQLSchema(
        query=catalogue.named("Query", GraphQLObjectType),
        mutation=catalogue.named("Mutation", GraphQLObjectType),
        types=list(_leading_on(catalogue)),
        extensions=_extensions(catalogue, platform),
    )


def _leading_on(catalogue: Catalogue) -> Iterator[GraphQLNamedType]:
    """The types that lead to the same kind of type of another object.

    graphql-core goes from type to type by recursion, but not into types that it is given: without
    the inputs here a chain of references through 350 objects was deeper than Python goes.
    """
    for key in catalogue.objects:
        yield catalogue.object(key)
        yield from (catalogue.input(key, it) for it in ("Filter", "OrderBy", "GroupBy"))


def _extensions(catalogue: Catalogue, platform: Platform) -> dict[str, Any]:
    types = {key: naming.type_name(key) for key in catalogue.objects}
    fields = sum(len(catalogue.fields_of(it)) for it in catalogue.objects.values())
    return {**platform.extensions, OBJECTS: types, FIELDS: fields}


def _catalogue(metadata: Metadata, platform: Platform) -> Catalogue:
    catalogue = Catalogue(metadata, (*SHARED, stages.STAGE_KIND, *platform.types), platform.node)
    declarations: tuple[Callable[..., None], ...] = (
        records.declare,
        enums.declare,
        connections.declare,
        aggregates.declare,
        groups.declare,
        filters.declare,
        orders.declare,
        trees.declare,
        stages.declare,
        inputs.declare,
    )
    for of in catalogue.objects.values():
        for declare in declarations:
            declare(catalogue, of)
    for graph in graphs.visible(catalogue):
        graphs.declare(catalogue, graph)
    histories.declare(catalogue)
    roots.declare(catalogue, platform.query, platform.mutation)
    return catalogue
