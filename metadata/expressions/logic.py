"""Truth, comparison and choice, with nulls as in SQL: unknown stays unknown until it can't matter."""

from __future__ import annotations

import operator
from functools import partial

from metadata.expressions.numbers import alike
from metadata.expressions.tree import EVERY, ORDERED, SCALARS, Function, Same, Type, Value


def _empty(value: Value) -> bool:
    return value is None


def _full(value: Value) -> bool:
    return value is not None


def _among(value: Value, *values: Value) -> bool | None:
    if value is None:
        return None
    if any(value == one for one in values):
        return True
    return None if None in values else False


def _smallest(*values: Value) -> Value:
    known = [value for value in values if value is not None]
    return min(known, default=None)


def _largest(*values: Value) -> Value:
    known = [value for value in values if value is not None]
    return max(known, default=None)


_B = Type.BOOL
_SCALAR, _ORDERED, _ANY = Same(SCALARS), Same(ORDERED), Same(EVERY)
_test = partial(Function, gives=_B, stored=True)
_choice = partial(Function, gives=None, strict=False, size=alike, stored=True)

AND = _test(
    "&&",
    (_B, _B),
    says="Whether all are true: false as soon as one is false, else null if one is null.",
    variadic=True,
    strict=False,
)
OR = _test(
    "||",
    (_B, _B),
    says="Whether one is true: true as soon as one is true, else null if one is null.",
    variadic=True,
    strict=False,
)
NOT = _test("!", (_B,), says="The opposite; null stays null.", call=operator.not_)
IF = _choice(
    "?:",
    (_B, _ANY, _ANY),
    says="The second where the first is true, the third where it is false or null.",
)
IN = _test(
    "in",
    (_SCALAR, _SCALAR),
    says="Whether the value is one of those listed.",
    call=_among,
    variadic=True,
    strict=False,
)
COALESCE = _choice(
    "coalesce", (_ANY, _ANY), says="The first of the values that is not null.", variadic=True
)
IS_NULL = _test(
    "is_null",
    (_ANY,),
    says="Whether there is no value; `x == null` is the same.",
    call=_empty,
    strict=False,
)
NOT_NULL = _test(
    "has",
    (_ANY,),
    says="Whether there is a value; `x != null` is the same.",
    call=_full,
    strict=False,
)

COMPARISONS = (
    _test(
        "==",
        (_SCALAR, _SCALAR),
        says="Whether both are equal; null if one of them is.",
        call=operator.eq,
    ),
    _test(
        "!=",
        (_SCALAR, _SCALAR),
        says="Whether both differ; null if one of them is null.",
        call=operator.ne,
    ),
    _test("<", (_ORDERED, _ORDERED), says="Whether the first is smaller.", call=operator.lt),
    _test(
        "<=", (_ORDERED, _ORDERED), says="Whether the first is smaller or equal.", call=operator.le
    ),
    _test(">", (_ORDERED, _ORDERED), says="Whether the first is larger.", call=operator.gt),
    _test(
        ">=", (_ORDERED, _ORDERED), says="Whether the first is larger or equal.", call=operator.ge
    ),
)

OPERATORS = (*COMPARISONS, IN, AND, OR, NOT, IF)

FUNCTIONS = (
    COALESCE,
    IS_NULL,
    NOT_NULL,
    _choice(
        "min",
        (_ORDERED, _ORDERED),
        says="The smallest of the values; nulls are passed over, texts go by code point.",
        call=_smallest,
        variadic=True,
    ),
    _choice(
        "max",
        (_ORDERED, _ORDERED),
        says="The largest of the values; nulls are passed over, texts go by code point.",
        call=_largest,
        variadic=True,
    ),
)
