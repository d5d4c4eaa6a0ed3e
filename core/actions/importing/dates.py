"""Dates and times as files write them: ISO 8601, a form such as DD.MM.YYYY hh:mm, or numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from metadata.expressions.dates import day_of, instant_of

Moment = date | datetime
Read = Callable[[str], "Moment | None"]
"""From a text to a date, or to a date-time with or without its zone; None where it is neither."""

_TOKEN = re.compile(r"YYYY|YY|MMMM?|MM?|DD?|hh?|HH?|mm|ss|AM?|Z")
_OTHERS = re.compile(r"y+|d+|S+|a|tt|E+|X+|x+|z+")
"""How other programs call parts of a date: nobody means these letters themselves."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAME = (
    "(?P<name>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))"
)
_HALF = r"(?P<half>[AaPp]\.?[Mm]\.?|上午|下午)"
_PATTERNS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short>[0-9]{2})",
    "MMM": _NAME,
    "MMMM": _NAME,
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "HH": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]{1,2})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?",
    "AM": _HALF,
    "A": _HALF,
    "Z": r"(?P<offset>Z|UTC|GMT|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])",
}
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(?: ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
"""More than the API takes: no offset, one without a colon, or one behind a space."""
_FINER = re.compile(r"(\.[0-9]{6})0{1,3}")  # some databases tell nothing beyond microseconds so
ISO, SERIAL, UNIX, UNIX_MS = "iso", "serial", "unix", "unix_ms"
_SERIAL_ZERO, _FIRST_SERIAL = datetime(1899, 12, 30), 61  # noqa: DTZ001  of no zone, as its text
_UNIX_TIME = re.compile(r"-?[0-9]{1,15}(?:\.0+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    if form in _NAMED:
        return _NAMED[form]
    pattern = _pattern(form)
    assert pattern is not None, "the form was checked with the mapping"
    return lambda text: _of_form(pattern, text)


def is_form(form: str) -> bool:
    """Whether the form names a day once, and nothing twice."""
    if form in _NAMED:
        return True
    pattern = _pattern(form)
    if pattern is None or any(
        map(_OTHERS.fullmatch, re.findall("[a-zA-Z]+", _TOKEN.sub(" ", form)))
    ):
        return False
    groups = pattern.groupindex.keys()
    once = ({"day"}, {"month", "name"}, {"year", "short"})
    return all(len(names & groups) == 1 for names in once)


def day(read: Moment | None, cut: ZoneInfo | None = None) -> date | None:
    """The day that was read, where no time of day would be lost.

    With a zone to cut it by, any time is let go: of an instant the day is the zone's.
    """
    if cut is not None and isinstance(read, datetime):
        found = instant(read, cut)
        return None if found is None else found.astimezone(cut).date()
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
    whole = _ISO.fullmatch(_FINER.sub(r"\1", text, count=1))
    if whole is None:
        return None
    found = instant_of(f"{whole[1]}T{whole[2]}{_offset(whole[3] or 'Z')}")
    return found if whole[3] else found and found.replace(tzinfo=None)


def _offset(text: str) -> str:
    """The offset as ISO 8601 writes it beside times with colons."""
    if text[0] not in "+-":
        return "Z"
    return text if ":" in text else f"{text[:3]}:{text[3:]}"


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


def _unix(text: str, digits: int) -> Moment | None:
    """The instant so many seconds (or parts of one) after the beginning of 1970."""
    if not _UNIX_TIME.fullmatch(text):
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(Decimal(text).scaleb(6 - digits)))
    except OverflowError:
        return None


_NAMED: Mapping[str, Read] = MappingProxyType(
    {ISO: _iso, SERIAL: _serial, UNIX: partial(_unix, digits=0), UNIX_MS: partial(_unix, digits=3)}
)
"""Forms that go by a name."""


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
        read = date(_year(parts), _month(parts), int(parts["day"]))
        if "hour" not in parts:
            return read
        fraction = int((parts.get("fraction") or "0")[:6].ljust(6, "0"))
        minute, second = int(parts.get("minute", 0)), int(parts.get("second", 0))
        clock = time(_hour(parts), minute, second, fraction)
        told = datetime.combine(read, clock)
        if "offset" not in parts:
            return told
        return instant_of(f"{told.isoformat()}{_offset(parts['offset'])}")
    except ValueError:
        return None


def _month(parts: dict[str, str]) -> int:
    if "month" in parts:
        return int(parts["month"])
    return _MONTHS.index(parts["name"][:3].lower()) + 1


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
    return hour % 12 + (12 if parts["half"][0] in "Pp下" else 0)
