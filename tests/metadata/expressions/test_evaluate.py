from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from uuid import UUID

import pytest

from metadata.expressions.environment import Environment
from metadata.expressions.evaluate import evaluator
from metadata.expressions.parsing import parse
from metadata.expressions.tree import Expression, Type, Value
from tests.metadata.expressions.worked_examples import ENVIRONMENT, EXAMPLES, NOW, TODAY, VALUES


def value_of(text: str, values: dict[str, object], **names: Type) -> Value:
    expression = parse(text, Environment(names) if names else ENVIRONMENT)
    assert isinstance(expression, Expression), expression
    return evaluator(expression)(values, TODAY, NOW)


@pytest.mark.parametrize(("text", "result"), EXAMPLES, ids=[text for text, _ in EXAMPLES])
def test_gives_what_the_documentation_promises(text: str, result: Value) -> None:
    found = value_of(text, dict(VALUES))
    assert found == result
    assert type(found) is type(result)


def test_writes_numbers_without_exponent_trailing_zeros_or_minus_zero() -> None:
    assert str(value_of("n * 1.00", {"n": Decimal("1E+3")}, n=Type.NUMBER)) == "1000"
    assert str(value_of("n + 0.50", {"n": Decimal("1.00")}, n=Type.NUMBER)) == "1.5"
    assert str(value_of("n * -1", {"n": Decimal(0)}, n=Type.NUMBER)) == "0"


@pytest.mark.parametrize(
    ("kind", "stored", "taken"),
    [
        (Type.NUMBER, "12.50", Decimal("12.5")),
        (Type.NUMBER, 7, Decimal(7)),
        (Type.NUMBER, True, None),
        (Type.NUMBER, "twelve", None),
        (Type.NUMBER, float("nan"), None),
        (Type.FLOAT, 0.1, Decimal("0.1")),
        (Type.FLOAT, 1e64, None),
        (Type.FLOAT, 5e-324, Decimal(0)),
        (Type.TEXT, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Type.BOOL, "true", None),
        (Type.DATE, "2026-02-28", date(2026, 2, 28)),
        (Type.DATE, "2026-02-30", None),
        (Type.DATE, NOW, None),
        (Type.INSTANT, "2026-01-31T22:15:00.000000Z", NOW),
        (Type.INSTANT, NOW.astimezone(timezone(timedelta(hours=8))), NOW),
        (Type.INSTANT, "yesterday", None),
        (Type.TEXTS, "coach", None),
    ],
)
def test_takes_values_as_they_are_stored(kind: Type, stored: object, taken: Value) -> None:
    assert value_of("coalesce(x, x)", {"x": stored}, x=kind) == taken


def test_a_missing_name_is_null() -> None:
    assert value_of("is_null(amount)", {}) is True


def test_does_not_depend_on_the_decimal_context_of_the_caller() -> None:
    with localcontext(prec=3):
        assert value_of("amount * amount", dict(VALUES)) == Decimal("1523990.25")
        assert value_of("largest - smallest", dict(VALUES)) == Decimal(
            "9" * 30 + "." + "9" * 11 + "8"
        )


def test_reads_the_day_and_the_instant_that_it_is_given() -> None:
    expression = parse("text(today()) + ' ' + text(now())", ENVIRONMENT)
    assert isinstance(expression, Expression)
    run = evaluator(expression)
    instant = datetime(2024, 2, 28, 20, tzinfo=UTC)
    assert run({}, date(2024, 2, 29), instant) == "2024-02-29 2024-02-28T20:00:00.000000Z"
