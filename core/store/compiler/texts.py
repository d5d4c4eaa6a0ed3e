"""What is asked of texts: equal, in order, containing, beginning with."""

from __future__ import annotations

from core.query import SYSTEM_FIELDS, Column, Compare, Operator
from core.store.compiler import columns, forms
from core.store.compiler.comparing import RANGES, compared, operand
from core.store.compiler.kinds import Kind
from core.store.compiler.references import through
from core.store.compiler.work import Row

PARTS = frozenset({Operator.CONTAINS, Operator.STARTS_WITH})
_EXACT = frozenset({Operator.EQ, Operator.IN})


def condition(row: Row, predicate: Compare, text: str) -> str:
    """A condition on a text. Ranges compare sort keys, parts compare without case."""
    operator = predicate.operator
    if operator is Operator.CONTAINS:
        return _contains(row, predicate, text)
    if operator is Operator.STARTS_WITH:
        return _starts_with(row, predicate, text)
    if operator in RANGES:
        key = columns.sort_key(row, predicate.column)
        return compared(operator, key, operand(row, predicate, forms.SORT_KEY))
    exact = compared(operator, text, operand(row, predicate, forms.TEXT))
    slot = columns.indexed(row, predicate.column) if operator in _EXACT else None
    if slot is None:
        return exact
    near = compared(operator, slot, operand(row, predicate, forms.SORT_KEY))
    return f"({near} and {exact})"


def _contains(row: Row, predicate: Compare, text: str) -> str:
    part = operand(row, predicate, forms.FOLDED)
    found = f"strpos({_folded(text)}, {part}) > 0"
    if not _is_searched(row, predicate.column):
        return found
    held = through(row, predicate.column.hops).column("tokens")
    tokens = operand(row, predicate, forms.TOKENS)
    return f"({held} @> {tokens} and {found})"


def _starts_with(row: Row, predicate: Compare, text: str) -> str:
    found = f"starts_with({_folded(text)}, {operand(row, predicate, forms.FOLDED)})"
    slot = columns.indexed(row, predicate.column)
    if slot is None or columns.kind_of(row, predicate.column) is not Kind.TEXT:
        return found
    first = operand(row, predicate, forms.SORT_KEY)
    beyond = operand(row, predicate, forms.AFTER_PREFIX)
    return f"({slot} >= {first} and {slot} < {beyond} and {found})"


def _folded(text: str) -> str:
    return f"lower({text} collate pg_c_utf8)"


def _is_searched(row: Row, column: Column) -> bool:
    if column.field in SYSTEM_FIELDS:
        return False
    at = through(row, column.hops)
    is_stored = at.place(column.field) is not None
    return at.field(column.field).search and is_stored and at.has_tokens
