"""Generated queries of a schema: every argument, fragments, aliases, variables, directives."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    parse,
    validate,
)
from hypothesis import assume
from hypothesis import strategies as st

from schema.types.meanings import MEANS, AnyById, ById, Connected
from tests.schema.worlds import INSTANTS, TEXTS, World

LEFT_OUT = frozenset({"history", "stageHistory", "after", "before"})
LIKELY = {"nodes": 5, "edges": 3, "node": 4, "aggregate": 2, "groups": 2, "subtree": 3}


@cache  # a strategy that is made for each draw is examined for each draw
def _index(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


@dataclass
class Question:
    """A query under construction."""

    draw: st.DrawFn
    schema: GraphQLSchema
    world: World
    pool: Mapping[str, st.SearchStrategy[Any]]
    declared: dict[str, str] = field(default_factory=dict)
    variables: dict[str, object] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0

    def source(self) -> str:
        """The document; draws everything."""
        root = self.schema.query_type
        assert root is not None
        names = [
            name
            for name, it in root.fields.items()
            for _ in range(self.weight(it.extensions.get(MEANS)))
        ]
        chosen = [self.one_of(names) for _ in range(self.one_of([1, 1, 2, 3]))]
        body = " ".join(self.field(root, name, depth=6) for name in chosen)
        if self.happens(1, of=10):
            body += " __typename"
        heads = ", ".join(f"${name}: {type_}" for name, type_ in self.declared.items())
        return "\n".join([f"query {f'({heads})' if heads else ''} {{ {body} }}", *self.fragments])

    def weight(self, means: object) -> int:
        """How often a root field is asked for: mostly pages of what the world has."""
        if isinstance(means, Connected):
            return 6 if self.world.records.get(means.object) else 1
        return 1 if isinstance(means, ById | AnyById) else 0

    def one_of(self, offered: Sequence[Any]) -> Any:
        return offered[self.draw(_index(len(offered)))]

    def happens(self, times: int, *, of: int) -> bool:
        return bool(self.one_of([True] * times + [False] * (of - times)))

    def field(self, of: GraphQLObjectType, name: str, depth: int) -> str:
        declared = of.fields[name]
        arguments = self.arguments(declared, depth)
        alias = ""
        if arguments or self.happens(1, of=6):
            self.aliases += 1
            alias = f"a{self.aliases}: "
        return f"{alias}{name}{arguments}{self.directive()}{self.below(declared, depth)}"

    def below(self, declared: GraphQLField, depth: int) -> str:
        type_ = get_named_type(declared.type)
        if isinstance(type_, GraphQLInterfaceType):
            parts = [
                f"... on {it.name} {self.selection(it, depth - 1)}"
                for it in self.schema.get_possible_types(type_)
                if self.happens(1, of=2)
            ]
            return f" {{ __typename id {' '.join(parts)} }}"
        if isinstance(type_, GraphQLObjectType):
            return f" {self.selection(type_, depth - 1)}"
        return ""

    def selection(self, of: GraphQLObjectType, depth: int) -> str:
        offered = [
            name
            for name, it in of.fields.items()
            if name not in LEFT_OUT and (depth > 0 or not _is_deep(it))
        ]
        offered = [name for name in offered for _ in range(LIKELY.get(name, 1))]
        count = self.one_of([1, 2, 3, 4]) if depth > 2 else self.one_of([1, 2])
        parts = [self.field(of, self.one_of(offered), depth) for _ in range(count) if offered]
        if not parts or self.happens(1, of=6):
            parts.append("__typename")
        return f"{{ {' '.join(self.wrapped(of, part) for part in parts)} }}"

    def wrapped(self, of: GraphQLObjectType, part: str) -> str:
        how = self.one_of(range(12))
        if how == 0:
            return f"... on {of.name}{self.directive()} {{ {part} }}"
        if how == 1:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {of.name} {{ {part} }}")
            return f"...{name}{self.directive()} ...{name}"
        if how == 2:
            return f"... {{ {part} }} {part}" if "(" not in part and "{" not in part else part
        return part

    def directive(self) -> str:
        how = self.one_of(range(40))
        if how > 2:
            return ""
        word, value = ("skip", "false") if how == 0 else ("include", "true")
        if how == 2 and len(self.conditions()) < 8:
            value = self.variable("Boolean!", self.happens(1, of=2))
        return f" @{word}(if: {value})"

    def conditions(self) -> list[str]:
        return [name for name, type_ in self.declared.items() if type_ == "Boolean!"]

    def arguments(self, declared: GraphQLField, depth: int) -> str:
        parts = []
        for name, argument in declared.args.items():
            is_needed = isinstance(argument.type, GraphQLNonNull)
            if name in LEFT_OUT or not (is_needed or self.happens(2, of=5)):
                continue
            if name == "last" and any(it.startswith("first") for it in parts):
                continue
            if name in ("first", "last", "maxDepth"):
                value: object = self.one_of([3, 2, 1, 5, 0])
            elif name == "id":
                value = self.id_for(declared)
            else:
                value = self.value(argument.type, min(depth, 2))
            if value is not _NOTHING:
                parts.append(f"{name}: {self.given(value, argument.type)}")
        return f"({', '.join(parts)})" if parts else ""

    def id_for(self, declared: GraphQLField) -> Any:
        """Mostly the id of a record that the field can show."""
        means = declared.extensions.get(MEANS)
        own = self.world.records.get(means.object, ()) if isinstance(means, ById) else ()
        if own and self.happens(5, of=6):
            return self.one_of([it.id for it in own])
        return self.draw(self.pool["ID"])

    def given(self, value: object, type_: GraphQLInputType) -> str:
        """A value as a literal, or as a variable."""
        if self.happens(1, of=3):
            return self.variable(str(type_), _sent(value))
        return self.literal(value, type_)

    def literal(self, value: object, type_: GraphQLInputType) -> str:
        if isinstance(type_, GraphQLNonNull):
            return self.literal(value, type_.of_type)
        if isinstance(value, list):
            assert isinstance(type_, GraphQLList)
            return f"[{', '.join(self.literal(it, type_.of_type) for it in value)}]"
        if isinstance(value, dict):
            assert isinstance(type_, GraphQLInputObjectType)
            parts = (
                f"{name}: {self.inner(it, type_.fields[name].type)}" for name, it in value.items()
            )
            return f"{{{', '.join(parts)}}}"
        if isinstance(type_, GraphQLEnumType):
            return str(value)
        return json.dumps(_sent(value))

    def inner(self, value: object, type_: GraphQLInputType) -> str:
        if self.happens(1, of=8) and not isinstance(value, dict):
            name = str(type_) if str(type_).endswith("!") else f"{type_}!"
            return self.variable(name, _sent(value))
        return self.literal(value, type_)

    def variable(self, type_: str, value: object) -> str:
        name = f"v{len(self.declared)}"
        self.declared[name] = type_
        self.variables[name] = value
        return f"${name}"

    def value(self, type_: GraphQLInputType, depth: int) -> Any:
        """A value that is not refused: nothing in it is empty or null."""
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, depth)
        if isinstance(type_, GraphQLList):
            return self.several(type_, depth)
        if isinstance(type_, GraphQLInputObjectType):
            return self.object(type_, depth)
        if isinstance(type_, GraphQLEnumType):
            return self.one_of(sorted(type_.values))
        return self.draw(self.pool[type_.name])

    def several(self, type_: GraphQLList[Any], depth: int) -> Any:
        is_input = isinstance(get_named_type(type_), GraphQLInputObjectType)
        count = self.one_of([1, 2] if is_input else [2, 1, 3, 0])
        found = [self.value(type_.of_type, depth) for _ in range(count)]
        return _NOTHING if any(it is _NOTHING for it in found) else _unlike(found)

    def object(self, type_: GraphQLInputObjectType, depth: int) -> Any:
        offered = [name for name, it in type_.fields.items() if depth > 0 or not _nests(it.type)]
        if type_.name.endswith("GroupBy"):
            return self.key(type_, offered, depth)
        count = 1 if type_.is_one_of else self.one_of([1, 1, 2])
        names = {self.one_of(offered) for _ in range(count) if offered}
        found = {name: self.value(type_.fields[name].type, depth - 1) for name in sorted(names)}
        found = {name: it for name, it in found.items() if it is not _NOTHING}
        return found or _NOTHING

    def key(self, type_: GraphQLInputObjectType, offered: Sequence[str], depth: int) -> Any:
        name = self.one_of(offered)
        inner = get_named_type(type_.fields[name].type)
        if inner.name == "Boolean":
            return {name: True}
        found = self.value(type_.fields[name].type, depth - 1)
        return {name: found} if found is not _NOTHING else _NOTHING


@st.composite
def questions(
    draw: st.DrawFn, schema: GraphQLSchema, world: World
) -> tuple[str, dict[str, object]]:
    """A query and its variables, about the values that the world has."""
    question = Question(draw, schema, world, pool(world))
    source = question.source()
    assume(not validate(schema, parse(source)))  # two kinds of records may differ in a field's type
    return source, question.variables


def pool(world: World) -> dict[str, st.SearchStrategy[Any]]:
    """Values to compare with: mostly those that are there."""
    every = [it for records in world.records.values() for it in records]
    seen: dict[type, list[Any]] = {}
    for record in every:
        for value in record.values.values():
            for it in value if isinstance(value, list) else [value]:
                seen.setdefault(type(it), []).append(it)

    def of(kind: type, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        found = seen.get(kind)
        return st.sampled_from(found) | st.sampled_from(found) | other if found else other

    ids = [it.id for it in every]
    return {
        "ID": st.sampled_from([*ids, *ids, "nobody", "00000000-0000-0000-0000-000000000000"]),
        "String": of(str, TEXTS),
        "Int": of(int, st.integers(-3, 3)).filter(lambda it: -(2**31) <= it < 2**31),
        "BigInt": of(int, st.integers(-3, 3)),
        "Float": of(float, st.sampled_from([0.1, 3.0, -2.5])),
        "Decimal": of(Decimal, st.sampled_from([Decimal("0.5"), Decimal(3)])),
        "Boolean": st.booleans(),
        "Date": of(dt.date, st.dates()),
        "DateTime": of(dt.datetime, INSTANTS),
    }


def _sent(value: object) -> object:
    """As a client sends it in JSON."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [_sent(it) for it in value]
    if isinstance(value, dict):
        return {key: _sent(it) for key, it in value.items()}
    return value


def _unlike(found: list[Any]) -> list[Any]:
    """Without repetition: no key to group by may come twice."""
    return [it for i, it in enumerate(found) if not any(_same_key(it, o) for o in found[:i])]


def _same_key(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return all(_same_key(it, other[name]) for name, it in one.items())
    return not isinstance(one, dict)


def _is_deep(field: GraphQLField) -> bool:
    return isinstance(get_named_type(field.type), GraphQLObjectType)


def _nests(type_: GraphQLInputType) -> bool:
    """Whether an input leads on to other inputs than a plain object of operators."""
    found = get_named_type(type_)
    if not isinstance(found, GraphQLInputObjectType):
        return False
    return not found.name.endswith("FilterInput") and any(
        isinstance(get_named_type(it.type), GraphQLInputObjectType) for it in found.fields.values()
    )


_NOTHING: Any = object()
