"""Values pass from outside to memory, to the table and back without a change."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.plans.values import Wrong, form_of
from metadata.model import Field, FieldType, Option

ID = UUID("01a20b66-f1a2-771e-b21b-2e9891c9f33d")
CHINA = timezone(timedelta(hours=8))


def a_field(kind: FieldType, **more: Any) -> Field:
    return Field(key="f", type=kind, title="F", schema={}, **more)


def taken(kind: FieldType, value: object, digits: int = 2, **more: Any) -> object:
    return form_of(a_field(kind, **more)).take(value, digits)


@pytest.mark.parametrize(
    ("kind", "given", "held"),
    [
        (FieldType.TEXT, "华为", "华为"),
        (FieldType.INTEGER, 5, 5),
        (FieldType.INTEGER, Decimal("5.0"), 5),
        (FieldType.INTEGER, "5", 5),
        (FieldType.BIGINT, "9223372036854775807", 2**63 - 1),
        (FieldType.FLOAT, Decimal("0.1"), 0.1),
        (FieldType.FLOAT, 3, 3.0),
        (FieldType.MONEY, "1.5", Decimal("1.50")),
        (FieldType.MONEY, 1.1, Decimal("1.10")),
        (FieldType.BOOLEAN, False, False),
        (FieldType.DATE, "2026-02-28", date(2026, 2, 28)),
        (FieldType.DATE, date(2026, 2, 28), date(2026, 2, 28)),
        (
            FieldType.DATETIME,
            datetime(2026, 1, 1, 8, tzinfo=CHINA),
            datetime(2026, 1, 1, tzinfo=UTC),
        ),
        (FieldType.DATETIME, "2026-01-01T08:00:00+08:00", datetime(2026, 1, 1, tzinfo=UTC)),
        (FieldType.REFERENCE, str(ID), ID),
        (FieldType.TEXTS, ("a", "b"), ["a", "b"]),
        (FieldType.JSON, {"a": [1, Decimal("1.5"), None]}, {"a": [1, 1.5, None]}),
    ],
)
def test_takes_what_stands_for_a_value(kind: FieldType, given: object, held: object) -> None:
    found = taken(kind, given)

    assert found == held
    assert type(found) is type(held)


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        (FieldType.TEXT, 5, "WRONG_TYPE"),
        (FieldType.TEXT, "a\x00b", "BAD_TEXT"),
        (FieldType.TEXT, "\ud800", "BAD_TEXT"),
        (FieldType.TEXTS, ["a\x00"], "BAD_TEXT"),
        (FieldType.TEXTS, "ab", "WRONG_TYPE"),
        (FieldType.INTEGER, 2**31, "BAD_NUMBER"),
        (FieldType.INTEGER, "1.5", "BAD_NUMBER"),
        (FieldType.INTEGER, True, "BAD_NUMBER"),
        (FieldType.BIGINT, 2**63, "BAD_NUMBER"),
        (FieldType.FLOAT, float("nan"), "BAD_NUMBER"),
        (FieldType.FLOAT, Decimal("1e400"), "BAD_NUMBER"),
        (FieldType.FLOAT, True, "BAD_NUMBER"),
        (FieldType.MONEY, "1.505", "TOO_MANY_DECIMALS"),
        (FieldType.MONEY, Decimal("NaN"), "BAD_NUMBER"),
        (FieldType.MONEY, "1e5", "BAD_NUMBER"),
        (FieldType.MONEY, "9" * 31, "BAD_NUMBER"),
        (FieldType.BOOLEAN, 1, "WRONG_TYPE"),
        (FieldType.DATE, "2026-02-30", "BAD_DATE"),
        (FieldType.DATE, datetime(2026, 1, 1, tzinfo=UTC), "BAD_DATE"),
        (FieldType.DATETIME, "2026-01-01T08:00:00", "BAD_DATE_TIME"),
        (FieldType.DATETIME, datetime(2026, 1, 1), "BAD_DATE_TIME"),  # noqa: DTZ001
        (FieldType.DATETIME, datetime(1, 1, 1, tzinfo=CHINA), "BAD_DATE_TIME"),
        (FieldType.REFERENCE, str(ID).upper(), "NOT_FOUND"),
        (FieldType.REFERENCE, "x", "NOT_FOUND"),
        (FieldType.JSON, {"a": {"\x00": 1}}, "BAD_TEXT"),
        (FieldType.JSON, [float("inf")], "WRONG_TYPE"),
        (FieldType.JSON, {1}, "WRONG_TYPE"),
        (FieldType.JSON, {"a": 2**63 + 1}, "WRONG_TYPE"),
        (FieldType.JSON, [Decimal("0.12345678901234567890123")], "WRONG_TYPE"),
    ],
)
def test_tells_why_a_value_is_not_taken(kind: FieldType, given: object, code: str) -> None:
    found = taken(kind, given)

    assert isinstance(found, Wrong)
    assert found.code == code


def test_json_is_at_most_64_levels_deep() -> None:
    deep: list[Any] = []
    for _ in range(63):
        deep = [deep]

    assert taken(FieldType.JSON, deep) == deep
    found = taken(FieldType.JSON, [[deep]])
    assert isinstance(found, Wrong)
    assert found.code == "TOO_DEEP"


def test_options_are_those_of_the_list_each_once() -> None:
    options = {"options": (Option("a", "A"), Option("b", "B"))}

    assert taken(FieldType.PICKLIST, "a", **options) == "a"
    assert taken(FieldType.PICKLISTS, ["b", "a", "b"], **options) == ["b", "a"]
    for kind, value in ((FieldType.PICKLIST, "c"), (FieldType.PICKLISTS, ["a", 5])):
        found = taken(kind, value, **options)
        assert isinstance(found, Wrong)
        assert found.code == "UNKNOWN_OPTION"


@pytest.mark.parametrize(("digits", "text"), [(0, "5"), (2, "5.00"), (3, "5.000")])
def test_amounts_have_the_decimals_of_their_currency(digits: int, text: str) -> None:
    form = form_of(a_field(FieldType.MONEY))

    assert form.store(form.take(5, digits)) == text


VALUES = {
    FieldType.TEXT: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    FieldType.INTEGER: st.integers(-(2**31), 2**31 - 1),
    FieldType.BIGINT: st.integers(-(2**63), 2**63 - 1),
    FieldType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.DECIMAL: st.decimals(-(10**9), 10**9, places=4),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(),
    FieldType.DATETIME: st.datetimes(timezones=st.just(UTC)),
    FieldType.REFERENCE: st.uuids(),
}


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_what_is_stored_loads_as_it_was(kind: FieldType, data: st.DataObject) -> None:
    form = form_of(a_field(kind, scale=4))
    held = form.take(data.draw(VALUES[kind]), 2)
    stored = json.loads(json.dumps(form.store(held)))

    loaded = form.load(stored)
    assert loaded == held
    assert form.store(loaded) == form.store(held)
