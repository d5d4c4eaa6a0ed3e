"""What a misspelt name probably meant, in a few milliseconds whatever the schema's size."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
)
from graphql.pyutils import did_you_mean

_LONGEST: Final = 60  # of a name that is looked up; ours are never longer
_SHORT_LIST: Final = 20


def suggestion(schema: GraphQLSchema, message: str) -> str:
    """` Did you mean …?` for a validation error about an unknown name, or nothing.

    graphql-core's own suggestions measure the distance to every name: 80 to 170 ms for one
    type name among 1,600. This measures it for the twenty that share most pairs of letters.
    """
    for pattern, candidates in _UNKNOWN:
        found = pattern.search(message)
        if found is not None and len(found["name"]) <= _LONGEST:
            return did_you_mean(nearest(found["name"], candidates(schema, found)))
    return ""


def nearest(name: str, candidates: Collection[str]) -> list[str]:
    """Up to three names like `name`, the most similar first."""
    wanted = _pairs(name)

    def overlap(candidate: str) -> float:
        pairs = _pairs(candidate)
        return len(wanted & pairs) / (len(wanted) + len(pairs) or 1)

    short_list = sorted(candidates, key=overlap, reverse=True)[:_SHORT_LIST]
    return difflib.get_close_matches(name, short_list, n=3, cutoff=0.6)


def _pairs(name: str) -> set[str]:
    padded = f" {name.lower()} "
    return {padded[index : index + 2] for index in range(len(padded) - 1)}


def _fields(schema: GraphQLSchema, found: re.Match[str]) -> Collection[str]:
    owner = schema.get_type(found["owner"])
    if isinstance(owner, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        return list(owner.fields)
    return ()


def _arguments(schema: GraphQLSchema, found: re.Match[str]) -> Collection[str]:
    owner = schema.get_type(found["owner"])
    if not isinstance(owner, GraphQLObjectType | GraphQLInterfaceType):
        return ()
    field = owner.fields.get(found["field"])
    return field.args.keys() if field is not None else ()


def _values(schema: GraphQLSchema, found: re.Match[str]) -> Collection[str]:
    owner = schema.get_type(found["owner"])
    return owner.values.keys() if isinstance(owner, GraphQLEnumType) else ()


def _types(schema: GraphQLSchema, found: re.Match[str]) -> Collection[str]:
    return list(schema.type_map)


_Candidates = Callable[[GraphQLSchema, re.Match[str]], Collection[str]]
_UNKNOWN: Final[tuple[tuple[re.Pattern[str], _Candidates], ...]] = (
    (re.compile(r"Cannot query field '(?P<name>\w+)' on type '(?P<owner>\w+)'"), _fields),
    (
        re.compile(r"Unknown argument '(?P<name>\w+)' on field '(?P<owner>\w+)\.(?P<field>\w+)'"),
        _arguments,
    ),
    (re.compile(r"type '(?P<owner>\w+)' not to include unknown field '(?P<name>\w+)'"), _fields),
    (re.compile(r"Value '(?P<name>\w+)' does not exist in '(?P<owner>\w+)' enum"), _values),
    (re.compile(r"Unknown type '(?P<name>\w+)'"), _types),
)
