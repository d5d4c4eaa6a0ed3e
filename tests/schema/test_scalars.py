from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from graphql import GraphQLError, GraphQLScalarType, parse_value

from schema.numbers import Exact
from schema.scalars import BIG_INT, DATE, DATE_TIME, DECIMAL, JSON

UTC = dt.UTC


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        (Exact("12345678901234567.89"), Decimal("12345678901234567.89")),
        (Exact("0.1"), Decimal("0.1")),
        (Exact("1e-7"), Decimal("0.0000001")),
        (Exact("1.25E+21"), Decimal(1250000000000000000000)),
        (7, Decimal(7)),
        ("-0.000000000001", Decimal("-0.000000000001")),
    ],
)
def test_takes_decimals_exactly(given: object, taken: Decimal) -> None:
    assert DECIMAL.coerce_input_value(given) == taken


def test_keeps_the_digits_of_a_decimal_literal() -> None:
    node = parse_value("12345678901234567.89")

    assert literal(DECIMAL, node) == Decimal("12345678901234567.89")
    assert literal(DECIMAL, parse_value("1.5e3")) == Decimal(1500)


@pytest.mark.parametrize(
    "given",
    [
        "NaN",
        "Infinity",
        "1_000",
        "１２",
        "1e3",
        Exact("1e-400"),
        Exact("1e" + "9" * 30),
        "",
        " 1",
        "+1",
        ".5",
        "1.",
        True,
    ],
)
def test_refuses_what_is_no_plain_decimal(given: object) -> None:
    with pytest.raises(GraphQLError, match="Decimal cannot represent"):
        DECIMAL.coerce_input_value(given)


@pytest.mark.parametrize(
    ("scalar", "written"),
    [
        (DECIMAL, '"x"'),
        (DECIMAL, "true"),
        (BIG_INT, "1.5"),
        (DATE, '"2026-02-30"'),
        (DATE_TIME, '"2026-01-31T08:30:00"'),
        (JSON, "{a: [b]}"),
    ],
)
def test_tells_where_a_literal_stands_that_does_not_fit(
    scalar: GraphQLScalarType, written: str
) -> None:
    with pytest.raises(GraphQLError) as caught:
        literal(scalar, parse_value(f"\n  {written}"))
    assert caught.value.formatted["locations"] == [{"line": 2, "column": 3}]


@pytest.mark.parametrize("text", ["1e400", "12345678901234567.1234567890123"])
def test_tells_a_number_that_does_not_fit_as_it_was_written(text: str) -> None:
    with pytest.raises(GraphQLError, match=f"Decimal cannot represent {text}"):
        literal(DECIMAL, parse_value(text))


@pytest.mark.parametrize("given", ["1" * 31, "0." + "1" * 13, 10**31, None, [], {}])
def test_refuses_decimals_with_too_many_digits(given: object) -> None:
    with pytest.raises(GraphQLError):
        DECIMAL.coerce_input_value(given)


def test_gives_decimals_in_plain_notation() -> None:
    assert DECIMAL.coerce_output_value(Decimal("1E+3")) == "1000"


@pytest.mark.parametrize("given", ["9223372036854775807", 9223372036854775807, "-5"])
def test_takes_integers_of_64_bits(given: object) -> None:
    assert BIG_INT.coerce_input_value(given) == int(str(given))


@pytest.mark.parametrize(
    "given", ["9223372036854775808", 2**63, "1.0", Exact("1.0"), "1e3", True, "", "٣"]
)
def test_refuses_integers_beyond_64_bits(given: object) -> None:
    with pytest.raises(GraphQLError, match="64 bits"):
        BIG_INT.coerce_input_value(given)


def test_gives_integers_of_64_bits_as_text() -> None:
    assert BIG_INT.coerce_output_value(2**62) == str(2**62)


def test_takes_a_date() -> None:
    assert DATE.coerce_input_value("0001-01-01") == dt.date(1, 1, 1)
    assert literal(DATE, parse_value('"9999-12-31"')) == dt.date(9999, 12, 31)


@pytest.mark.parametrize(
    "given",
    ["2026-W05-6", "20260131", "2026-02-30", "0000-01-01", "10000-01-01", "2026-1-1", 20260131],
)
def test_refuses_what_is_no_date(given: object) -> None:
    with pytest.raises(GraphQLError, match="Date cannot represent"):
        DATE.coerce_input_value(given)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("2026-01-31T08:30:00Z", dt.datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        ("2026-01-31T08:30+08:00", dt.datetime(2026, 1, 31, 0, 30, tzinfo=UTC)),
        ("2026-01-31T08:30:00.123456Z", dt.datetime(2026, 1, 31, 8, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_takes_instants_with_an_offset(given: str, taken: dt.datetime) -> None:
    assert DATE_TIME.coerce_input_value(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        "2026-01-31T08:30:00",
        "2026-01-31",
        "0001-01-01T00:00:00+14:00",
        "2026-01-31T25:00:00Z",
        "2026-01-31 08:30:00Z",
        "2026-01-31T08:30:00.1234567Z",
        "infinity",
        0,
    ],
)
def test_refuses_instants_without_an_offset(given: object) -> None:
    with pytest.raises(GraphQLError, match="DateTime cannot represent"):
        DATE_TIME.coerce_input_value(given)


def test_gives_instants_in_utc_with_microseconds() -> None:
    instant = dt.datetime(2026, 1, 31, 18, tzinfo=dt.timezone(dt.timedelta(hours=8)))

    assert DATE_TIME.coerce_output_value(instant) == "2026-01-31T10:00:00.000000Z"


def test_takes_json_with_exact_numbers() -> None:
    node = parse_value('{a: [1, 0.10, "x", true, null]}')

    taken = literal(JSON, node)

    assert taken == {"a": [1, 0.1, "x", True, None]}
    assert isinstance(taken, dict)
    assert taken["a"][1].text == "0.10"


def test_refuses_json_that_is_nested_too_deeply() -> None:
    deep: object = 1
    for _ in range(64):
        deep = [deep]

    with pytest.raises(GraphQLError, match="64 levels"):
        JSON.coerce_input_value(deep)


def literal(scalar: GraphQLScalarType, node: object) -> object:
    assert scalar.coerce_input_literal is not None
    return scalar.coerce_input_literal(node)  # type: ignore[arg-type]
