"""The scalars of the API: what each takes, what each gives, the same for every type."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from collections.abc import Callable, Mapping
from typing import Final, NewType

from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLError,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)
from graphql.pyutils import inspect
from strawberry.types.scalar import ScalarDefinition

from metadata import decimals
from schema.numbers import Exact

Json = NewType("Json", object)
BigInteger = NewType("BigInteger", int)

DEEPEST_JSON: Final = 64

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_BIGGEST: Final = 2**63


def _decimal(value: object) -> decimal.Decimal:
    number = decimals.parsed(_exactly(value) if isinstance(value, Exact) else value)
    if isinstance(number, decimal.Decimal):
        return number
    raise GraphQLError(f"Decimal cannot represent {_told(value)}: it {number}.")


def _exactly(number: Exact) -> str | decimal.Decimal:
    """The text; an exponent, which clients write into numbers from 1e-7 down, is worked in."""
    text = number.text
    in_range = 0 < abs(number) < math.inf
    return decimal.Decimal(text) if in_range and "e" in text.lower() else text


def _told(value: object) -> str:
    """A value as it was given."""
    return value.text if isinstance(value, Exact) else inspect(value)


def _decimal_out(value: object) -> str:
    return format(_decimal(value), "f")


def _big_integer(value: object) -> int:
    text = value.text if isinstance(value, Exact) else value
    if isinstance(text, str) and _INTEGER.fullmatch(text):
        text = int(text)
    if isinstance(text, int) and not isinstance(text, bool) and -_BIGGEST <= text < _BIGGEST:
        return text
    raise GraphQLError(f"BigInt cannot represent {_told(value)}: not an integer of 64 bits.")


def _big_integer_out(value: object) -> str:
    return str(_big_integer(value))


def _date(value: object) -> dt.date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError(f"Date cannot represent {inspect(value)}: not a date such as 2026-01-31.")


def _date_out(value: object) -> str:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    return _date(value).isoformat()


def _instant(value: object) -> dt.datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError(
        f"DateTime cannot represent {inspect(value)}: not an instant with an offset, such as"
        " 2026-01-31T08:30:00Z, in the years 1 to 9999, with at most 6 digits of a second."
    )


def _instant_out(value: object) -> str:
    instant = value if isinstance(value, dt.datetime) else _instant(value)
    if instant.tzinfo is None:
        raise GraphQLError("DateTime cannot represent an instant without an offset.")
    utc = instant.astimezone(dt.UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"


def _json(value: object) -> object:
    waiting = [(value, 1)]
    while waiting:
        found, depth = waiting.pop()
        if depth > DEEPEST_JSON:
            raise GraphQLError(f"JSON may be nested {DEEPEST_JSON} levels deep, no deeper.")
        if isinstance(found, dict):
            waiting += [(part, depth + 1) for part in found.values()]
        elif isinstance(found, list):
            waiting += [(part, depth + 1) for part in found]
    return value


def _plain(node: ValueNode) -> object:
    if isinstance(node, ObjectValueNode):
        return {it.name.value: _plain(it.value) for it in node.fields}
    if isinstance(node, ListValueNode):
        return [_plain(it) for it in node.values]
    if isinstance(node, NullValueNode):
        return None
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, FloatValueNode):
        return Exact(node.value)
    if isinstance(node, StringValueNode | BooleanValueNode):
        return node.value
    raise GraphQLError("JSON cannot represent a name without quotes.")


def _literal(read: Callable[[ValueNode], object]) -> Callable[[ValueNode], object]:
    """Reads a literal; what is wrong with it is told with its place in the document."""

    def coerce(node: ValueNode) -> object:
        try:
            return read(node)
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return coerce


def _written(node: ValueNode) -> object:
    """The text of a literal that a scalar reads as text, numbers as they are written."""
    if isinstance(node, FloatValueNode):
        return Exact(node.value)
    if isinstance(node, StringValueNode | IntValueNode):
        return node.value
    raise GraphQLError("Expected a string or a number.")


def _quoted(node: ValueNode) -> object:
    if isinstance(node, StringValueNode):
        return node.value
    raise GraphQLError("Expected a string.")


DECIMAL: Final = GraphQLScalarType(
    "Decimal",
    description=(
        "An exact number in plain digits, as a string: at most 30 digits before the point and 12"
        " after. A JSON number is taken too, its digits as they are written."
    ),
    coerce_output_value=_decimal_out,
    coerce_input_value=_decimal,
    coerce_input_literal=_literal(lambda node: _decimal(_written(node))),
)
BIG_INT: Final = GraphQLScalarType(
    "BigInt",
    description="An integer of 64 bits, as a string. A JSON number is taken too.",
    coerce_output_value=_big_integer_out,
    coerce_input_value=_big_integer,
    coerce_input_literal=_literal(lambda node: _big_integer(_written(node))),
)
DATE: Final = GraphQLScalarType(
    "Date",
    description="A day as YYYY-MM-DD, in the years 1 to 9999.",
    coerce_output_value=_date_out,
    coerce_input_value=_date,
    coerce_input_literal=_literal(lambda node: _date(_quoted(node))),
)
DATE_TIME: Final = GraphQLScalarType(
    "DateTime",
    description=(
        "An instant by RFC 3339 with an offset, such as 2026-01-31T08:30:00+08:00, and at most"
        " 6 digits of a second; given in UTC with microseconds."
    ),
    coerce_output_value=_instant_out,
    coerce_input_value=_instant,
    coerce_input_literal=_literal(lambda node: _instant(_quoted(node))),
)
JSON: Final = GraphQLScalarType(
    "JSON",
    description=f"Any JSON value, at most {DEEPEST_JSON} levels deep.",
    coerce_output_value=lambda value: value,
    coerce_input_value=_json,
    coerce_input_literal=_literal(lambda node: _json(_plain(node))),
)

SCALARS: Final = (DECIMAL, BIG_INT, DATE, DATE_TIME, JSON)


def _given(scalar: GraphQLScalarType) -> ScalarDefinition:
    return ScalarDefinition(
        name=scalar.name,
        description=scalar.description,
        specified_by_url=scalar.specified_by_url,
        serialize=None,
        parse_value=None,
        parse_literal=None,
        implementation=scalar,
    )


SCALAR_MAP: Final[Mapping[object, ScalarDefinition]] = {
    decimal.Decimal: _given(DECIMAL),
    BigInteger: _given(BIG_INT),
    dt.date: _given(DATE),
    dt.datetime: _given(DATE_TIME),
    Json: _given(JSON),
}
