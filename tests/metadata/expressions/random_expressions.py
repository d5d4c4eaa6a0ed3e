"""Random typed expressions and values for them, drawn from the catalogue itself."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from metadata.expressions.catalogue import BUILT_IN, OPERATORS
from metadata.expressions.environment import Environment
from metadata.expressions.tree import EVERY, SCALARS, Function, Parameter, Same, Type, Whole

NAMES = {
    "amount": Type.NUMBER,
    "cost": Type.NUMBER,
    "score": Type.FLOAT,
    "name": Type.TEXT,
    "account.industry": Type.TEXT,
    "won": Type.BOOL,
    "old.won": Type.BOOL,
    "close_date": Type.DATE,
    "signed_on": Type.DATE,
    "created_at": Type.INSTANT,
    "moved_at": Type.INSTANT,
    "roles": Type.TEXTS,
}
ENVIRONMENT = Environment(NAMES)
RESULTS = sorted(SCALARS)

_TRICKY = (
    "aAzZ09 .-'\"\\%_\t\n\u00a0\u3000İiıßẞΣσςµǅéÉ华为商机𠮷🙂\U00010d50\ua7cb\u1fb3\U0010ffff\u0001"
)
_LITERAL_TEXTS = ["", "a", "华", "won", "O'Brien", "12.50", "2024-02-29", "\\u0130", "\\\\", "\\n"]
_CLAUSES = [
    function for function in (*OPERATORS, *BUILT_IN) if function.name not in ("today", "now")
]

texts = st.one_of(
    st.text(st.sampled_from(_TRICKY), max_size=8),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: format(number, "f")[:50]),
    st.dates().map(str),
    st.sampled_from(["2023-02-29", "2000-02-29", "1900-02-29", "0000-01-01", "9999-12-31"]),
    st.datetimes(timezones=st.just(UTC)).map(
        lambda instant: instant.isoformat().replace("+00:00", "Z")
    ),
    st.sampled_from(["0001-01-01T00:00+14:00", "9999-12-31T23:59:59.9-01:00", "2024-02-30T00:00Z"]),
)
numbers = st.one_of(
    st.integers(-3, 3).map(Decimal),
    st.decimals(-1_000_000, 1_000_000, places=2),
    st.integers(-(10**42) + 1, 10**42 - 1).map(lambda digits: Decimal(digits).scaleb(-12)),
    st.sampled_from(["-0", "1e-12", "-1e-12", "9" * 30 + "." + "9" * 12, "3652058", "0.5"]).map(
        Decimal
    ),
)
floats = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e63, -1e64, 9.99e63, 5e-324, 1e-36, 5e-37, 0.1]),
).map(lambda value: Decimal(repr(value)))
dates = st.one_of(
    st.dates(),
    st.sampled_from([date.min, date.max, date(2024, 2, 29), date(2023, 12, 31)]),
)
instants = st.one_of(
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)
lists = st.lists(st.one_of(texts, st.sampled_from(["a", "won", "华"])), max_size=4).map(tuple)

VALUES = {
    Type.NUMBER: numbers,
    Type.FLOAT: floats,
    Type.TEXT: texts,
    Type.BOOL: st.booleans(),
    Type.DATE: dates,
    Type.INSTANT: instants,
    Type.TEXTS: lists,
}
rows = st.fixed_dictionaries({name: st.none() | VALUES[of_type] for name, of_type in NAMES.items()})


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> str:
    """The text of an expression that gives any type but a list."""
    return draw(_of(draw(st.sampled_from(RESULTS)), depth))


@cache  # a strategy that is made for each draw is examined for each draw
@st.composite
def _of(draw: st.DrawFn, wanted: Type, depth: int) -> str:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(_leaf(wanted))
    clause = draw(_clauses(wanted))
    if isinstance(clause, str):
        return _filled(draw, clause, depth)
    return _called(draw, clause, wanted, depth)


@cache
def _leaf(wanted: Type) -> st.SearchStrategy[str]:
    names = [name for name, of_type in NAMES.items() if of_type is wanted]
    if wanted is Type.NUMBER:
        names.append("score")
    choices = [*names, *names, *names]
    match wanted:
        case Type.NUMBER:
            choices += ["0", "1", "-2", "0.5", "1000000007", "1e63", ".000001", "null"]
        case Type.TEXT:
            choices += [f"'{text.replace(chr(39), chr(92) + chr(39))}'" for text in _LITERAL_TEXTS]
        case Type.BOOL:
            choices += ["true", "false", "null"]
        case Type.DATE:
            choices += ["today()", "date('2024-02-29')"]
        case Type.INSTANT:
            choices += ["now()", "instant('2024-02-29T12:00Z')"]
    return st.sampled_from(choices)


_SUMS = {
    Type.NUMBER: ["({number} - {number} + {number})", "({date} - {date})", "(- {number})"],
    Type.TEXT: ["({text} + {text})", "({text} + {text} + {text})"],
    Type.DATE: ["({date} + {number})", "({date} - {number})", "({number} + {date})"],
    Type.BOOL: ["({text} in {roles})", "({text} == null)", "({date} != null)"],
}


@cache
def _clauses(wanted: Type) -> st.SearchStrategy[Function | str]:
    extras = _SUMS.get(wanted, [])
    return st.sampled_from([*filter(lambda f: _gives(f, wanted), _CLAUSES), *extras])


def _filled(draw: st.DrawFn, form: str, depth: int) -> str:
    kinds = {kind.value: kind for kind in SCALARS} | {"roles": Type.TEXTS}
    text = form
    for word, kind in kinds.items():
        while f"{{{word}}}" in text:
            text = text.replace(f"{{{word}}}", draw(_of(kind, depth - 1)), 1)
    return text


def _gives(function: Function, wanted: Type) -> bool:
    if function.gives is not None:
        return function.gives is wanted
    return all(wanted in p.types for p in function.takes if isinstance(p, Same))


def _called(draw: st.DrawFn, function: Function, wanted: Type, depth: int) -> str:
    takes = list(function.takes)
    if function.variadic:
        takes += takes[-1:] * draw(st.integers(0, 2))
    types = tuple(p.types for p in takes if isinstance(p, Same))
    shared = wanted if function.gives is None else draw(_shared(types))
    arguments = [_argument(draw, parameter, shared, depth - 1) for parameter in takes]
    return _written(function, arguments)


@cache
def _shared(types: tuple[frozenset[Type], ...]) -> st.SearchStrategy[Type]:
    return st.sampled_from(sorted(frozenset(EVERY).intersection(*types)))


def _argument(draw: st.DrawFn, parameter: Parameter, shared: Type, depth: int) -> str:
    if isinstance(parameter, Whole):
        edges = [parameter.low, parameter.high, max(parameter.low, 2), max(parameter.low, 0)]
        return str(draw(st.sampled_from(edges)))
    return draw(_of(shared if isinstance(parameter, Same) else parameter, depth))


def _written(function: Function, arguments: list[str]) -> str:
    first, *rest = arguments
    match function.name:
        case "?:":
            return f"({first} ? {rest[0]} : {rest[1]})"
        case "in":
            return f"({first} in [{', '.join(rest)}])"
        case "!" | "-":
            return f"({function.name} {first})"
        case name if not name[0].isalpha():
            return f"({f' {name} '.join(arguments)})"
        case name:
            return f"{name}({', '.join(arguments)})"
