from __future__ import annotations

import timeit
from decimal import Decimal

import pytest

from metadata.model import FieldType
from metadata.validation import Misfit, Validator
from tests.metadata.builders import (
    BIGINT,
    BOOLEAN,
    DATE,
    DATETIME,
    FLOAT,
    INTEGER,
    LONGTEXT,
    MONEY,
    TEXT,
    TEXTS,
    Document,
    a_formula,
    a_picklist,
    a_reference,
    an_object,
    object_of,
    some_choices,
)
from tests.metadata.test_objects import EVERY_TYPE

GOOD: dict[FieldType, object] = {
    FieldType.TEXT: "华为",
    FieldType.LONGTEXT: "long",
    FieldType.RICHTEXT: "<b>rich</b>",
    FieldType.AUTONUMBER: "N-0001",
    FieldType.INTEGER: 2**31 - 1,
    FieldType.BIGINT: 2**63 - 1,
    FieldType.FLOAT: 0.1,
    FieldType.DECIMAL: Decimal("0.30"),
    FieldType.PERCENT: Decimal("0.125"),
    FieldType.MONEY: Decimal("123456789012345678901234567890.123456789012"),
    FieldType.BOOLEAN: False,
    FieldType.DATE: "2026-02-28",
    FieldType.DATETIME: "2026-02-28T10:00:00.000000Z",
    FieldType.PICKLIST: "web",
    FieldType.PICKLISTS: ["web"],
    FieldType.TEXTS: ["a", "b"],
    FieldType.REFERENCE: "0190d6f0-0000-7000-8000-000000000000",
    FieldType.JSON: {"a": [1, None]},
}
BAD: dict[FieldType, list[object]] = {
    FieldType.TEXT: [1, "x" * 1001, ["a"]],
    FieldType.LONGTEXT: [1, "x" * 131_073],
    FieldType.INTEGER: [2**31, -(2**31) - 1, 1.5, "1", True],
    FieldType.BIGINT: [2**63, Decimal("0.5")],
    FieldType.FLOAT: ["1", True],
    FieldType.DECIMAL: ["1.0", Decimal("NaN")],
    FieldType.BOOLEAN: [0, "true"],
    FieldType.DATE: ["2026-02-29", "2026-2-1", 20260201, "2026-02-28T00:00:00Z"],
    FieldType.DATETIME: ["2026-02-28", "2026-02-28T10:00:00", "2026-02-28T25:00:00Z"],
    FieldType.PICKLIST: ["fair", 1, "WEB"],
    FieldType.PICKLISTS: [["fair"], ["web", "web"], "web"],
    FieldType.TEXTS: [[1], "a", ["x"] * 101],
    FieldType.REFERENCE: ["1", 1],
    FieldType.JSON: ["a", [1]],
}


def validator(fields: dict[str, Document], **keywords: object) -> Validator:
    return Validator(object_of(an_object(fields=fields, **keywords)))


@pytest.mark.parametrize("of", FieldType)
def test_each_type_takes_its_values(of: FieldType) -> None:
    found = validator({"it": EVERY_TYPE[of]})
    assert found.misfits({"it": GOOD[of]}) == []
    for value in BAD.get(of, []):
        assert found.misfits({"it": value}), value


def test_decimals_are_compared_exactly() -> None:
    found = validator({"it": {**MONEY, "maximum": 0.3, "multipleOf": 0.01}})
    assert found.fits({"it": Decimal("0.3")})
    assert found.fits({"it": Decimal("0.30")})
    assert not found.fits({"it": Decimal("0.3000000000000000000001")})
    assert not found.fits({"it": Decimal("0.299")})


def test_what_is_computed_is_not_looked_at() -> None:
    assert validator({"it": a_formula("1")}).fits({"it": "anything"})


@pytest.mark.parametrize(
    ("values", "misfit"),
    [
        ({}, Misfit(("name",), "REQUIRED", "'Name' is required.")),
        ({"name": ""}, Misfit(("name",), "TOO_SHORT", "'Name' must not be empty.")),
        (
            {"name": "a", "sorce": "web"},
            Misfit(
                ("sorce",),
                "UNKNOWN_FIELD",
                "'deal' has no field 'sorce'. Did you mean 'source'?",
            ),
        ),
        (
            {"name": "a", "source": "wbe"},
            Misfit(
                ("source",),
                "UNKNOWN_OPTION",
                "'Source' has no option 'wbe'. Did you mean 'web'?",
            ),
        ),
        (
            {"name": "a", "close_date": "31.3.2026"},
            Misfit(
                ("close_date",),
                "INVALID",
                "'Close date' must be a date such as 2026-03-31, not '31.3.2026'.",
            ),
        ),
        (
            {"name": "a", "amount": Decimal("-1.50")},
            Misfit(("amount",), "OUT_OF_RANGE", "'Amount' must be at least 0, not -1.50."),
        ),
        (
            {"name": "a", "amount": "1"},
            Misfit(("amount",), "WRONG_TYPE", "'Amount' must be a number, not '1'."),
        ),
        (
            {"name": "a", "amount": Decimal("-12345678901234567890.12")},
            Misfit(
                ("amount",),
                "OUT_OF_RANGE",
                "'Amount' must be at least 0, not -12345678901234567890.12.",
            ),
        ),
        (
            {"name": "a", "place": {"lat": None}},
            Misfit(("place", "lat"), "WRONG_TYPE", "'Place' at lat must be a number, not null."),
        ),
        (
            {"name": "a", "place": {"lat": "x"}},
            Misfit(("place", "lat"), "WRONG_TYPE", "'Place' at lat must be a number, not 'x'."),
        ),
        (
            {"name": "a", "place": {"lon": 1}},
            Misfit(("place", "lon"), "UNKNOWN_FIELD", "'Place' has no part 'lon'."),
        ),
    ],
)
def test_misfits_are_told_in_words(values: dict[str, object], misfit: Misfit) -> None:
    found = validator(
        {
            "name": {**TEXT, "minLength": 1},
            "source": a_picklist("web", "fair"),
            "close_date": DATE,
            "amount": {**MONEY, "minimum": 0},
            "place": {
                "type": "object",
                "properties": {"lat": {"type": "number"}},
                "additionalProperties": False,
            },
        },
        required=["name"],
    )
    assert found.misfits(values) == [misfit]


def test_conditions_speak_with_their_own_words() -> None:
    found = validator(
        {"name": TEXT, "reason": TEXT, "kind": a_picklist("lost")},
        if_={"properties": {"kind": {"const": "lost"}}, "required": ["kind"]},
        then={"required": ["reason"]},
        not_={"required": ["name", "reason"]},
        anyOf=[{"required": ["name"]}, {"required": ["kind"]}],
    )
    assert [m.message for m in found.misfits({"kind": "lost"})] == ["'Reason' is required."]
    [misfit] = found.misfits({"name": "a", "reason": "b"})
    assert misfit.message == "The record does not satisfy the condition not of 'deal'."
    described = validator(
        {"name": TEXT, "reason": TEXT},
        not_={"required": ["name", "reason"], "description": "Either a name or a reason."},
    )
    [misfit] = described.misfits({"name": "a", "reason": "b"})
    assert misfit.message == "Either a name or a reason."
    number = {**INTEGER, "title": "Number"}
    never = {"description": "Never seven.", "properties": {"it": {"not": {"const": 7}}}}
    inside = validator({"it": number}, allOf=[never])
    [misfit] = inside.misfits({"it": 7})
    assert (misfit.path, misfit.message) == (("it",), "Never seven.")


def test_a_record_of_forty_fields_takes_microseconds() -> None:
    shapes = [
        TEXT,
        MONEY,
        DATE,
        INTEGER,
        BOOLEAN,
        a_picklist("a"),
        DATETIME,
        FLOAT,
        BIGINT,
        LONGTEXT,
    ]
    values = ["a", Decimal("1.50"), "2026-01-01", 1, True, "a", "2026-01-01T00:00:00Z", 0.5, 1, "b"]
    keys = [f"f{'abcd'[i // 10]}{'x' * (i % 10)}" for i in range(40)]
    found = validator({key: shapes[i % 10] for i, key in enumerate(keys)})
    record = {key: values[i % 10] for i, key in enumerate(keys)}
    assert found.misfits(record) == []
    fastest = min(timeit.repeat(lambda: found.misfits(record), number=200, repeat=5)) / 200
    assert fastest < 100e-6


def test_references_and_lists_are_told_with_their_place() -> None:
    found = validator({"boss": a_reference("user"), "tags": TEXTS, "picks": some_choices("a")})
    misfits = found.misfits({"boss": "x", "tags": ["a", 1], "picks": ["b"]})
    assert [(m.path, m.message) for m in misfits] == [
        (("boss",), "'Boss' must be the id of a record, not 'x'."),
        (("tags", 1), "'Tags' at [1] must be a text, not 1."),
        (("picks", 0), "'Picks' at [0] has no option 'b'. It has 'a'."),
    ]
