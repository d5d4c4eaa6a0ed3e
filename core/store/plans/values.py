"""What a field's value looks like: as it is given, in memory, as stored, and in a slot.

| field | in memory | stored |
|---|---|---|
| texts, picklists, lists of them | str, list of str | the same |
| integer, bigint | int | number; bigint as text |
| float | float | number |
| decimal, percent, money | Decimal at the field's scale | canonical text |
| boolean | bool | the same |
| date | date | '2026-01-31' |
| date-time | datetime in UTC | '2026-01-31T00:30:00.000000Z' |
| reference | UUID | text |
| JSON | what `json` decodes to | the same |
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from metadata import decimals
from metadata.expressions.dates import day_of, instant_of, spelled_instant
from metadata.model import NUMBERS, Field, FieldType
from metadata.text import bad_text, sort_key

MOST_INTEGER = 2**31 - 1
MOST_BIGINT = 2**63 - 1
DEEPEST_JSON = 64


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a value is not taken."""

    code: str
    message: str


Value = Any
"""A value in memory, of the kind that its field's type says."""
Take = Callable[[object, int], "Value | Wrong"]


@dataclass(frozen=True, slots=True)
class Form:
    """How one field's values pass from the outside to memory and to the table and back."""

    take: Take
    """From what a caller gives; the number is how many decimals money has in its currency."""
    store: Callable[[Value], object]
    json: Callable[[Value], object]
    """As the validator of declarations sees it: numbers as numbers."""
    load: Callable[[Any], Value]
    slot: Callable[[Value], object]


def form_of(field: Field) -> Form:
    """The form of a field's values."""
    kind = field.type
    return Form(
        take=_taker(field),
        store=_STORE.get(kind, same),
        json=same if kind in NUMBERS else _STORE.get(kind, same),
        load=_LOAD.get(kind, same),
        slot=_SLOT.get(kind, same),
    )


def same(value: Value) -> Value:
    """The value as it is."""
    return value


# Taking


def _taker(field: Field) -> Take:
    if field.type in (FieldType.PICKLIST, FieldType.PICKLISTS):
        return _option_taker(field)
    if field.type in (FieldType.DECIMAL, FieldType.PERCENT):
        return _decimal_taker(field.scale if field.scale is not None else decimals.MAX_SCALE)
    return _TAKE[field.type]


def _option_taker(field: Field) -> Take:
    known = frozenset(option.key for option in field.options)

    def one(value: object, _: int) -> Value | Wrong:
        if value in known if isinstance(value, str) else False:
            return value
        return Wrong(
            "UNKNOWN_OPTION", f"{_shown(value)} is not one of: {', '.join(sorted(known))}."
        )

    def several(value: object, _: int) -> Value | Wrong:
        if not isinstance(value, list | tuple):
            return Wrong("WRONG_TYPE", f"{_shown(value)} is not a list.")
        for member in value:
            taken = one(member, 0)
            if isinstance(taken, Wrong):
                return taken
        return list(dict.fromkeys(value))

    return one if field.type is FieldType.PICKLIST else several


def _decimal_taker(scale: int) -> Take:
    return lambda value, _: _decimal(value, scale)


def _decimal(value: object, scale: int) -> Decimal | Wrong:
    number = decimals.parsed(value)
    if isinstance(number, decimals.Refusal):
        return Wrong("BAD_NUMBER", f"{_shown(value)} {number}.")
    exact = decimals.rounded(number, scale)
    if exact != number:
        message = f"{_shown(value)} has more than {scale} digits after the point: round it."
        return Wrong("TOO_MANY_DECIMALS", message)
    return exact


def text(value: object, _: int = 0) -> str | Wrong:
    """The text, if it can be stored."""
    if not isinstance(value, str):
        return Wrong("WRONG_TYPE", f"{_shown(value)} is not a text.")
    if "\x00" in value or not value.isascii() and _is_unstorable(value):
        return Wrong("BAD_TEXT", "The text holds a character that cannot be stored.")
    return value


def _texts(value: object, _: int) -> list[str] | Wrong:
    if not isinstance(value, list | tuple):
        return Wrong("WRONG_TYPE", f"{_shown(value)} is not a list.")
    for member in value:
        taken = text(member)
        if isinstance(taken, Wrong):
            return taken
    return list(value)


def _whole(most: int) -> Take:
    def take(value: object, _: int) -> int | Wrong:
        if type(value) is int:
            number: int | Decimal | decimals.Refusal = value
        else:
            number = decimals.parsed(value)
        if isinstance(number, decimals.Refusal) or number != int(number):
            return Wrong("BAD_NUMBER", f"{_shown(value)} is not a whole number.")
        if not -most - 1 <= number <= most:
            return Wrong("BAD_NUMBER", f"{_shown(value)} is not between {-most - 1} and {most}.")
        return int(number)

    return take


def _float(value: object, _: int) -> float | Wrong:
    if isinstance(value, str):
        number = decimals.parsed(value)
        value = number if isinstance(number, Decimal) else value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return Wrong("BAD_NUMBER", f"{_shown(value)} is not a number.")
    try:
        taken = float(value)
    except OverflowError:
        taken = float("inf")
    return taken + 0.0 if isfinite(taken) else Wrong("BAD_NUMBER", "The number is out of range.")


def _boolean(value: object, _: int) -> bool | Wrong:
    return (
        value
        if isinstance(value, bool)
        else Wrong("WRONG_TYPE", f"{_shown(value)} is not true or false.")
    )


def _date(value: object, _: int) -> date | Wrong:
    day = day_of(value) if isinstance(value, str) else value
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    return Wrong("BAD_DATE", f"{_shown(value)} is not a date such as 2026-01-31.")


def instant(value: object, _: int = 0) -> datetime | Wrong:
    """The moment, in UTC, that an aware datetime or its text stands for."""
    moment = instant_of(value) if isinstance(value, str) else value
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        with suppress(OverflowError):
            return moment.astimezone(UTC)
    example = "2026-01-31T08:30:00+08:00"
    return Wrong("BAD_DATE_TIME", f"{_shown(value)} is no moment with an offset, as {example} is.")


def reference(value: object, _: int = 0) -> UUID | Wrong:
    """The id that a UUID or its canonical text stands for."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            found = UUID(value)
            if str(found) == value:
                return found
    return Wrong("NOT_FOUND", "There is no such record.")


def _json(value: object, _: int) -> Value | Wrong:
    try:
        plain = _plain(value, DEEPEST_JSON)
    except RecursionError:
        return Wrong("TOO_DEEP", f"The value is nested more than {DEEPEST_JSON} levels deep.")
    except TypeError as error:
        return Wrong("WRONG_TYPE", str(error))
    if _is_unstorable(plain):
        return Wrong("BAD_TEXT", "A text holds a character that cannot be stored.")
    return plain


def _is_unstorable(value: object) -> bool:
    return next(bad_text(value), None) is not None


def _plain(value: object, levels: int) -> Value:
    """The value in lists, dicts, texts and plain numbers, whatever subclasses it came in."""
    if levels < 0:
        raise RecursionError
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return _plain_number(value)
    if isinstance(value, dict):
        return {str(key): _plain(member, levels - 1) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member, levels - 1) for member in value]
    raise TypeError(f"{type(value).__name__} is not JSON.")


def _plain_number(value: float | Decimal) -> int | float:
    if isinstance(value, int) and -MOST_BIGINT <= value <= MOST_BIGINT:
        return int(value)
    if not decimals.is_float(Decimal(repr(value)) if isinstance(value, float) else value):
        raise TypeError(f"{_shown(value)} has more digits than are kept: give it as a text.")
    return float(value)


def _shown(value: object) -> str:
    shown = format(value, "f") if isinstance(value, Decimal) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"


_TAKE: dict[FieldType, Take] = {
    FieldType.TEXT: text,
    FieldType.LONGTEXT: text,
    FieldType.RICHTEXT: text,
    FieldType.AUTONUMBER: text,
    FieldType.TEXTS: _texts,
    FieldType.INTEGER: _whole(MOST_INTEGER),
    FieldType.BIGINT: _whole(MOST_BIGINT),
    FieldType.FLOAT: _float,
    FieldType.MONEY: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: instant,
    FieldType.REFERENCE: reference,
    FieldType.JSON: _json,
}


# Storing and loading


def _digits(value: Decimal) -> str:
    return format(value, "f")


def _float_slot(value: float) -> Decimal:
    return Decimal(repr(value))


def _load_instant(stored: str) -> datetime:
    return datetime.fromisoformat(stored)


_DECIMALS = (FieldType.DECIMAL, FieldType.PERCENT, FieldType.MONEY)
_STORE: dict[FieldType, Callable[[Value], object]] = {
    FieldType.BIGINT: str,
    FieldType.DATE: date.isoformat,
    FieldType.DATETIME: spelled_instant,
    FieldType.REFERENCE: str,
    **dict.fromkeys(_DECIMALS, _digits),
}
_LOAD: dict[FieldType, Callable[[Any], Value]] = {
    FieldType.BIGINT: int,
    FieldType.FLOAT: float,
    FieldType.DATE: date.fromisoformat,
    FieldType.DATETIME: _load_instant,
    FieldType.REFERENCE: UUID,
    **dict.fromkeys(_DECIMALS, Decimal),
}
_SLOT: dict[FieldType, Callable[[Value], object]] = {
    FieldType.TEXT: sort_key,
    FieldType.AUTONUMBER: sort_key,
    FieldType.FLOAT: _float_slot,
}
