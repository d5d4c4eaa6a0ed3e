"""Arguments of a mutation: what the document says of them is read once, the variables each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.type import GraphQLArgument, GraphQLInputField
from graphql.utilities.coerce_input_value import coerce_input_literal

from schema.translation.given import Fetch, Variables

Arguments: TypeAlias = Callable[[Variables], Mapping[str, object]]


class Unsure(Exception):
    """Something rare, whose rules and words are left to graphql-core."""


def arguments(field: GraphQLField, node: FieldNode) -> Arguments:
    """The arguments of a field, by what they are called in Python.

    What is given raises `Unsure` for variables that are absent, or null where that is refused.

    Raises:
        Unsure: there are defaults, or alternatives of which one is to be given.
    """
    given = {it.name.value: it.value for it in node.arguments or ()}
    return _members(given, field.args)


def _members(
    given: Mapping[str, ValueNode],
    declared: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
) -> Callable[[Variables], dict[str, object]]:
    fetches: dict[str, Fetch] = {}
    for name, it in declared.items():
        if name in given:
            fetches[it.out_name or name] = _value(given[name], it.type)
        elif it.default_value is not Undefined or it.default is not None:
            raise Unsure
    return lambda variables: {name: fetch(variables) for name, fetch in fetches.items()}


def _value(node: ValueNode, type_: GraphQLInputType) -> Fetch:
    if isinstance(node, VariableNode):
        return _variable(node.name.value, nullable=not isinstance(type_, GraphQLNonNull))
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if isinstance(node, ObjectValueNode) and isinstance(type_, GraphQLInputObjectType):
        if type_.is_one_of:
            raise Unsure
        return _members({it.name.value: it.value for it in node.fields}, type_.fields)
    if isinstance(node, ListValueNode) and isinstance(type_, GraphQLList):
        fetches = [_value(it, type_.of_type) for it in node.values]
        return lambda variables: [fetch(variables) for fetch in fetches]
    return _literal(node, type_)


def _variable(name: str, *, nullable: bool) -> Fetch:
    def fetch(variables: Variables) -> object:
        found = variables.get(name, Undefined)
        if found is Undefined or (found is None and not nullable):
            raise Unsure
        return found

    return fetch


def _literal(node: ValueNode, type_: GraphQLInputType) -> Fetch:
    """A value without variables. Only what nobody can change is kept."""
    value = coerce_input_literal(node, type_)
    if not isinstance(node, NullValueNode) and not isinstance(value, _LASTING):
        raise Unsure
    return lambda _: value


_LASTING = (str, int, float, Decimal, date)
