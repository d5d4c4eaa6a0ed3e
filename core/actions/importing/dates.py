"""Dates and times as files write them: ISO 8601, a form such as DD.MM.YYYY hh:mm, or day numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from metadata.expressions.dates import day_of, instant_of

Moment = date | datetime
Read = Callable[[str], "Moment | None"]
"""From a text to a date, or to a date-time with or without its zone; None where it is neither."""

_TOKEN = re.compile(r"YYYY|YY|MM?|DD?|hh?|mm|ss|AM")
_PATTERNS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
    "AM": r"(?P<half>[AaPp]\.?[Mm]\.?)",
}
_LOCAL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
)
SERIAL = "serial"
_SERIAL_ZERO, _FIRST_SERIAL = datetime(1899, 12, 30), 61  # noqa: DTZ001  of no zone, as its text
_NUMBER = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,20})?")
_PIVOT = 69  # two-digit years from here on are of the last century, as in POSIX


@lru_cache(maxsize=64)
def reader(forms: tuple[str, ...]) -> Read:
    """What reads texts of one of these forms, the first that fits; ISO 8601 where there is none."""
    if not forms:
        return _iso
    reads = [_reader(form) for form in forms]
    return lambda text: next(filter(None, (read(text) for read in reads)), None)


def _reader(form: str) -> Read:
    if form == SERIAL:
        return _serial
    pattern = _pattern(form)
    assert pattern is not None, "the form was checked with the mapping"
    return lambda text: _of_form(pattern, text)


def is_form(form: str) -> bool:
    """Whether the form names a day once, and nothing twice."""
    if form == SERIAL:
        return True
    pattern = _pattern(form)
    if pattern is None:
        return False
    groups = pattern.groupindex
    return {"month", "day"} <= groups.keys() and len({"year", "short"} & groups.keys()) == 1


def day(read: Moment | None) -> date | None:
    """The day that was read, where no time of day would be lost."""
    if isinstance(read, datetime):
        return read.date() if read.time() == time() and read.tzinfo is None else None
    return read


def instant(read: Moment | None, zone: ZoneInfo) -> datetime | None:
    """The instant that was read, in UTC; days begin at midnight in the zone."""
    if read is None:
        return None
    if not isinstance(read, datetime):
        read = datetime.combine(read, time())
    try:
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def _iso(text: str) -> Moment | None:
    if len(text) == 10:
        return day_of(text)
    whole = _LOCAL.fullmatch(text)
    if whole is None:
        return instant_of(text.replace(" ", "T", 1))
    found = instant_of(f"{whole[1]}T{whole[2]}Z")
    return found and found.replace(tzinfo=None)


def _serial(text: str) -> Moment | None:
    """The day of a spreadsheet's number, and the time if it has a fraction.

    They count from 1900, and have a 29th of February 1900, which never was: only later ones agree.
    """
    if not _NUMBER.fullmatch(text) or (number := Decimal(text)) < _FIRST_SERIAL:
        return None
    whole, part = divmod(number, 1)
    try:
        at = _SERIAL_ZERO + timedelta(days=int(whole), seconds=round(part * 86_400))
    except OverflowError:
        return None
    return at if part else at.date()


def _pattern(form: str) -> re.Pattern[str] | None:
    parts, end = [], 0
    for token in _TOKEN.finditer(form):
        parts += [re.escape(form[end : token.start()]), _PATTERNS[token[0]]]
        end = token.end()
    try:
        return re.compile("".join(parts) + re.escape(form[end:]))
    except re.error:  # a part is named twice
        return None


def _of_form(pattern: re.Pattern[str], text: str) -> Moment | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        read = date(_year(parts), int(parts["month"]), int(parts["day"]))
        if "hour" not in parts:
            return read
        clock = time(_hour(parts), int(parts.get("minute", 0)), int(parts.get("second", 0)))
        return datetime.combine(read, clock)
    except ValueError:
        return None


def _year(parts: dict[str, str]) -> int:
    if "year" in parts:
        return int(parts["year"])
    short = int(parts["short"])
    return short + (1900 if short >= _PIVOT else 2000)


def _hour(parts: dict[str, str]) -> int:
    hour = int(parts["hour"])
    if "half" not in parts:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("a clock of two halves goes to twelve")
    return hour % 12 + (12 if parts["half"][0] in "Pp" else 0)
