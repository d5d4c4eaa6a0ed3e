"""Arguments read from a document: literals as they are, variables by their shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from graphql.type import GraphQLLeafType

from schema.translation.given import (
    Fetch,
    Fields,
    Given,
    Items,
    Leaf,
    Marked,
    Null,
    Variables,
    Word,
    constant,
)
from schema.types.meanings import STRUCTURAL

Scope = Mapping[str, Given]
"""The operation's variables by their form; one that was not given is not there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the arguments of fields within one operation of one shape."""

    scope: Scope

    def of(self, field: GraphQLField, node: FieldNode) -> dict[str, Given]:
        """The arguments that are given; one whose variable is absent is not."""
        nodes = {it.name.value: it.value for it in node.arguments or ()}
        return dict(self._present(nodes, field.args))

    def _present(
        self, nodes: Mapping[str, ValueNode], declared: Mapping[str, GraphQLArgument]
    ) -> Iterator[tuple[str, Given]]:
        for name, argument in declared.items():
            node = nodes.get(name)
            given = self._given(node, argument.type) if node is not None else None
            if given is not None:
                yield name, given

    def _given(
        self, node: ValueNode, type_: GraphQLInputType, *, structural: bool = False
    ) -> Given | None:
        if isinstance(node, VariableNode):
            return self.scope.get(node.name.value)
        if isinstance(node, NullValueNode):
            return Null()
        if isinstance(type_, GraphQLNonNull):
            return self._given(node, type_.of_type, structural=structural)
        if isinstance(type_, GraphQLList):
            return self._list(node, type_.of_type)
        if isinstance(type_, GraphQLInputObjectType):
            assert isinstance(node, ObjectValueNode)
            return self._object(node, type_)
        return _leaf(node, type_, structural=structural)

    def _list(self, node: ValueNode, item: GraphQLInputType) -> Given:
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        parts = tuple(self._given(it, item) or Null() for it in nodes)
        if all(isinstance(it, Leaf | Null) for it in parts) and not _holds_inputs(item):
            fetches = [it.fetch if isinstance(it, Leaf) else _nothing for it in parts]
            return Leaf(lambda variables: [fetch(variables) for fetch in fetches])
        return Items(parts)

    def _object(self, node: ObjectValueNode, type_: GraphQLInputObjectType) -> Given:
        nodes = {it.name.value: it.value for it in node.fields}
        structural = STRUCTURAL in type_.extensions
        parts = {}
        for name, field in type_.fields.items():
            if name in nodes:
                given = self._given(nodes[name], field.type, structural=structural)
                if given is not None:
                    parts[name] = given
        return Fields(parts)


def variable(name: str) -> Fetch:
    """Fetches a variable; one that is absent is null."""
    return itemgetter(name)


def marked(given: Given, nulls: Callable[[str], tuple[bool, ...] | None]) -> Given:
    """A cursor that stands in the document itself, with its nulls known."""
    if isinstance(given, Leaf):
        text = given.fetch({})
        assert isinstance(text, str)
        return Marked(given.fetch, nulls(text))
    return given


def _leaf(node: ValueNode, type_: GraphQLLeafType, *, structural: bool) -> Given:
    value = _coerced(node, type_)
    if isinstance(type_, GraphQLEnumType) and STRUCTURAL in type_.extensions:
        assert isinstance(value, str)
        return Word(value)
    if structural and type_ is GraphQLBoolean:
        assert isinstance(value, bool)
        return Word(value)
    return constant(value)


def _coerced(node: ValueNode, type_: GraphQLLeafType) -> object:
    if type_.coerce_input_literal is not None:
        return type_.coerce_input_literal(node)  # type: ignore[arg-type]
    return type_.parse_literal(node)


def _holds_inputs(item: GraphQLInputType) -> bool:
    if isinstance(item, GraphQLNonNull):
        item = item.of_type
    return isinstance(item, GraphQLInputObjectType)


def _nothing(_: Variables) -> None:
    return None
