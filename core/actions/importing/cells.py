"""A cell becomes a field's value: how files write numbers, dates, choices and lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from math import prod
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

import msgspec

from core.actions.importing import dates
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import shown, why_no_json
from metadata import decimals
from metadata.expressions.dates import spelled_instant
from metadata.model import LISTS, NUMBERS, Field, FieldType, Option

Turn = Callable[[Any], Any]
Read = Callable[[Sequence[Any]], Any]

_YES = frozenset({"true", "yes", "y", "t", "1", "是", "对", "有"})
_NO = frozenset({"false", "no", "n", "f", "0", "否", "错", "无"})
_PERCENT = ("%", "％")
_MINUS, _PLUS = ("-", "−", "－"), ("+", "＋")
_GROUPS = {" ": "[ \u00a0\u2009\u202f]", "'": "['’]"}
"""Marks between groups of digits that files write in several ways."""
_HUNDRED = Decimal(100)
_TOO_LARGE = Decimal(10) ** decimals.MAX_DIGITS
_ZEROS = re.compile(r"-?[0-9]+\.0+")
_APPROXIMATE = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")
"""What is no exact number may have an exponent and any number of digits."""


class BadCell(Exception):
    """The cell stands for no value of the field."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def reader(step: Step, source: Source) -> Read:
    """What takes a source's value out of a row: None where it is blank, texts mapped."""
    if not source.columns:
        return lambda _: source.constant
    places = [step.columns.index(column) for column in source.columns]
    take = _taker(step, source)
    if len(places) == 1:
        place = places[0]
        return lambda values: take(values[place])

    def read_joined(values: Sequence[Any]) -> Any:
        parts = [take(values[place]) for place in places]
        return (
            source.join.join(spelled(part) for part in parts if part is not None) or source.default
        )

    return read_joined


def whole(read: Read) -> Read:
    """The same, but that numbers lose zeros behind the point: 1001.0 is how some programs write
    a number in a column with gaps.
    """

    def read_whole(values: Sequence[Any]) -> Any:
        cell = read(values)
        text = spelled(cell)
        return text.partition(".")[0] if _ZEROS.fullmatch(text) else cell

    return read_whole


def _taker(step: Step, source: Source) -> Turn:
    """What a cell holds: the default where it is blank, else what its text stands for."""
    if source.fold:
        return _folding(step, source)
    blank, mapped = step.blank, source.values
    default = source.default if len(source.columns) == 1 else None

    def take(cell: Any) -> Any:
        if cell.__class__ is str:
            if "\x00" in cell:
                raise BadCell("BAD_TEXT", "The text holds NUL, which can't be stored.")
            if cell in blank:
                return default
        elif cell is None:
            return default
        if mapped:
            cell = mapped.get(spelled(cell), cell)
            return default if isinstance(cell, str) and cell in blank else cell
        return cell

    return take


def _folding(step: Step, source: Source) -> Turn:
    """The same, however the texts that are blank or stand for others are written."""
    blank = frozenset(map(folded, step.blank))
    values = {folded(text): value for text, value in source.values.items()}
    take = _taker(replace(step, blank=blank), replace(source, fold=False, values=values))
    return lambda cell: take(folded(cell) if isinstance(cell, str) else cell)


def spelled(value: object) -> str:
    """A value as the text that files and mappings have for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return spelled_instant(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def folded(text: str) -> str:
    """One of the ways in which files write a name: small letters, narrow forms, single spaces."""
    return " ".join(normalize("NFKC", text).casefold().split())


def turner(field: Field, source: Source, step: Step, zone: ZoneInfo) -> Turn:
    """What makes a field's value of what its source gives, where that is not blank.

    It raises BadCell only for what it must understand; all else is for the write path to judge.
    """
    if field.type in NUMBERS:
        return _numbers(field, source, step)
    if field.type is FieldType.DATE:
        return _days(source, step, zone)
    if field.type is FieldType.DATETIME:
        return _instants(source, step, zone)
    if field.type is FieldType.PICKLIST:
        return choices(field.options)
    if field.type in LISTS:
        return _lists(field, source, step)
    return _PLAIN.get(field.type, _text)


def _text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    return str(value)


def _boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    word = str(value).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell("BAD_BOOLEAN", f"'{shown(value)}' is neither yes nor no.")


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        told = why_no_json(value, error)
        raise BadCell("BAD_JSON", f"The cell is no JSON: {told}.") from error


_PLAIN: Mapping[FieldType, Turn] = {FieldType.BOOLEAN: _boolean, FieldType.JSON: _json}


def choices(options: Sequence[Option]) -> Turn:
    """What finds an option by its key, or by its title in any language."""
    titles: dict[str, str] = {}
    for option in options:
        for title in {option.title, *option.labels.values()}:
            folded = title.casefold()
            titles[folded] = option.key if titles.get(folded, option.key) == option.key else ""
    titles |= {option.key: option.key for option in options}

    def turn(value: Any) -> Any:
        text = str(value)
        return titles.get(text) or titles.get(text.casefold()) or text

    return turn


def _lists(field: Field, source: Source, step: Step) -> Turn:
    """What splits a cell into items, and finds what each of them stands for."""
    one = choices(field.options) if field.type is FieldType.PICKLISTS else _text
    take = _taker(replace(step, blank=frozenset()), replace(source, default=None))

    def turn(value: Any) -> Any:
        if isinstance(value, str):
            value = _split(value, source.separator)
        if not isinstance(value, list):
            return value
        told = zip(value, map(take, value), strict=True)
        return [one(item) for part, item in told if item == part or item not in step.blank]

    return turn


def of_lists(step: Step, source: Source) -> Source:
    """The source as a list's cells are read: what its values say of an item has to wait."""

    def of_all(text: str, value: object) -> bool:
        return source.separator in text or value in step.blank

    return replace(
        source,
        values={text: value for text, value in source.values.items() if of_all(text, value)},
    )


def _split(text: str, separator: str) -> list[Any]:
    """The items of a list in one cell: of a JSON array, or between separators."""
    if text.startswith("["):
        with suppress(msgspec.DecodeError, RecursionError, ValueError):
            found: list[Any] = msgspec.json.decode(text, type=list)
            return found
    return [part.strip() for part in text.split(separator) if part.strip()]


def _numbers(field: Field, source: Source, step: Step) -> Turn:
    plain = _plain_number(step)
    percent, digits = field.type is FieldType.PERCENT, source.round
    exact = _exact if digits is None else _about
    # The longest first: 万亿 is not 万 with something behind it.
    units = dict(sorted(source.units.items(), key=lambda it: len(it[0]), reverse=True))
    times = _times(units)

    def turn(value: Any) -> Any:
        share, factor = False, source.multiply
        if isinstance(value, str):
            factor = times(value, factor)
            value = _signed(value, units)
            share = percent and value.endswith(_PERCENT)
            value = plain(value[:-1].rstrip() if share else value)
            if share:
                value = exact(value) / _HUNDRED
            elif digits is None and _APPROXIMATE.fullmatch(value):
                value = _approximate(value, field)
        if factor is not None and not share:
            value = decimals.trimmed(exact(value) * factor)
        return value if digits is None else decimals.rounded(exact(value), digits)

    return turn


def _approximate(text: str, field: Field) -> float | str:
    """A number that is not exact; others are as they stand, but for an exponent."""
    if field.type is FieldType.FLOAT:
        return float(text)
    if "e" in text.casefold():
        told = f"'{shown(text)}' has an exponent and may have lost digits"
        raise BadCell("BAD_NUMBER", f'{told}: it is read where the mapping says "round": 2.')
    return text


def _signed(text: str, units: Iterable[str]) -> str:
    """A number without its units, its sign in front: accounts put what is negative in brackets,
    or the sign behind.
    """
    text = _bare(text, units)
    if text[:1] == "(" and text[-1:] == ")":
        return "-" + _bare(text[1:-1].strip(), units)
    if text.startswith(_MINUS):
        return "-" + _bare(text[1:].strip(), units)
    if text.endswith(_MINUS):
        return "-" + _bare(text[:-1].strip(), units)
    return _bare(text[1:].strip(), units) if text.startswith(_PLUS) else text


def _bare(text: str, units: Iterable[str]) -> str:
    before = None
    while before != text:
        before = text
        for unit in units:
            text = text.removeprefix(unit).removesuffix(unit).strip()
    return text


def _times(units: Mapping[str, Decimal]) -> Callable[[str, Decimal | None], Decimal | None]:
    """What tells by how much a number is multiplied for its unit, beside the factor for all."""
    if all(worth == 1 for worth in units.values()):
        return lambda _, factor: factor
    any_unit = re.compile("|".join(map(re.escape, units)))

    def times(text: str, factor: Decimal | None) -> Decimal | None:
        found = [unit for unit in any_unit.findall(text) if units[unit] != 1]
        if len(found) > 1:
            told = f"'{shown(text)}' has the units {' and '.join(found)}"
            worth = format(prod(units[unit] for unit in found), "f")
            message = f'give them one amount together, such as {{"{"".join(found)}": {worth}}}'
            raise BadCell("BAD_NUMBER", f"{told}: {message}.")
        if not found:
            return factor
        return units[found[0]] * (1 if factor is None else factor)

    return times


def _plain_number(step: Step) -> Callable[[str], str]:
    """What writes numbers with a point and without groups of digits."""
    mark, group = step.decimal, step.group
    if group is None:
        return (lambda text: text) if mark == "." else (lambda text: _swapped(text, mark))
    g, m = _GROUPS.get(group, re.escape(group)), re.escape(mark)
    form = re.compile(rf"-?(?:[0-9]+|[0-9]{{1,3}}(?:{g}[0-9]{{2,3}})*{g}[0-9]{{3}})(?:{m}[0-9]+)?")

    def plain(text: str) -> str:
        if not form.fullmatch(text):
            message = f"'{shown(text)}' is no number with {group!r} between groups of digits."
            raise BadCell("BAD_NUMBER", message)
        return re.sub(g, "", text).replace(mark, ".")

    return plain


def _swapped(text: str, mark: str) -> str:
    if "." in text:
        raise BadCell("BAD_NUMBER", f"'{shown(text)}' has a point, but the decimal mark is {mark}")
    return text.replace(mark, ".")


def _exact(value: Any) -> Decimal:
    number = decimals.parsed(value)
    if isinstance(number, Decimal):
        return number
    raise BadCell("BAD_NUMBER", f"'{shown(value)}' {number}.")


def _about(value: Any) -> Decimal:
    """A number of however many digits, or with an exponent: it is going to be rounded."""
    text = repr(value) if isinstance(value, float) else value
    if isinstance(text, str) and _APPROXIMATE.fullmatch(text):
        value = Decimal(text)
    if isinstance(value, Decimal) and abs(value) < _TOO_LARGE:
        return value
    return _exact(value)


def _days(source: Source, step: Step, zone: ZoneInfo) -> Turn:
    forms = source.dates or step.dates
    read, like = dates.reader(forms), " or ".join(forms) or "2026-01-31"
    cut = zone if source.cut_time else None

    def turn(value: Any) -> date:
        moment = read(str(value))
        found = dates.day(moment, cut)
        if found is None:
            message = f"'{shown(value)}' is no date such as {like}."
            if moment is not None and cut is None:
                message = f"'{shown(value)}' has a time: \"cut_time\": true takes its date alone."
            raise BadCell("BAD_DATE", message)
        return found

    return turn


def _instants(source: Source, step: Step, zone: ZoneInfo) -> Turn:
    forms = source.dates or step.dates
    read = dates.reader(forms)
    like = " or ".join(forms) or "2026-01-31 or 2026-01-31T08:30:00+08:00"

    def turn(value: Any) -> datetime:
        found = dates.instant(read(str(value)), zone)
        if found is None:
            message = f"'{shown(value)}' is no date or time such as {like}."
            raise BadCell("BAD_DATE_TIME", message)
        return found

    return turn
