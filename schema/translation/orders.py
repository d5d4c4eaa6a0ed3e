"""Orders and keys to group by: which columns, through which references, how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import GraphQLField, GraphQLInputObjectType, GraphQLList, GraphQLNonNull
from graphql.type import GraphQLInputType

from core import query
from schema.translation.given import Fields, Given, Items, Leaf, Null, Variables, Word
from schema.translation.translating import BAD_GROUP, At, BadArgument, Translation
from schema.types.meanings import MEANS, Ranked, RankedThrough


@dataclass(frozen=True, slots=True)
class _Ranked:
    """One entry of a list: the column, and what is said of it."""

    column: query.Column
    said: Given
    at: At


def order(
    translation: Translation, declared: GraphQLField, given: Given | None, at: At
) -> tuple[query.Order, ...]:
    """What `orderBy` asks for; a column that comes again decides nothing and is left out."""
    found: dict[query.Column, query.Order] = {}
    for it in _ranked(translation, declared, "orderBy", given, at):
        assert isinstance(it.said, Word)
        found.setdefault(it.column, query.Order(it.column, it.said.value == "DESC"))
    return tuple(found.values())


def keys(
    translation: Translation, declared: GraphQLField, given: Given | None, at: At
) -> tuple[query.GroupBy, ...]:
    """What `by` asks for: at least one key, no column twice."""
    found: dict[query.Column, query.GroupBy] = {}
    for it in _ranked(translation, declared, "by", given, at):
        if it.column in found:
            message = "A key appears twice: each has one place in the row's `key`."
            translation.refuse(it.at, BAD_GROUP, message)
        found[it.column] = query.GroupBy(it.column, _unit(translation, it))
    if not found:
        translation.refuse(at.into("by"), BAD_GROUP, "Name at least one key to group by.")
    return tuple(found.values())


def _unit(translation: Translation, it: _Ranked) -> query.Unit | None:
    if isinstance(it.said, Word) and isinstance(it.said.value, str):
        return query.Unit(it.said.value)
    message = "A key is either `true` or left out."
    if isinstance(it.said, Leaf):
        fetch = it.said.fetch

        def check(variables: Variables) -> None:
            if fetch(variables) is not True:
                raise BadArgument(it.at, BAD_GROUP, message)

        translation.checks.append(check)
    elif it.said != Word(True):
        translation.refuse(it.at, BAD_GROUP, message)
    return None


def _ranked(
    translation: Translation, declared: GraphQLField, argument: str, given: Given | None, at: At
) -> Iterator[_Ranked]:
    """The entries of a list.

    Raises:
        LimitExceeded: there are too many, or they go through too many references.
    """
    if given is None or isinstance(given, Null):
        return
    assert isinstance(given, Items)
    type_ = _item(declared.args[argument].type)
    translation.limits.check("keys", len(given.parts))
    behind: set[tuple[str, ...]] = set()
    for index, part in enumerate(given.parts):
        found = _one(type_, part, at.into(argument, index), ())
        hops = found.column.hops
        translation.limits.check("filter_depth", len(hops))
        behind.update(hops[: end + 1] for end in range(len(hops)))
        translation.limits.check("joins", len(behind))
        yield found


def _one(type_: GraphQLInputObjectType, given: Given, at: At, hops: tuple[str, ...]) -> _Ranked:
    assert isinstance(given, Fields)
    ((name, part),) = given.parts.items()
    field = type_.fields[name]
    means = field.extensions[MEANS]
    if isinstance(means, RankedThrough):
        return _one(_item(field.type), part, at.into(name), (*hops, means.reference))
    assert isinstance(means, Ranked)
    column = query.Column(means.column.field, hops, means.column.corporate)
    return _Ranked(column, part, at.into(name))


def _item(type_: GraphQLInputType) -> GraphQLInputObjectType:
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    assert isinstance(type_, GraphQLInputObjectType)
    return type_
