"""How many rows of a field a request asks for: a page, a batch, or as many groups as there can be.

A size keeps names of variables and of types, never a schema, so that it can outlive it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple, Protocol, TypeAlias

from graphql import (
    FieldNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    print_ast,
    value_from_ast_untyped,
)

from schema.types.meanings import FIELDS, OBJECTS

Variables: TypeAlias = Mapping[str, object]


class Asked(NamedTuple):
    """The variables of a request, coerced, and the schema that it is asked of."""

    variables: Variables
    schema: GraphQLSchema


class Size(Protocol):
    """So many rows for what a request asks."""

    @property
    def is_fixed(self) -> bool:
        """Whether no variable decides it."""
        ...

    def rows(self, asked: Asked) -> int: ...


@dataclass(frozen=True, slots=True)
class Page:
    """A number, or what the first variable says that has a value."""

    fixed: int
    variables: tuple[str, ...] = ()

    @property
    def is_fixed(self) -> bool:
        return not self.variables

    def rows(self, asked: Asked) -> int:
        given = (asked.variables.get(name) for name in self.variables)
        return next((it for it in given if isinstance(it, int)), self.fixed)


@dataclass(frozen=True, slots=True)
class Batch:
    """The length of a list, or of a variable's list."""

    fixed: int
    variable: str | None = None

    @property
    def is_fixed(self) -> bool:
        return self.variable is None

    def rows(self, asked: Asked) -> int:
        value = asked.variables.get(self.variable) if self.variable is not None else None
        if value is None:
            return self.fixed
        return len(value) if isinstance(value, Sequence) else 1


@dataclass(frozen=True, slots=True)
class Groups:
    """A page of groups, or fewer where the keys that they are made by have few values."""

    page: Page
    key: str  # the type of a group's key
    by: ValueNode

    @property
    def is_fixed(self) -> bool:
        return self.page.is_fixed and "$" not in print_ast(self.by)

    def rows(self, asked: Asked) -> int:
        most = self.page.rows(asked)
        key = asked.schema.get_type(self.key)
        by = value_from_ast_untyped(self.by, dict(asked.variables))
        named = by if isinstance(by, list) else [by]
        return min(prod(_values(key, it, most) for it in named), most)


def page(node: FieldNode, default: int) -> Page:
    """What `first` and `last` of a field say; both may be variables, of which one is null."""
    sizes = list(_sizes(node))
    literal = next((it for it in sizes if isinstance(it, IntValueNode)), None)
    if literal is not None:
        return Page(int(literal.value))
    return Page(default, tuple(it.name.value for it in sizes if isinstance(it, VariableNode)))


def groups(definition: GraphQLField, node: FieldNode, most: Page) -> Size:
    """How many groups a field can have."""
    row = get_named_type(definition.type)
    given = next((it.value for it in node.arguments or () if it.name.value == "by"), None)
    if not isinstance(row, GraphQLObjectType) or given is None:
        return most
    return Groups(most, get_named_type(row.fields["key"].type).name, given)


def batch(definition: GraphQLField, node: FieldNode) -> Batch:
    """How many records the list argument of a mutation holds."""
    for argument in node.arguments or ():
        declared = definition.args.get(argument.name.value)
        if declared is not None and is_list_type(get_nullable_type(declared.type)):
            return _length(argument.value)
    return Batch(0)


def types(node: FieldNode, schema: GraphQLSchema) -> Batch:
    """How many objects are told of: those that `names` has, or all."""
    given = next((it.value for it in node.arguments or () if it.name.value == "names"), None)
    objects = len(schema.extensions.get(OBJECTS, ()))
    if given is None or isinstance(given, NullValueNode):
        return Batch(objects)
    length = _length(given)
    return length if length.variable is None else replace(length, fixed=objects)


def members(schema: GraphQLSchema) -> Batch:
    """How many fields an object has, taken over all of them."""
    objects = len(schema.extensions.get(OBJECTS, ()))
    return Batch(-(-schema.extensions.get(FIELDS, 0) // max(objects, 1)))


def _sizes(node: FieldNode) -> Iterator[ValueNode]:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            yield argument.value


def _values(key: GraphQLNamedType | None, named: object, most: int) -> int:
    """How many values one key can have, null included."""
    if isinstance(key, GraphQLEnumType):
        return len(key.values) + 1
    if key is GraphQLBoolean:
        return 3
    if not isinstance(key, GraphQLObjectType) or not isinstance(named, Mapping) or not named:
        return most
    name, below = next(iter(named.items()))
    field = key.fields.get(name)
    return _values(get_named_type(field.type), below, most) if field is not None else most


def _length(value: ValueNode) -> Batch:
    if isinstance(value, ListValueNode):
        return Batch(len(value.values))
    if isinstance(value, VariableNode):
        return Batch(0, value.name.value)
    return Batch(0 if isinstance(value, NullValueNode) else 1)
