from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata import currencies
from metadata.decimals import Refusal, canonical, fitted, parsed, rounded, trimmed

LARGEST = "9" * 30 + "." + "9" * 12


@pytest.mark.parametrize(
    ("given_value", "number"),
    [
        ("0", "0"),
        ("-1234.50", "-1234.50"),
        ("-0.00", "0.00"),
        (LARGEST, LARGEST),
        (7, "7"),
        (-(10**30) + 1, str(-(10**30) + 1)),
        (0.1, "0.1"),
        (1e16, "10000000000000000"),
        (-0.0, "0"),
        (Decimal("1.500000000000000000"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E-400"), "0"),
        (1e-12, "0.000000000001"),
    ],
)
def test_takes_an_exact_number(given_value: object, number: str) -> None:
    result = parsed(given_value)
    assert isinstance(result, Decimal)
    assert format(result, "f") == number


@pytest.mark.parametrize(
    ("given_value", "reason"),
    [
        ("", Refusal.NOT_PLAIN),
        ("1e3", Refusal.NOT_PLAIN),
        ("+1", Refusal.NOT_PLAIN),
        (" 1", Refusal.NOT_PLAIN),
        ("1\n", Refusal.NOT_PLAIN),
        ("１２", Refusal.NOT_PLAIN),
        ("NaN", Refusal.NOT_PLAIN),
        ("1" * 31, Refusal.TOO_LARGE),
        ("0." + "1" * 13, Refusal.TOO_FINE),
        (10**30, Refusal.TOO_LARGE),
        pytest.param(10**10_000, Refusal.TOO_LARGE, id="an enormous int"),
        (1e300, Refusal.TOO_LARGE),
        (1e-13, Refusal.TOO_FINE),
        (Decimal("1E+999999"), Refusal.TOO_LARGE),
        (Decimal("1E-999999"), Refusal.TOO_FINE),
        (Decimal("NaN"), Refusal.NOT_A_NUMBER),
        (float("inf"), Refusal.NOT_A_NUMBER),
        (True, Refusal.NOT_A_NUMBER),
        (None, Refusal.NOT_A_NUMBER),
        ([1], Refusal.NOT_A_NUMBER),
    ],
)
def test_refuses_what_is_no_number_or_does_not_fit(given_value: object, reason: Refusal) -> None:
    assert parsed(given_value) is reason


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        ("1234.5", 2, "1234.50"),
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("-0.004", 2, "0.00"),
        ("1E+3", 0, "1000"),
        ("999999999999999999999999999999.123456789012", 12, "9" * 30 + ".123456789012"),
    ],
)
def test_writes_each_number_in_one_way_at_a_scale(value: str, scale: int, text: str) -> None:
    assert canonical(Decimal(value), scale) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, max_value=10**29))
def test_print_then_parse_changes_nothing(number: Decimal) -> None:
    kept = fitted(number, 12)
    if kept is not None:
        assert parsed(canonical(number, 12)) == kept == rounded(number, 12)


def test_a_number_that_outgrows_its_field_is_none() -> None:
    assert fitted(Decimal("1E30"), 2) is None
    assert fitted(Decimal("9" * 30 + ".995"), 2) is None
    assert fitted(Decimal("-1E999999"), 2) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [("100", "100"), ("1E+2", "100"), ("1.500", "1.5"), ("-0.00", "0"), ("0E-9", "0")],
)
def test_trims_zeros_without_an_exponent(number: str, text: str) -> None:
    assert str(trimmed(Decimal(number))) == text


def test_knows_the_digits_of_currencies() -> None:
    assert [currencies.digits(code) for code in ("JPY", "CNY", "KWD", "CLF")] == [0, 2, 3, 4]
    assert [currencies.digits(code) for code in ("XAU", "XTS", "cny")] == [None, None, None]
    assert len(currencies.CODES) > 150
