"""Operators in SQL between a column and an operand. All treat a null as differing."""

from __future__ import annotations

from collections.abc import Mapping

from core.query import Compare, Operator
from core.store.compiler.forms import Form
from core.store.compiler.work import Row

LISTED = frozenset({Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.HAS_ALL})
RANGES = frozenset({Operator.LT, Operator.LTE, Operator.GT, Operator.GTE})

_TEMPLATES: Mapping[Operator, str] = {
    Operator.EQ: "{} = {}",
    Operator.NE: "{} is distinct from {}",
    Operator.LT: "{} < {}",
    Operator.LTE: "{} <= {}",
    Operator.GT: "{} > {}",
    Operator.GTE: "{} >= {}",
    Operator.IN: "{} = any({})",
    Operator.NOT_IN: "({} = any({})) is not true",
}


def compared(operator: Operator, left: str, right: str) -> str:
    """The condition that the operator puts on two values."""
    return _TEMPLATES[operator].format(left, right)


def operand(row: Row, predicate: Compare, form: Form) -> str:
    """The value that a predicate compares with, in a form; a list of it where one is due."""
    wanted = form.listed if predicate.operator in LISTED else form
    return row.work.parameters.value(predicate.value, wanted)
