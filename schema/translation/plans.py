"""Plans: a selection translated once for a shape, and what each run must fetch for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
)

from core import query
from schema import errors
from schema.limits import Limits
from schema.requests import BadRequest, WireError
from schema.translation import roots
from schema.translation.arguments import Reading
from schema.translation.given import Fetch, Variables
from schema.translation.operations import Script
from schema.translation.outlines import Shape
from schema.translation.selections import Asked, Selecting
from schema.translation.translating import BadArgument, Translation
from schema.types.meanings import MEANS, OBJECTS

Nodes: TypeAlias = tuple[tuple[str, tuple[FieldNode, ...]], ...]
"""Response names, in order, each with the nodes that ask for it."""

Selected: TypeAlias = tuple[str, Sequence[FieldNode], tuple[str, ...]]
"""Where records are selected in what Python answers: their object, the nodes, the path."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A query, and the functions that bring its values from a run's variables."""

    query: query.Query
    fetches: tuple[Fetch, ...]
    checks: tuple[Callable[[Variables], None], ...] = ()
    problems: tuple[WireError, ...] = ()

    def values(self, variables: Variables) -> list[object]:
        """The values of one run, in the order of the query.

        Raises:
            BadRequest: an argument is refused; holds everything that is wrong.
        """
        if not self.checks:
            try:
                return [fetch(variables) for fetch in self.fetches]
            except BadArgument:
                pass
        raise_for(self._wrong(variables))
        return [fetch(variables) for fetch in self.fetches]

    def _wrong(self, variables: Variables) -> list[WireError]:
        found: list[WireError] = []
        for each in (*self.checks, *self.fetches):
            try:
                each(variables)
            except BadArgument as error:
                if error.wire not in found:
                    found.append(error.wire)
        return found


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates what an operation selects, for one shape of its variables."""

    schema: GraphQLSchema
    limits: Limits
    script: Script
    shape: Shape

    def roots(self, root_type: GraphQLObjectType) -> Plan:
        """The root fields of the operation that a statement answers."""
        translation = self._translation()
        selected = [self.script.operation.node.selection_set]
        asked = translation.selecting.asked(root_type, selected)
        outputs = tuple(
            roots.root(translation, root_type, name, nodes)
            for name, nodes in asked.items()
            if is_compiled(root_type, nodes[0])
        )
        return _plan(translation, query.Query(outputs))

    def records(
        self,
        found: tuple[str, GraphQLObjectType],
        below: Sequence[SelectionSetNode],
        path: tuple[str, ...],
    ) -> Plan:
        """What is selected of records that Python has found."""
        translation = self._translation()
        asked = roots.records(translation, found, below, path)
        return _plan(translation, asked)

    def top(self, root_type: GraphQLObjectType) -> Nodes:
        """The response names at the top, in order, each with the nodes that ask for it."""
        selected = [self.script.operation.node.selection_set]
        asked = self._translation().selecting.asked(root_type, selected)
        return tuple((name, tuple(nodes)) for name, nodes in asked.items())

    def found(
        self, type_: GraphQLObjectType, asking: Sequence[FieldNode], path: tuple[str, ...]
    ) -> Iterator[Selected]:
        """The places below some nodes at which records are selected."""
        keys = {name: key for key, name in self.schema.extensions[OBJECTS].items()}
        for name, nodes in self.below(type_, asking).items():
            field = type_.fields.get(nodes[0].name.value)
            key = keys.get(get_named_type(field.type).name) if field is not None else None
            if key is not None:
                yield key, nodes, (*path, name)

    def below(self, type_: GraphQLObjectType, asking: Sequence[FieldNode]) -> Asked:
        """What some nodes ask of an object of a type."""
        selected = [it.selection_set for it in asking if it.selection_set is not None]
        return self._translation().selecting.asked(type_, selected)

    def _translation(self) -> Translation:
        conditions = self.script.known(self.shape)
        selecting = Selecting(self.schema, self.script.fragments, conditions)
        return Translation(selecting, Reading(self.script.scope(self.shape)), self.limits)


def is_compiled(root_type: GraphQLObjectType, node: FieldNode) -> bool:
    """Whether a statement answers a root field."""
    field = root_type.fields.get(node.name.value)
    return field is not None and roots.is_compiled(field.extensions.get(MEANS))


def raise_for(problems: Sequence[WireError]) -> None:
    """Refuse a request with everything that is wrong with it, if anything is.

    Raises:
        BadRequest: something is.
    """
    if problems:
        code = errors.codes_of(problems)[0]
        message = str(problems[0]["message"])
        raise BadRequest(message, code=code, well_formed=True, errors=tuple(problems))


def _plan(translation: Translation, asked: query.Query) -> Plan:
    return Plan(
        asked,
        tuple(translation.fetches),
        tuple(translation.checks),
        tuple(translation.problems),
    )
