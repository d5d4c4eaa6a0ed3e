"""Arithmetic: exact decimals with bounds that Python and PostgreSQL share.

A number is smaller than 10^64 and has at most 36 decimals: a result beyond is rounded to 36
decimals, halves away from zero, and is null when it is too large. So a product of any two
numbers is exact within 200 digits, and both sides compute the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from functools import partial, reduce

from metadata.decimals import MAX_DIGITS, MAX_SCALE, trimmed
from metadata.expressions.tree import Function, Size, Type, Whole

BOUNDS = Size(64, 36)
FIELD = Size(MAX_DIGITS, MAX_SCALE)
QUOTIENT_SCALE = 20
LARGEST_POWER = 8

_CONTEXT = Context(prec=200, rounding=ROUND_HALF_UP)
_POWERS = Context(prec=LARGEST_POWER * (BOUNDS.digits + BOUNDS.scale))
_LIMIT = Decimal(10) ** BOUNDS.digits
_FINEST = Decimal(1).scaleb(-BOUNDS.scale)
_QUOTIENT = Decimal(1).scaleb(-QUOTIENT_SCALE)
_SHIFT = Decimal(10) ** (QUOTIENT_SCALE + 1)
_UNSHIFT = Decimal(1).scaleb(-QUOTIENT_SCALE - 1)
_ONE = Decimal(1)
_PLAIN = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{1,{MAX_SCALE}}})?")


def within(number: Decimal) -> Decimal | None:
    """The number at 36 decimals at most; None from 10^64 on."""
    if not -_LIMIT < number < _LIMIT:
        return None
    number = _CONTEXT.quantize(number, _FINEST)
    return number if -_LIMIT < number < _LIMIT else None


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """The quotient rounded to 20 decimals, halves away from zero; None for a divisor of 0."""
    if not divisor:
        return None
    # Truncated one decimal further first: that keeps the digit that decides, exactly.
    truncated = _CONTEXT.divide_int(_CONTEXT.multiply(dividend, _SHIFT), divisor)
    return _CONTEXT.quantize(_CONTEXT.multiply(truncated, _UNSHIFT), _QUOTIENT)


def plain(number: Decimal) -> str:
    """The shortest text of a number, without exponent."""
    return format(trimmed(number), "f")


def _sum(*terms: Decimal) -> Decimal:
    return reduce(_CONTEXT.add, terms)


def _remainder(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    return _CONTEXT.remainder(dividend, divisor) if divisor else None


def _whole(rounding: str, number: Decimal) -> Decimal:
    return number.to_integral_value(rounding)


def _rounded(number: Decimal, places: Decimal) -> Decimal:
    return _CONTEXT.quantize(number, _ONE.scaleb(-int(places)))


def _power(number: Decimal, exponent: Decimal) -> Decimal:
    return reduce(_POWERS.multiply, [number] * int(exponent))


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def alike(sizes: Sequence[Size]) -> Size:
    """One of the numbers, unchanged."""
    return Size(max(size.digits for size in sizes), max(size.scale for size in sizes))


def at_most(digits: int, scale: int = 0) -> Callable[[Sequence[Size]], Size]:
    """A number of no more digits, whatever it is made of."""
    return lambda _: Size(digits, scale)


def _sum_size(sizes: Sequence[Size]) -> Size:
    largest = alike(sizes)
    return Size(largest.digits + len(str(len(sizes))), largest.scale)


def _product_size(sizes: Sequence[Size]) -> Size:
    return Size(sum(size.digits for size in sizes), sum(size.scale for size in sizes))


def _quotient_size(sizes: Sequence[Size]) -> Size:
    return Size(sizes[0].digits + sizes[1].scale + 1, QUOTIENT_SCALE)


def _rounded_size(sizes: Sequence[Size]) -> Size:
    return Size(sizes[0].digits + 1, sizes[0].scale)


def _power_size(sizes: Sequence[Size]) -> Size:
    return _product_size([sizes[0]] * LARGEST_POWER)


_N = Type.NUMBER
_operation = partial(Function, gives=_N, stored=True)

ADD = _operation("+", (_N, _N), says="The sum.", call=_sum, variadic=True, size=_sum_size)
NEGATE = _operation(
    "-", (_N,), says="The number with the other sign.", call=_CONTEXT.minus, size=alike
)
MULTIPLY = _operation(
    "*", (_N, _N), says="The product.", call=_CONTEXT.multiply, size=_product_size
)
DIVIDE = _operation(
    "/",
    (_N, _N),
    says="The quotient, rounded to 20 decimals; null when divided by 0.",
    call=quotient,
    size=_quotient_size,
)
REMAINDER = _operation(
    "%",
    (_N, _N),
    says="The remainder, with the sign of the dividend; null when divided by 0.",
    call=_remainder,
    size=alike,
)
WITHIN = _operation("within", (_N,), says="The number, if it is within bounds.", call=within)

OPERATORS = (ADD, NEGATE, MULTIPLY, DIVIDE, REMAINDER)

FUNCTIONS = (
    _operation(
        "abs", (_N,), says="The number without its sign.", call=Decimal.copy_abs, size=alike
    ),
    _operation(
        "round",
        (_N,),
        says="The nearest whole number, halves away from zero.",
        call=partial(_whole, ROUND_HALF_UP),
        size=_rounded_size,
    ),
    _operation(
        "round",
        (_N, Whole(-30, 30)),
        says="The number rounded to so many decimals, halves away from zero; "
        "-3 rounds to thousands.",
        call=_rounded,
        size=_rounded_size,
    ),
    _operation(
        "floor",
        (_N,),
        says="The largest whole number that is not above it.",
        call=partial(_whole, ROUND_FLOOR),
        size=_rounded_size,
    ),
    _operation(
        "ceil",
        (_N,),
        says="The smallest whole number that is not below it.",
        call=partial(_whole, ROUND_CEILING),
        size=_rounded_size,
    ),
    _operation(
        "int",
        (_N,),
        says="The whole part, without what follows the point.",
        call=partial(_whole, ROUND_DOWN),
        size=_rounded_size,
    ),
    _operation(
        "pow",
        (_N, Whole(1, LARGEST_POWER)),
        says="The number multiplied with itself so many times.",
        call=_power,
        size=_power_size,
    ),
    _operation(
        "number",
        (Type.TEXT,),
        says="The number that a text writes in plain digits, such as '-1234.56'; "
        "null for any other text.",
        call=_number,
        size=at_most(FIELD.digits, FIELD.scale),
    ),
)
