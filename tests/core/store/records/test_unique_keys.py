"""A claim is one text for one set of values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from core.store.plans.field_plans import UniquePlan, field_plan
from core.store.records import unique_keys
from metadata.model import Field, FieldType, Unique
from metadata.storage import Place


def a_constraint(*types: FieldType, ignore_case: bool = False) -> UniquePlan:
    """A constraint over fields f0, f1 … of these types."""
    fields = tuple(
        field_plan(Field(f"f{n}", kind, "F", {}, scale=2), Place(f"f{n}"))
        for n, kind in enumerate(types)
    )
    return UniquePlan(Unique("u", tuple(one.key for one in fields), ignore_case), fields)


def claimed(plan: UniquePlan, *values: Any) -> str | None:
    held = {f"f{n}": value for n, value in enumerate(values) if value is not None}
    return unique_keys.claimed(plan, held)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (FieldType.TEXT, "Ab", "Ab"),
        (FieldType.DECIMAL, Decimal("1.50"), "1.50"),
        (FieldType.INTEGER, 7, "7"),
        (FieldType.BOOLEAN, True, "true"),
    ],
)
def test_one_value_claims_its_stored_text(kind: FieldType, value: Any, text: str) -> None:
    assert claimed(a_constraint(kind), value) == text


def test_nulls_alone_claim_nothing_and_beside_a_value_they_count() -> None:
    pair = a_constraint(FieldType.TEXT, FieldType.TEXT)

    assert claimed(a_constraint(FieldType.TEXT), None) is None
    assert claimed(pair, None, None) is None
    assert claimed(pair, "a", None) == '["a",null]'
    assert claimed(pair, "a", None) != claimed(pair, None, "a")


def test_values_do_not_run_into_each_other() -> None:
    pair = a_constraint(FieldType.TEXT, FieldType.TEXT)

    assert claimed(pair, 'a","b', "c") != claimed(pair, "a", 'b","c')


def test_case_counts_unless_told_otherwise() -> None:
    assert claimed(a_constraint(FieldType.TEXT), "Ä") == "Ä"
    assert claimed(a_constraint(FieldType.TEXT, ignore_case=True), "Ä") == "ä"


def test_case_is_ignored_character_by_character() -> None:
    plan = a_constraint(FieldType.TEXT, ignore_case=True)

    assert claimed(plan, "Straße") != claimed(plan, "STRASSE")
    assert claimed(plan, "ΟΔΟΣ") == claimed(plan, "οδοσ") != claimed(plan, "οδος")


def test_long_claims_are_hashed() -> None:
    long = claimed(a_constraint(FieldType.TEXT), "x" * 201)

    assert long is not None
    assert len(long) == 65
    assert long != claimed(a_constraint(FieldType.TEXT), "x" * 202)


def test_claims_are_written_in_one_order() -> None:
    plan = a_constraint(FieldType.TEXT)
    found = [
        claim
        for value in ("b", "a", "c")
        for claim in unique_keys.claims([plan], {"f0": value}, uuid4())
    ]

    write = unique_keys.write("thing", found)
    assert [row[1] for row in write.rows] == ["a", "b", "c"]
