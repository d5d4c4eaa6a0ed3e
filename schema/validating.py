"""A document parsed and validated at a bounded price, however it is written."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    GraphQLWrappingType,
    Lexer,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    get_named_type,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import (
    ASTValidationRule,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    ValidationRule,
)
from graphql.validation.validate import ValidationAbortedError

from core.errors import LimitExceeded
from schema import errors
from schema.limits import Limits, exceeded
from schema.requests import WireError
from schema.suggestions import suggestion

_MOST_ERRORS: Final = 20
_DEEPEST: Final = 200  # what graphql-core's parser and its rules go down to


def parsed(source: str, limits: Limits) -> DocumentNode:
    """The document, or the first thing that is wrong with its syntax.

    Raises:
        LimitExceeded: too long, too many tokens or aliases, nested too deeply.
        GraphQLSyntaxError: it isn't GraphQL.
    """
    if len(source) * 4 > limits.document:
        limits.check("document", len(source.encode()))
    try:
        if source.count("{") + source.count("[") > limits.nesting:
            limits.check("nesting", _nesting(source, limits.tokens))
        document = parse(source, max_tokens=limits.tokens, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        reached = _limit_reached(error, limits)
        if reached is None:
            raise
        raise reached from None
    limits.check("aliases", _aliases(document))
    return document


def problems(
    schema: GraphQLSchema, document: DocumentNode, limits: Limits
) -> tuple[WireError, ...]:
    """What validation finds, at most 20; the first may say what was probably meant.

    Raises:
        LimitExceeded: comparing its overlapping fields would take too long.
    """
    rules = _rules(limits.overlaps)
    found = validate(schema, document, rules, max_errors=_MOST_ERRORS, hide_suggestions=True)
    if not found:
        return ()
    last = found[-1]
    if isinstance(last, _OverBudgetError):
        raise exceeded("overlaps", limits.overlaps + 1, limits.overlaps)
    if isinstance(last, ValidationAbortedError) and len(found) <= _MOST_ERRORS:
        raise exceeded("depth", _DEEPEST + 1, limits.depth)
    told = [errors.of_document(error) for error in found]
    meant = suggestion(schema, found[0].message)
    told[0] = {**told[0], "message": f"{told[0]['message']}{meant}"}
    return tuple(told)


def _limit_reached(error: GraphQLSyntaxError, limits: Limits) -> LimitExceeded | None:
    if f"more than {limits.tokens} tokens" in error.message:
        return exceeded("tokens", limits.tokens + 1, limits.tokens)
    if "nested too deeply" in error.message:
        return exceeded("depth", _DEEPEST + 1, limits.depth)
    return None


def _nesting(source: str, most: int) -> int:
    """Levels of lists and objects in the arguments of a document, as far as `most` tokens go."""
    lexer = Lexer(Source(source))
    deepest = level = arguments = 0
    for _ in range(most):
        kind = lexer.advance().kind
        if kind is TokenKind.EOF:
            break
        if kind in _OPENING:
            arguments += kind is TokenKind.PAREN_L
            level += arguments > 0 and kind is not TokenKind.PAREN_L
            deepest = max(deepest, level)
        elif kind in _CLOSING:
            level -= arguments > 0 and kind is not TokenKind.PAREN_R
            arguments -= kind is TokenKind.PAREN_R
    return deepest


_OPENING: Final = frozenset({TokenKind.PAREN_L, TokenKind.BRACE_L, TokenKind.BRACKET_L})
_CLOSING: Final = frozenset({TokenKind.PAREN_R, TokenKind.BRACE_R, TokenKind.BRACKET_R})


def _aliases(document: DocumentNode) -> int:
    count = 0
    stack = [getattr(it, "selection_set", None) for it in document.definitions]
    while stack:
        selection_set = stack.pop()
        if not isinstance(selection_set, SelectionSetNode):
            continue
        for selection in selection_set.selections:
            count += isinstance(selection, FieldNode) and selection.alias is not None
            stack.append(getattr(selection, "selection_set", None))
    return count


@lru_cache(maxsize=8)
def _rules(budget: int) -> tuple[type[ASTValidationRule], ...]:
    """The specified rules, the one that compares overlapping fields last and on a budget."""

    class WithinBudget(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = budget

        def enter_selection_set(self, *arguments: Any) -> None:
            try:
                super().enter_selection_set(*arguments)
            except ValidationAbortedError:
                if self.rule_context.remaining_complexity_budget >= 0:
                    raise
                raise _OverBudgetError("Validation aborted.") from None

    others = (rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule)
    return (*others, OneOfInLists, WithinBudget)


class OneOfInLists(ValidationRule):
    """A variable alone in a @oneOf input must have a value; graphql-core misses items of lists."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: object) -> None:
        nullable = {
            it.variable.name.value: it
            for it in operation.variable_definitions or ()
            if not isinstance(it.type, NonNullTypeNode)
        }
        for usage in self.context.get_recursive_variable_usages(operation):
            definition = nullable.get(usage.node.name.value)
            if definition is not None and _is_one_of_item(usage.parent_type):
                message = (
                    f"Variable '${usage.node.name.value}' must be non-nullable to be used for"
                    f" OneOf Input Object '{get_named_type(usage.parent_type)}'."
                )
                self.report_error(GraphQLError(message, [definition, usage.node]))


def _is_one_of_item(type_: object) -> bool:
    if not isinstance(type_, GraphQLWrappingType):
        return False
    named = get_named_type(type_)
    return isinstance(named, GraphQLInputObjectType) and named.is_one_of


class _OverBudgetError(ValidationAbortedError):
    """Comparing overlapping fields was stopped."""
