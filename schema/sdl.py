"""A tenant's schema in writing, for people and for what generates clients from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, print_schema
from graphql import validate_schema as validated

from metadata.model import Metadata
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full

SCALARS: Final[Mapping[str, object]] = {
    "ID": "string",
    "Decimal": {"input": "string | number", "output": "string"},
    "BigInt": {"input": "string | number", "output": "string"},
    "Date": "string",
    "DateTime": "string",
    "JSON": "unknown",
}
"""What each scalar is in TypeScript, for GraphQL Code Generator's option `scalars`."""

_ROOTS: Final = frozenset({"Query", "Mutation"})


def problems(metadata: Metadata) -> list[str]:
    """What GraphQL itself would refuse of the schema that this metadata gives."""
    try:
        made = full(metadata, platform())
        return [error.message for error in validated(made)]
    except (TypeError, KeyError) as error:
        return [f"The types do not fit together: {error}"]


def sdl(metadata: Metadata) -> str:
    """The schema in GraphQL's own language. Takes most of a second for a hundred objects."""
    return print_schema(full(metadata, platform()))


def client_files(metadata: Metadata) -> Mapping[str, str]:
    """What a client's build wants, by file name: the SDL, and Apollo's and codegen's settings."""
    schema = full(metadata, platform())
    return {
        "schema.graphql": print_schema(schema) + "\n",
        "possible-types.json": _json(possible_types(schema)),
        "type-policies.json": _json(type_policies(schema)),
        "scalars.json": _json(SCALARS),
    }


def possible_types(schema: GraphQLSchema) -> dict[str, list[str]]:
    """Apollo's `possibleTypes`: which objects each interface stands for."""
    return {
        name: sorted(it.name for it in schema.get_possible_types(type_))
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLInterfaceType)
    }


def type_policies(schema: GraphQLSchema) -> dict[str, dict[str, object]]:
    """Apollo's `typePolicies`: objects without an id are merged where two queries ask for parts.

    Without them the answer to the second query takes the place of the first one's.
    """
    return {
        name: {"merge": True}
        for name, type_ in sorted(schema.type_map.items())
        if isinstance(type_, GraphQLObjectType)
        and not name.startswith("__")
        and name not in _ROOTS
        and "id" not in type_.fields
    }


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"
