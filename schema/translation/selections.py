"""Which fields a selection asks for: fragments spread out, equal response names together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]
Asked: TypeAlias = dict[str, list[FieldNode]]
"""Response name → the nodes that ask for it, in the order that the answer has."""


@dataclass(frozen=True, slots=True)
class Selecting:
    """What collecting depends on: schema, fragments, and the conditions' values."""

    schema: GraphQLSchema
    fragments: Fragments
    conditions: Mapping[str, object]

    def asked(self, type_: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode]) -> Asked:
        """The fields that a record of a type is asked for, merged as execution merges them."""
        found: Asked = {}
        spread: set[str] = set()
        for selection_set in selection_sets:
            self._collect(type_, selection_set.selections, found, spread)
        return found

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: Sequence[SelectionNode],
        found: Asked,
        spread: set[str],
    ) -> None:
        for selection in selections:
            if not self._is_included(selection.directives):
                continue
            if isinstance(selection, FieldNode):
                name = (selection.alias or selection.name).value
                found.setdefault(name, []).append(selection)
                continue
            fragment = self._fragment(selection, spread)
            if fragment is not None and self._applies(fragment, type_):
                if isinstance(selection, FragmentSpreadNode):
                    spread.add(selection.name.value)
                self._collect(type_, fragment.selection_set.selections, found, spread)

    def _fragment(
        self, selection: SelectionNode, spread: set[str]
    ) -> InlineFragmentNode | FragmentDefinitionNode | None:
        if isinstance(selection, InlineFragmentNode):
            return selection
        assert isinstance(selection, FragmentSpreadNode)
        name = selection.name.value
        return None if name in spread else self.fragments.get(name)

    def _applies(
        self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType
    ) -> bool:
        condition = fragment.type_condition
        if condition is None or condition.name.value == type_.name:
            return True
        wider = self.schema.get_type(condition.name.value)
        return isinstance(
            wider, GraphQLInterfaceType | GraphQLUnionType
        ) and self.schema.is_sub_type(wider, type_)

    def _is_included(self, directives: Sequence[DirectiveNode] | None) -> bool:
        for directive in directives or ():
            wanted = _WANTED.get(directive.name.value)
            if wanted is not None and self._condition(directive) is not wanted:
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> object:
        (argument,) = directive.arguments or ()
        value = argument.value
        if isinstance(value, VariableNode):
            return self.conditions.get(value.name.value)
        assert isinstance(value, BooleanValueNode)
        return value.value


_WANTED = {"skip": False, "include": True}
