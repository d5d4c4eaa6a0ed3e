"""The SQL of each function and operator that an expression can call.

None of it raises: texts are cast behind a pattern, a divisor of 0 becomes null, and what could
leave the range of a type is cut off just outside of it and then made null. Every operand
stands in it once, since one that is written twice at each level would double with each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from metadata.decimals import MAX_DIGITS, MAX_SCALE
from metadata.expressions import dates, numbers, texts
from metadata.expressions.tree import Function

Template = Callable[..., str]

_FIRST_DAY = "date '0001-01-01'"
_FIRST_INSTANT = "timestamp '0001-01-01 00:00:00'"
_LAST_INSTANT = "timestamp '9999-12-31 23:59:59.999999'"
_DAY = (
    "(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?!0000)(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
)
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
_INSTANT_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def sql_of(function: Function, *, textual: bool) -> Template:
    """What makes the SQL of a call from the SQL of its arguments.

    `textual` says that the first argument is a text, which is ordered by code point.
    """
    template = _TEMPLATES[function.key]
    if not (textual and function.name in _ORDERING):
        return template
    return lambda first, *rest: template(f'({first} collate "C")', *rest)


def quoted(text: str) -> str:
    """The text as an SQL literal; it holds no NUL."""
    return "'" + text.replace("'", "''") + "'"


def inside(value: str, low: str, high: str) -> str:
    """The value between two others, which are out of bounds themselves; else null."""
    return f"nullif(nullif(greatest(least({value}, {high}), {low}), {high}), {low})"


def _form(form: str) -> Template:
    return lambda *arguments: form.format(*arguments)


def _joined(joiner: str) -> Template:
    return lambda *arguments: f"({joiner.join(arguments)})"


def _call(name: str) -> Template:
    return lambda *arguments: f"{name}({', '.join(arguments)})"


def _within(number: str) -> str:
    limit = f"1e{numbers.BOUNDS.digits}"
    return inside(f"round({number}, {numbers.BOUNDS.scale})", f"-{limit}", limit)


def quotient(dividend: str, divisor: str) -> str:
    """A quotient rounded as `metadata.expressions.numbers.quotient` does; null for a divisor of 0."""
    scale = numbers.QUOTIENT_SCALE
    shifted = f"div({dividend} * 1e{scale + 1}, nullif({divisor}, 0))"
    return f"round({shifted} * 1e-{scale + 1}, {scale})"


def _power(number: str, exponent: str) -> str:
    factors = " * ".join(["v"] * int(exponent))
    return f"(select {factors} from (select {number} as v offset 0) as powers)"


def _fold(text: str) -> str:
    return f"lower({text} collate pg_c_utf8)"


def _matched(text: str, pattern: str) -> str:
    return f"substring({text} from {quoted(f'^(?:{pattern})$')})"


def _concat(*parts: str) -> str:
    """Joined by halves: from left to right, each part would copy all those before it."""
    if len(parts) == 1:
        return f"left({parts[0]}, {texts.CONCATENATED})"
    middle = len(parts) // 2
    return f"({_concat(*parts[:middle])} || {_concat(*parts[middle:])})"


def _day_number(days: str) -> str:
    """The date so many days after the first one, if there is one."""
    return f"({_FIRST_DAY} + {inside(days, '-1', str(dates.MOST_DAYS + 1))}::int)"


def _since_first(day: str) -> str:
    return f"({day} - {_FIRST_DAY})"


def _at_most(number: str, most: int) -> str:
    return f"{inside(f'trunc({number})', f'{-most - 1}', f'{most + 1}')}::int"


def _add_months(day: str, months: str) -> str:
    moved = f"({day} + make_interval(months => {_at_most(months, dates.MOST_MONTHS)}))::date"
    return _day_number(_since_first(moved))


def _instant_number(timestamp: str) -> str:
    """The instant of a UTC timestamp, if it is within the years 1 to 9999."""
    low = f"({_FIRST_INSTANT} - interval '1 microsecond')"
    high = f"({_LAST_INSTANT} + interval '1 microsecond')"
    return f"({inside(timestamp, low, high)} at time zone 'UTC')"


def _add_hours(instant: str, hours: str) -> str:
    interval = f"make_interval(hours => {_at_most(hours, dates.MOST_HOURS)})"
    return _instant_number(f"({_utc(instant)} + {interval})")


def _utc(instant: str) -> str:
    return f"({instant} at time zone 'UTC')"


def _day_in(instant: str, hours: str) -> str:
    return _day_number(_since_first(f"({_utc(instant)} + make_interval(hours => {hours}))::date"))


def _instant_of(text: str) -> str:
    return _instant_number(_utc(f"{_matched(text, f'(?:{_DAY})T{_TIME}{_ZONE}')}::timestamptz"))


def _listed(texts_sql: str, operator: str, *wanted: str) -> str:
    return f"({texts_sql} {operator} array[{', '.join(wanted)}])"


def _start_of_month(day: str) -> str:
    return f"date_trunc('month', {day}::timestamp)"


_ORDERING = frozenset({"<", "<=", ">", ">=", "min", "max"})

_LOGIC: Mapping[str, Template] = {
    **{f"{sign}(any, any)": _joined(f" {sign} ") for sign in ("<", "<=", ">", ">=")},
    "==(any, any)": _form("({} = {})"),
    "!=(any, any)": _form("({} <> {})"),
    "in(any, any…)": lambda value, *values: f"({value} in ({', '.join(values)}))",
    "&&(bool, bool…)": _joined(" and "),
    "||(bool, bool…)": _joined(" or "),
    "!(bool)": _form("(not {})"),
    "?:(bool, any, any)": _form("(case when {} then {} else {} end)"),
    "coalesce(any, any…)": _call("coalesce"),
    "is_null(any)": _form("({} is null)"),
    "has(any)": _form("({} is not null)"),
    "min(any, any…)": _call("least"),
    "max(any, any…)": _call("greatest"),
}

_NUMBERS: Mapping[str, Template] = {
    "+(number, number…)": _joined(" + "),
    "-(number)": _form("(- {})"),
    "*(number, number)": _joined(" * "),
    "/(number, number)": quotient,
    "%(number, number)": _form("({} % nullif({}, 0))"),
    "within(number)": _within,
    "abs(number)": _call("abs"),
    "round(number)": _call("round"),
    "round(number, whole)": _call("round"),
    "floor(number)": _call("floor"),
    "ceil(number)": _call("ceil"),
    "int(number)": _call("trunc"),
    "pow(number, whole)": _power,
    "number(text)": lambda text: (
        _matched(text, f"-?[0-9]{{1,{MAX_DIGITS}}}(?:\\.[0-9]{{1,{MAX_SCALE}}})?") + "::numeric"
    ),
}

_TEXTS: Mapping[str, Template] = {
    "concat(text, text…)": _concat,
    "size(text)": _form("char_length({})::numeric"),
    "size(list of texts)": _form("jsonb_path_query_first({}, '$.size()')::numeric"),
    "has(list of texts, text)": _form("({} ? {})"),
    "hasAny(list of texts, text…)": lambda known, *wanted: _listed(known, "?|", *wanted),
    "hasAll(list of texts, text…)": lambda known, *wanted: _listed(known, "?&", *wanted),
    "lower(text)": lambda text: f'({_fold(text)} collate "C")',
    "upper(text)": _form('(upper({} collate pg_c_utf8) collate "C")'),
    "trim(text)": lambda text: f"btrim({text}, {quoted(texts.TRIMMED)})",
    "contains(text, text)": lambda whole, part: f"(strpos({_fold(whole)}, {_fold(part)}) > 0)",
    "startsWith(text, text)": lambda whole, part: f"starts_with({_fold(whole)}, {_fold(part)})",
    "endsWith(text, text)": lambda whole, part: (
        f"starts_with(reverse({_fold(whole)}), reverse({_fold(part)}))"
    ),
    "substring(text, whole)": _form("substr({}, {} + 1)"),
    "substring(text, whole, whole)": lambda text, start, end: (
        f"substr({text}, {start} + 1, {max(int(end) - int(start), 0)})"
    ),
    "text(number)": _form("trim_scale({})::text"),
    "text(bool)": _form("{}::text"),
    "text(date)": _form("to_char({}, 'YYYY-MM-DD')"),
    "text(instant)": lambda instant: f"to_char({_utc(instant)}, '{_INSTANT_FORMAT}')",
}

_DATES: Mapping[str, Template] = {
    "date(text)": lambda text: f"{_matched(text, _DAY)}::date",
    "date(instant)": lambda instant: f"{_utc(instant)}::date",
    "date(instant, whole)": _day_in,
    "instant(text)": _instant_of,
    "instant(date)": _form("({}::timestamp at time zone 'UTC')"),
    "add_days(date, number)": lambda day, days: _day_number(f"{_since_first(day)} + trunc({days})"),
    "add_months(date, number)": _add_months,
    "add_hours(instant, number)": _add_hours,
    "days_between(date, date)": _form("({1} - {0})::numeric"),
    "hours_between(instant, instant)": lambda start, end: quotient(
        f"extract(epoch from ({end} - {start}))", "3600"
    ),
    **{
        f"{name}(date)": _form(f"extract({part} from {{}})")
        for name, part in {
            "year": "year",
            "quarter": "quarter",
            "month": "month",
            "day": "day",
            "weekday": "isodow",
        }.items()
    },
    "start_of_month(date)": lambda day: f"{_start_of_month(day)}::date",
    "end_of_month(date)": lambda day: (
        f"({_start_of_month(day)} + interval '1 month' - interval '1 day')::date"
    ),
}

_TEMPLATES: Mapping[str, Template] = {**_LOGIC, **_NUMBERS, **_TEXTS, **_DATES}
