"""An operation read once for a schema: its variables, its conditions, what answers its fields."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    IntValueNode,
    Node,
    StringValueNode,
    Undefined,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities.coerce_input_value import coerce_default_value

from core import cursors
from metadata.text import bad_text
from schema import errors
from schema.documents import Operation
from schema.limits import Limits
from schema.requests import BadRequest, WireError
from schema.translation.arguments import Scope, variable
from schema.translation.given import Given, Variables
from schema.translation.misfits import misfits
from schema.translation.outlines import ABSENT, Cursor, Outline, Outlines, Shape
from schema.translation.selections import Fragments

_MOST_ERRORS = 20
_CONDITIONS = frozenset({"skip", "include"})
_CURSORS = frozenset({"after", "before"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable as an operation declares it."""

    name: str
    outline: Outline
    signature: GraphQLVariableSignature
    default: object  # Undefined: there is none

    @property
    def is_required(self) -> bool:
        return isinstance(self.signature.type, GraphQLNonNull)


@dataclass(frozen=True, slots=True)
class Script:
    """What is known of an operation before any variable is."""

    operation: Operation
    fragments: Fragments
    declared: tuple[Declared, ...]
    conditions: frozenset[str]
    _below: dict[tuple[int, ...], frozenset[str]] = field(default_factory=dict)

    def below(self, nodes: Sequence[FieldNode]) -> frozenset[str]:
        """The variables that anything selected below some of its fields depends on."""
        key = tuple(map(id, nodes))  # of nodes of the document, which live as long as this
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = variables_below(nodes, self.fragments)
        return found

    @property
    def decisive(self) -> frozenset[str] | None:
        """The variables that what is at the top depends on; None: all of them.

        What a mutation is given goes to Python, and decides nothing of what is read.
        """
        return None if self.operation.kind == "query" else self.conditions

    def coerced(self, schema: GraphQLSchema, raw: Mapping[str, object]) -> dict[str, object]:
        """The variables, each of its type.

        Raises:
            BadRequest: one is not of its type, or missing; or a condition is null.
        """
        try:
            found = self._quickly(raw)
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core finds the words for it
            found = self._carefully(schema, raw)
        if self.conditions:
            self._check_conditions(found)
        return found

    def sources(self, raw: Mapping[str, object], coerced: dict[str, object]) -> VariableValues:
        """The variables as graphql-core's executor wants them."""
        sources = {
            it.name: VariableValueSource(it.signature, raw.get(it.name, Undefined))
            for it in self.declared
        }
        return VariableValues(sources, coerced)

    def shape(self, coerced: Variables, names: frozenset[str] | None = None) -> Shape:
        """What translation may know of the variables, or of some of them."""
        declared = self.declared
        if names is not None:
            declared = tuple(it for it in declared if it.name in names)
        return tuple([(it.name, self._shape(it, coerced)) for it in declared])

    def scope(self, shape: Shape) -> Scope:
        """The variables of a shape, as arguments see them."""
        assert isinstance(shape, tuple)
        outlines = {it.name: it.outline for it in self.declared}
        found: dict[str, Given] = {}
        for name, form in shape:
            if form != ABSENT:
                form = form[1] if name in self.conditions else form
                found[name] = outlines[name].given(form, variable(name))
        return found

    def known(self, shape: Shape) -> dict[str, object]:
        """The values of conditions, which a shape holds."""
        assert isinstance(shape, tuple)
        return {name: form[0] for name, form in shape if name in self.conditions and form != ABSENT}

    def _check_conditions(self, coerced: Variables) -> None:
        """With a default, a variable that may be null can be one, if it is not given as null."""
        nodes = self.operation.node.variable_definitions or ()
        definitions = {it.variable.name.value: it for it in nodes}
        empty = sorted(it for it in self.conditions & definitions.keys() if coerced[it] is None)
        if empty:
            raise _refused([_no_condition(name, definitions[name]) for name in empty])

    def _shape(self, it: Declared, coerced: Variables) -> Shape:
        value = coerced.get(it.name, ABSENT)
        if value is ABSENT:
            return ABSENT
        form = it.outline.shape(value)
        return (value, form) if it.name in self.conditions else form

    def _quickly(self, raw: Mapping[str, object]) -> dict[str, object]:
        coerced = {}
        for it in self.declared:
            if it.name in raw:
                coerced[it.name] = it.outline.coerce(raw[it.name])
            elif it.default is not Undefined:
                coerced[it.name] = it.default
            elif it.is_required:
                raise KeyError(it.name)
        return coerced

    def _carefully(self, schema: GraphQLSchema, raw: Mapping[str, object]) -> dict[str, object]:
        definitions = self.operation.node.variable_definitions or ()
        found = get_variable_values(
            schema,
            definitions,
            dict(raw),
            max_errors=1,
            hide_suggestions=True,
        )
        if isinstance(found, list):
            signatures = [it.signature for it in self.declared]
            wrong = misfits(zip(definitions, signatures, strict=True), raw)
            raise _refused(wrong or [errors.of_document(it, errors.BAD_INPUT) for it in found])
        return found.coerced


def script(
    schema: GraphQLSchema, outlines: Outlines, operation: Operation, limits: Limits
) -> Script:
    """An operation, read for a schema.

    Raises:
        BadRequest: a text or a number in the document can't be stored.
        LimitExceeded: too many variables decide what is skipped or included.
    """
    fragments = {
        it.name.value: it
        for it in operation.document.definitions
        if isinstance(it, FragmentDefinitionNode)
    }
    nodes = list(reached([operation.node], fragments))
    _check_literals(nodes)
    conditions = frozenset(_of_directives(nodes))
    limits.check("conditions", len(conditions))
    cursor_names = frozenset(_of_arguments(nodes))
    declare = partial(_declared, schema, outlines, cursor_names)
    return Script(
        operation,
        fragments,
        tuple(map(declare, operation.node.variable_definitions or ())),
        conditions,
    )


def reached(roots: Iterable[Node], fragments: Fragments) -> Iterator[Node]:
    """Every node below some, through the fragments that are spread there, each once."""
    waiting = list(roots)
    spread: set[str] = set()
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
            spread.add(node.name.value)
            waiting.append(fragments[node.name.value])
        for key in node.keys:
            child = getattr(node, key)
            if isinstance(child, Node):
                waiting.append(child)
            elif isinstance(child, tuple | list):
                waiting.extend(it for it in child if isinstance(it, Node))


def variables_below(nodes: Iterable[FieldNode], fragments: Fragments) -> frozenset[str]:
    """The variables that anything selected below some fields depends on."""
    below = [it.selection_set for it in nodes if it.selection_set is not None]
    return frozenset(
        it.name.value for it in reached(below, fragments) if isinstance(it, VariableNode)
    )


def _check_literals(nodes: Iterable[Node]) -> None:
    """Refuse what PostgreSQL can't store; of variables it was refused with the body."""
    wrong = [found for it in nodes if (found := _fault(it)) is not None]
    if wrong:
        raise _refused(wrong[:_MOST_ERRORS])


def _fault(node: Node) -> WireError | None:
    if isinstance(node, StringValueNode) and list(bad_text(node.value)):
        message = "A text holds a NUL character or half of a surrogate pair, which can't be stored."
        return errors.told(message, "BAD_TEXT", GraphQLError(message, [node]))
    if isinstance(node, IntValueNode | FloatValueNode) and math.isinf(float(node.value)):
        message = "A number is beyond the range of a 64-bit float; a Decimal takes it as a string."
        return errors.told(message, "BAD_NUMBER", GraphQLError(message, [node]))
    return None


def _no_condition(name: str, definition: Node) -> WireError:
    message = f"Variable '${name}' must not be null: it decides what is skipped or included."
    at = GraphQLError(message, [definition])
    return errors.told(message, errors.BAD_INPUT, at, details={"variable": [name]})


def _refused(wrong: list[WireError]) -> BadRequest:
    code = errors.codes_of(wrong)[0]
    return BadRequest(str(wrong[0]["message"]), code=code, well_formed=True, errors=tuple(wrong))


def _of_directives(nodes: Iterable[Node]) -> Iterator[str]:
    """The variables that decide what is skipped or included."""
    for node in nodes:
        if isinstance(node, DirectiveNode) and node.name.value in _CONDITIONS:
            values = (it.value for it in node.arguments or ())
            yield from (it.name.value for it in values if isinstance(it, VariableNode))


def _of_arguments(nodes: Iterable[Node]) -> Iterator[str]:
    """The variables given to arguments that take cursors."""
    for node in nodes:
        if not isinstance(node, ArgumentNode) or node.name.value not in _CURSORS:
            continue
        if isinstance(node.value, VariableNode):
            yield node.value.name.value


def _declared(
    schema: GraphQLSchema, outlines: Outlines, cursor_names: frozenset[str], node: object
) -> Declared:
    signature = get_variable_signature(schema, node)  # type: ignore[arg-type]
    assert isinstance(signature, GraphQLVariableSignature)
    outline = outlines.of(signature.type)
    is_text = get_nullable_type(signature.type) is GraphQLString
    if signature.name in cursor_names and is_text:  # `before` is a version in a history
        outline = Cursor(outline, cursors.nulls)
    return Declared(signature.name, outline, signature, coerce_default_value(signature))
