"""An expression as SQL, with the same result as in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.store.plans.expression_functions import inside, quoted, sql_of
from metadata.decimals import MAX_DIGITS
from metadata.expressions import dates
from metadata.expressions.numbers import plain
from metadata.expressions.tree import Call, Expression, Literal, Name, Node, Parameter, Type, Whole

_SQL_TYPES: Mapping[Type, str] = {
    Type.NUMBER: "numeric",
    Type.TEXT: "text",
    Type.BOOL: "boolean",
    Type.DATE: "date",
    Type.INSTANT: "timestamptz",
    Type.TEXTS: "jsonb",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """SQL that gives the tenant's day (a date) and the current instant (a timestamptz)."""

    today: str
    now: str


def compiled(expression: Expression, column: Callable[[str], str], clock: Clock) -> str:
    """SQL that gives the expression's value and never raises.

    `column` gives the SQL for a name, which must not raise either: a numeric, text, boolean,
    date or timestamptz, and a jsonb array of strings for a list of texts. Literals stand in the
    SQL, so it depends on the expression and the columns alone, and can be kept with them.
    Functions that only Python has (`reads(expression).foreign`) can't be compiled.
    """
    sql = _Compiler(column, clock).node(expression.root)
    return f"trim_scale({sql})" if expression.type is Type.NUMBER else sql


def fitted(sql: str, scale: int) -> str:
    """A number rounded to a field's scale; null where it has too many digits to store."""
    return inside(f"round({sql}, {scale})", f"-1e{MAX_DIGITS}", f"1e{MAX_DIGITS}")


@dataclass(frozen=True, slots=True)
class _Compiler:
    column: Callable[[str], str]
    clock: Clock

    def node(self, node: Node) -> str:
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Name):
            return f"({self.column(node.name)})"
        return self._call(node)

    def _call(self, call: Call) -> str:
        if call.function == dates.TODAY:
            return self.clock.today
        if call.function == dates.NOW:
            return self.clock.now
        takes = call.function.takes
        parameters = (*takes, *takes[-1:] * (len(call.arguments) - len(takes)))
        arguments = [
            self._argument(parameter, argument)
            for parameter, argument in zip(parameters, call.arguments, strict=True)
        ]
        textual = call.arguments[0].type is Type.TEXT
        return sql_of(call.function, textual=textual)(*arguments)

    def _argument(self, parameter: Parameter, argument: Node) -> str:
        if isinstance(parameter, Whole) and isinstance(argument, Literal):
            return str(int(argument.value))  # type: ignore[arg-type]
        return self.node(argument)


def _literal(literal: Literal) -> str:
    sql_type = _SQL_TYPES[literal.type]
    value = literal.value
    if value is None:
        return f"null::{sql_type}"
    if isinstance(value, bool):
        return str(value).lower()
    text = plain(value) if isinstance(value, Decimal) else str(value)
    return f"{quoted(text)}::{sql_type}"
