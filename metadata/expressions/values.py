"""A record's values as the language takes them: typed, or as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from metadata.expressions.dates import day_of, instant_of
from metadata.expressions.tree import Type, Value


def _number(value: object) -> Value:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str | float):
        return _written_number(str(value))
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _written_number(text: str) -> Value:
    # For a float, its shortest text is the number that was meant.
    try:
        return _number(Decimal(text))
    except InvalidOperation:
        return None


def _text(value: object) -> Value:
    return None if value is None else str(value)


def _bool(value: object) -> Value:
    return value if isinstance(value, bool) else None


def _date(value: object) -> Value:
    if isinstance(value, str):
        return day_of(value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _instant(value: object) -> Value:
    if isinstance(value, str):
        return instant_of(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def _texts(value: object) -> Value:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else None


TAKEN: Mapping[Type, tuple[type, Callable[[object], Value]]] = {
    Type.NUMBER: (Decimal, _number),
    Type.TEXT: (str, _text),
    Type.BOOL: (bool, _bool),
    Type.DATE: (date, _date),
    Type.INSTANT: (type(None), _instant),
    Type.TEXTS: (tuple, _texts),
}
"""By type: the class whose values are taken as they are, and what turns others into such.

What is no value of its type counts as null.
"""
