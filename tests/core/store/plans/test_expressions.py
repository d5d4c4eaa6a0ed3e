import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from asyncpg import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.plans.expression_functions import sql_of
from core.store.plans.expressions import Clock, compiled, fitted
from metadata import decimals, text
from metadata.expressions import dates
from metadata.expressions.catalogue import BUILT_IN, OPERATORS
from metadata.expressions.environment import Environment
from metadata.expressions.evaluate import evaluator
from metadata.expressions.parsing import parse
from metadata.expressions.tree import Expression, Type, Value
from tests.metadata.expressions import random_expressions, worked_examples

TODAY = date(2024, 2, 29)
NOW = datetime(2024, 2, 29, 12, 30, 15, 123_456, tzinfo=UTC)
SQL_TYPES = {
    Type.NUMBER: "numeric",
    Type.FLOAT: "numeric",
    Type.TEXT: "text",
    Type.BOOL: "boolean",
    Type.DATE: "date",
    Type.INSTANT: "timestamptz",
    Type.TEXTS: "jsonb",
}
CLOCK = Clock("$1::date", "$2::timestamptz")
SLOW = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)

Row = dict[str, Value]


def understood(written: str, environment: Environment) -> Expression | None:
    found = parse(written, environment)
    return found if isinstance(found, Expression) else None


async def in_sql(
    connection: Connection,
    expressions: Sequence[Expression],
    types: dict[str, Type],
    rows: Sequence[Row],
    clock: tuple[date, datetime] = (TODAY, NOW),
) -> list[list[object]]:
    """What PostgreSQL makes of the expressions for each row; numbers as text."""
    columns = {name: f"c{place}" for place, name in enumerate(types)}
    selected = ", ".join(
        compiled(found, columns.__getitem__, CLOCK)
        + ("::text" if found.type is Type.NUMBER else "")
        for found in expressions
    )
    declared = ", ".join(f"{columns[name]} {SQL_TYPES[of]}" for name, of in types.items())
    document = [
        {columns[name]: shown(value) for name, value in row.items()} | {"place": place}
        for place, row in enumerate(rows)
    ]
    answers = await connection.fetch(
        f"select {selected} from jsonb_to_recordset($3::text::jsonb) as r(place int, {declared})"
        " where $1::date is not null and $2::timestamptz is not null order by place",
        *clock,
        json.dumps(document),
    )
    return [list(answer.values()) for answer in answers]


def shown(value: object) -> object:
    """Numbers as text, dates and instants as they are stored; the rest is JSON."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, date) else value


def in_python(found: Expression, row: Row) -> object:
    value = evaluator(found)(row, TODAY, NOW)
    return shown(value) if isinstance(value, Decimal) else value


@SLOW
@given(
    written=st.lists(random_expressions.expressions(), min_size=1, max_size=20),
    rows=st.lists(random_expressions.rows, min_size=1, max_size=20),
)
async def test_postgres_and_python_agree_on_random_expressions_and_values(
    database: Database, tenant: TenantId, written: list[str], rows: list[Row]
) -> None:
    found = [understood(one, random_expressions.ENVIRONMENT) for one in written]
    expressions = [one for one in found if one is not None]
    if not expressions:
        return
    async with database.reading(tenant) as connection:
        answers = await in_sql(connection, expressions, random_expressions.NAMES, rows)
    for row, answer in zip(rows, answers, strict=True):
        for expression, theirs in zip(expressions, answer, strict=True):
            ours = in_python(expression, row)
            assert (ours, type(ours)) == (theirs, type(theirs)), expression.text


async def test_gives_what_the_documentation_promises(database: Database, tenant: TenantId) -> None:
    types = {name: of for name, (of, _) in worked_examples.FIELDS.items()}
    texts = [written for written, _ in worked_examples.EXAMPLES]
    found = [understood(written, worked_examples.ENVIRONMENT) for written in texts]
    expressions = [one for one in found if one is not None]
    clock = (worked_examples.TODAY, worked_examples.NOW)
    async with database.reading(tenant) as connection:
        (answer,) = await in_sql(connection, expressions, types, [worked_examples.VALUES], clock)
    promised = [
        shown(decimals.trimmed(result)) if isinstance(result, Decimal) else result
        for _, result in worked_examples.EXAMPLES
    ]
    assert dict(zip(texts, answer, strict=True)) == dict(zip(texts, promised, strict=True))


def repeated(form: str, start: str, times: int) -> str:
    for _ in range(times):
        start = form.format(start)
    return start


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(" * ".join(["score"] * 49), id="products"),
        pytest.param(" / ".join(["cost"] * 49), id="quotients"),
        pytest.param("+".join(["score"] * 333), id="a long sum"),
        pytest.param(repeated("pow({}, 8)", "cost", 44), id="powers"),
        pytest.param("+".join(["name"] * 390), id="a long concatenation"),
        pytest.param("&&".join(["won"] * 390), id="a long condition"),
        pytest.param(repeated("add_hours({}, 1)", "now()", 48), id="hours"),
        pytest.param(repeated("instant(text({}))", "now()", 24), id="conversions"),
        pytest.param("won ? amount : " * 48 + "cost", id="choices"),
    ],
)
async def test_the_largest_expressions_stay_small_and_never_raise(
    database: Database, tenant: TenantId, written: str
) -> None:
    expression = understood(written, random_expressions.ENVIRONMENT)
    assert expression is not None
    row: Row = {
        "amount": Decimal("9" * 30 + "." + "9" * 12),
        "cost": Decimal("0.000000000001"),
        "score": Decimal("9.99e63"),
        "name": "华" * 20_000,
        "won": True,
    }
    assert len(compiled(expression, lambda name: "c", CLOCK)) < 40_000
    async with database.reading(tenant) as connection:
        ((answer,),) = await in_sql(connection, [expression], random_expressions.NAMES, [row])
    assert answer == in_python(expression, row)


async def test_literals_reach_the_database_as_they_are_written(
    database: Database, tenant: TenantId
) -> None:
    tricky = [
        "'; drop table record; --",
        "\\",
        "$1 $$",
        "{0} %s",
        "''",
        "\n\t\u0001",
        "𠮷\U0010ffff",
    ]
    expressions = [parse(f"'{_escaped(one)}'", Environment({})) for one in tricky]
    async with database.reading(tenant) as connection:
        (answer,) = await in_sql(
            connection,
            [one for one in expressions if isinstance(one, Expression)],
            {"x": Type.TEXT},
            [{"x": None}],
        )
    assert answer == tricky


def _escaped(written: str) -> str:
    return written.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")


async def test_postgres_folds_every_character_as_python_does(
    database: Database, tenant: TenantId
) -> None:
    everything = "".join(map(chr, (*range(1, 0xD800), *range(0xE000, 0x110000))))
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow(
            "select lower($1 collate pg_c_utf8) as lower, upper($1 collate pg_c_utf8) as upper",
            everything,
        )
    assert different(text.fold(everything), row["lower"]) == []
    assert different(text.upper(everything), row["upper"]) == []


def different(ours: str, theirs: str) -> list[tuple[str, str]]:
    return [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize(
    "number", ["1.005", "-0.004", "999999999999999999999999999999.995", "1e40"]
)
async def test_fits_a_number_into_a_field_as_python_does(
    database: Database, tenant: TenantId, number: str
) -> None:
    async with database.reading(tenant) as connection:
        answer = await connection.fetchval(f"select ({fitted(f'{number}::numeric', 2)})::text")
    ours = decimals.fitted(Decimal(number), 2)
    assert answer == (None if ours is None else decimals.canonical(ours, 2))


def test_every_function_but_the_clock_has_sql() -> None:
    for function in (*OPERATORS, *BUILT_IN):
        if function not in (dates.TODAY, dates.NOW):
            assert sql_of(function, textual=False)
