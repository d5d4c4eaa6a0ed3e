"""Mutations of records, read once: what each is given, and what its payload is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Final

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type

from schema.translation.literals import Arguments, Unsure, arguments
from schema.translation.plans import Nodes, Translator
from schema.types.meanings import MEANS, Write

TYPENAME: Final = "__typename"
_TOLD: Final = frozenset({"errors", "warnings"})


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a payload, as it is asked for; `shown` gives its JSON, unless it is a record."""

    name: str
    key: str
    nodes: list[FieldNode]
    shown: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Task:
    """One root field: what it writes, what it is given, what its payload is asked for.

    `arguments` is None where graphql-core has to find them.
    """

    name: str
    means: Write
    field: GraphQLField
    nodes: list[FieldNode]
    arguments: Arguments | None
    parts: tuple[Part, ...]


def tasks(translator: Translator, root_type: GraphQLObjectType, top: Nodes) -> tuple[Task, ...]:
    """The writes that an operation consists of; none, if there is anything else in it."""
    found = []
    for name, nodes in top:
        field = root_type.fields.get(nodes[0].name.value)
        means = field.extensions.get(MEANS) if field is not None else None
        if field is None or not isinstance(means, Write):
            return ()
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        parts = tuple(_parts(translator, payload, nodes))
        found.append(Task(name, means, field, list(nodes), _arguments(field, nodes[0]), parts))
    return tuple(found)


def _arguments(field: GraphQLField, node: FieldNode) -> Arguments | None:
    try:
        return arguments(field, node)
    except Unsure:
        return None


def _parts(
    translator: Translator, payload: GraphQLObjectType, asking: Sequence[FieldNode]
) -> Iterator[Part]:
    for name, nodes in translator.below(payload, asking).items():
        key = nodes[0].name.value
        if key == TYPENAME:
            yield Part(name, key, nodes, _named(payload))
        elif key in _TOLD:
            told = get_named_type(payload.fields[key].type)
            assert isinstance(told, GraphQLObjectType)
            asked = translator.below(told, nodes)
            members = {it: _member(told, of[0].name.value) for it, of in asked.items()}
            yield Part(name, key, nodes, partial(_list, members))
        else:
            yield Part(name, key, nodes, lambda value: value)


def _member(told: GraphQLObjectType, key: str) -> Callable[[Any], object]:
    return _named(told) if key == TYPENAME else attrgetter(key)


def _named(type_: GraphQLObjectType) -> Callable[[Any], object]:
    return lambda _: type_.name


def _list(members: Mapping[str, Callable[[Any], object]], told: Iterable[Any]) -> list[object]:
    return [{name: member(one) for name, member in members.items()} for one in told]
