"""The one Strawberry schema of the process, whose types and fields every tenant's schema has."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
    is_specified_scalar_type,
)
from strawberry.schema.config import StrawberryConfig

from core.views import exchange_rates
from schema.limits import AT_MOST, OPENS, Opens
from schema.platform.answers import ReparentPreviewInfo
from schema.platform.mutations import PlatformMutation
from schema.platform.queries import PlatformQuery
from schema.platform.wording import describe
from schema.scalars import SCALAR_MAP
from schema.types.stages import STAGE_KIND
from schema.types.tenant_schema import Platform

_ROOTS = frozenset({"Query", "Mutation"})


@cache
def platform() -> Platform:
    """What every tenant's schema has from Python."""
    made = strawberry.Schema(
        query=PlatformQuery,
        mutation=PlatformMutation,
        types=[ReparentPreviewInfo],
        config=StrawberryConfig(scalar_map=SCALAR_MAP),
    )
    schema = made._schema  # nothing public leads there
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    _tell_one_of(schema)
    describe(schema)
    _tell_sizes(schema)
    _tell_kinds(schema)
    node.resolve_type = None  # records are no Strawberry types; statements tell what they are
    return Platform(
        node=node,
        types=tuple(it for it in schema.type_map.values() if _is_ours(it)),
        query=_fields(schema.query_type),
        mutation=_fields(schema.mutation_type),
        extensions=schema.extensions,
    )


def _tell_one_of(schema: GraphQLSchema) -> None:
    """Let `__Type.isOneOf` tell of every type: Strawberry makes it false of all but its own."""
    described = schema.type_map["__Type"]
    assert isinstance(described, GraphQLObjectType)
    described.fields["isOneOf"].resolve = _is_one_of


def _tell_sizes(schema: GraphQLSchema) -> None:
    """Let what is said of objects, and of rates, cost as much as there may be of it."""
    query, told = schema.query_type, schema.type_map["ObjectTypeInfo"]
    assert query is not None
    assert isinstance(told, GraphQLObjectType)
    query.fields["exchangeRates"].extensions[AT_MOST] = exchange_rates.MOST
    query.fields["objectTypes"].extensions[OPENS] = Opens.TYPES
    told.fields["fields"].extensions[OPENS] = Opens.MEMBERS


def _tell_kinds(schema: GraphQLSchema) -> None:
    """Let a stage that is told of have the kind that stages of records have."""
    told = schema.type_map["PipelineStageInfo"]
    assert isinstance(told, GraphQLObjectType)
    told.fields["kind"].type = STAGE_KIND


def _is_one_of(type_: GraphQLNamedType, _: object) -> bool | None:
    return type_.is_one_of if isinstance(type_, GraphQLInputObjectType) else None


def _is_ours(type_: GraphQLNamedType) -> bool:
    if is_introspection_type(type_) or is_specified_scalar_type(type_):
        return False
    return type_.name not in _ROOTS


def _fields(root: GraphQLObjectType | None) -> dict[str, Any]:
    return dict(root.fields) if root is not None else {}
