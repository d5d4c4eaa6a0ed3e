"""Days and instants, within the years 1 to 9999. Instants are UTC, to the microsecond."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

from metadata.expressions.numbers import at_most, quotient
from metadata.expressions.tree import Function, Type, Whole

MOST_DAYS = date.max.toordinal() - 1
"""From the first day to the last one."""
MOST_MONTHS = 12_000
MOST_HOURS = 8_784_000
"""A thousand years, the most by which months and hours move a date or instant."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = Decimal(3_600_000_000)


def day_of(text: str) -> date | None:
    """The day that a text such as '2026-01-31' writes."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def instant_of(text: str) -> datetime | None:
    """The instant that a text such as '2026-01-31T08:30:00.25+08:00' writes, in UTC."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(_full_fraction(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def spelled_instant(instant: datetime) -> str:
    """An instant as it is stored: '2026-01-31T00:30:00.250000Z'."""
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _full_fraction(text: str) -> str:
    # Python reads fractions of three or six digits only.
    return re.sub(r"\.([0-9]+)", lambda found: f".{found[1]:0<6}", text)


def _add_days(day: date, days: Decimal) -> date | None:
    return _date_at(day.toordinal() - 1 + int(days)) if days.copy_abs() < MOST_DAYS + 2 else None


def _date_at(days: int) -> date | None:
    return date.fromordinal(days + 1) if 0 <= days <= MOST_DAYS else None


def _add_months(day: date, months: Decimal) -> date | None:
    if not -MOST_MONTHS - 1 < months < MOST_MONTHS + 1:
        return None
    years, month = divmod(day.year * 12 + day.month - 1 + int(months), 12)
    if not 1 <= years <= 9999:
        return None
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def _add_hours(instant: datetime, hours: Decimal) -> datetime | None:
    if not -MOST_HOURS - 1 < hours < MOST_HOURS + 1:
        return None
    try:
        return instant + timedelta(hours=int(hours))
    except OverflowError:
        return None


def _days_between(start: date, end: date) -> Decimal:
    return Decimal((end - start).days)


def _hours_between(start: datetime, end: datetime) -> Decimal | None:
    return quotient(Decimal((end - start) // _MICROSECOND), _HOUR)


def _day_in(instant: datetime, hours: Decimal) -> date | None:
    moved = _add_hours(instant, hours)
    return moved and moved.date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


_D, _I, _N = Type.DATE, Type.INSTANT, Type.NUMBER
_day = partial(Function, gives=_D, stored=True)
_instant = partial(Function, gives=_I, stored=True)
_part = partial(Function, takes=(_D,), gives=_N, size=at_most(4), stored=True)

TODAY = _day("today", (), says="The current day in the tenant's time zone.")
NOW = _instant("now", (), says="The current instant.")
ADD_DAYS = _day(
    "add_days",
    (_D, _N),
    says="So many whole days later, or earlier if negative; `date + number` is the same.",
    call=_add_days,
)
DAYS_BETWEEN = Function(
    "days_between",
    (_D, _D),
    _N,
    "Days from the first date to the second, negative if that is earlier; "
    "`end - start` is the same.",
    _days_between,
    size=at_most(7),
    stored=True,
)

FUNCTIONS = (
    TODAY,
    NOW,
    _day(
        "date",
        (Type.TEXT,),
        says="The date that a text such as '2026-01-31' writes; null for any other text.",
        call=day_of,
    ),
    _day("date", (_I,), says="The day of an instant in UTC.", call=datetime.date),
    _day(
        "date",
        (_I, Whole(-12, 14)),
        says="The day of an instant where clocks are so many hours ahead of UTC "
        "(China: 8, New York in winter: -5).",
        call=_day_in,
    ),
    _instant(
        "instant",
        (Type.TEXT,),
        says="The instant that a text such as '2026-01-31T08:30:00Z' or '2026-01-31T16:30+08:00' "
        "writes; null for any other text.",
        call=instant_of,
    ),
    _instant("instant", (_D,), says="The start of a day in UTC.", call=_midnight),
    ADD_DAYS,
    _day(
        "add_months",
        (_D, _N),
        says="So many whole months later, or earlier if negative, on the same day or the month's "
        "last; at most 12,000.",
        call=_add_months,
    ),
    _instant(
        "add_hours",
        (_I, _N),
        says="So many whole hours later, or earlier if negative; at most 8,784,000.",
        call=_add_hours,
    ),
    DAYS_BETWEEN,
    Function(
        "hours_between",
        (_I, _I),
        _N,
        "Hours from the first instant to the second, with decimals.",
        _hours_between,
        size=at_most(9, 20),
        stored=True,
    ),
    _part("year", says="The year.", call=lambda day: Decimal(day.year)),
    _part("quarter", says="The quarter, 1 to 4.", call=lambda day: Decimal((day.month + 2) // 3)),
    _part("month", says="The month, 1 to 12.", call=lambda day: Decimal(day.month)),
    _part("day", says="The day of the month.", call=lambda day: Decimal(day.day)),
    _part(
        "weekday",
        says="The day of the week: 1 is Monday, 7 is Sunday.",
        call=lambda day: Decimal(day.isoweekday()),
    ),
    _day(
        "start_of_month",
        (_D,),
        says="The first day of the month.",
        call=lambda day: day.replace(day=1),
    ),
    _day("end_of_month", (_D,), says="The last day of the month.", call=_end_of_month),
    Function("text", (_D,), Type.TEXT, "The date as '2026-01-31'.", date.isoformat, stored=True),
    Function(
        "text",
        (_I,),
        Type.TEXT,
        "The instant as '2026-01-31T08:30:00.000000Z'.",
        spelled_instant,
        stored=True,
    ),
)
