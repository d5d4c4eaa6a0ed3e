"""Exact numbers: what is accepted, how they are rounded, and the one text each has at a scale."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from math import isfinite

MAX_DIGITS = 30
"""Digits before the point."""
MAX_SCALE = 12
"""Digits after the point."""

_CONTEXT = Context(prec=200, rounding=ROUND_HALF_UP)
_UNITS = tuple(Decimal(1).scaleb(-scale) for scale in range(MAX_SCALE + 1))
_LIMIT = Decimal(10) ** MAX_DIGITS
_ZERO = Decimal(0)
_PLAIN = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{1,{MAX_SCALE}}})?")


class Refusal(StrEnum):
    """Why something is not taken for a number."""

    NOT_A_NUMBER = "is not a number"
    NOT_PLAIN = "is not a number in plain digits such as -1234.56"
    TOO_LARGE = f"has more than {MAX_DIGITS} digits before the point"
    TOO_FINE = f"has more than {MAX_SCALE} digits after the point"


def parsed(value: object) -> Decimal | Refusal:
    """The exact number that a text, int, float or Decimal stands for, or why it is none.

    A float stands for the shortest number that reads back as it (0.1 is one tenth). Zeros at
    the end don't count as digits after the point unless they are written in a text.
    """
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return Refusal.NOT_A_NUMBER
    if isinstance(value, int) and value.bit_length() > 128:
        return Refusal.TOO_LARGE
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return _bounded(number)


def is_float(number: int | Decimal) -> bool:
    """Whether this is what a 64-bit float shows, so that it can be kept as one."""
    try:
        found = float(number)
    except OverflowError:
        return False
    return isfinite(found) and Decimal(repr(found)) == number


def rounded(value: Decimal, scale: int) -> Decimal:
    """The number with exactly `scale` digits after the point, halves away from zero, no -0."""
    return _CONTEXT.add(_CONTEXT.quantize(value, _UNITS[scale]), _ZERO)


def product(one: Decimal, other: Decimal) -> Decimal:
    """The exact product."""
    return _CONTEXT.multiply(one, other)


def fitted(value: Decimal, scale: int) -> Decimal | None:
    """The number rounded to a field's scale, or None where it has too many digits to store."""
    if not -_LIMIT < value < _LIMIT:
        return None
    result = rounded(value, scale)
    return result if -_LIMIT < result < _LIMIT else None


def canonical(value: Decimal, scale: int) -> str:
    """The one text that stands for the number at a scale: '1234.50', never '1.2E3' or '-0.00'."""
    return format(rounded(value, scale), "f")


def trimmed(value: Decimal) -> Decimal:
    """The number without zeros at the end of its decimals, without exponent, and without -0."""
    if not value:
        return _ZERO
    if value == value.to_integral_value():
        return _CONTEXT.quantize(value, _UNITS[0])
    return _CONTEXT.normalize(value)


def _of_text(text: str) -> Decimal | Refusal:
    if _PLAIN.fullmatch(text):
        number = Decimal(text)
        return number or number.copy_abs()
    digits = re.fullmatch(r"-?([0-9]+)(?:\.([0-9]+))?", text)
    if digits is None:
        return Refusal.NOT_PLAIN
    return Refusal.TOO_LARGE if len(digits[1]) > MAX_DIGITS else Refusal.TOO_FINE


def _bounded(number: Decimal) -> Decimal | Refusal:
    if not number.is_finite():
        return Refusal.NOT_A_NUMBER
    if not -_LIMIT < number < _LIMIT:
        return Refusal.TOO_LARGE
    if number.adjusted() < -MAX_SCALE:
        return Refusal.TOO_FINE if number else _ZERO
    plain = trimmed(number)
    fine = plain.as_tuple().exponent
    return Refusal.TOO_FINE if isinstance(fine, int) and -fine > MAX_SCALE else plain
