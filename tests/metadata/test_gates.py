from __future__ import annotations

import pytest

from tests.metadata.builders import (
    INTEGER,
    TEXT,
    Document,
    a_pipeline,
    a_reference,
    a_stage,
    an_object,
    problems_of,
    some_choices,
    told,
)

DEAL = an_object("deal", {"name": TEXT, "budget": INTEGER})
LINK = an_object(
    "link",
    {"deal": a_reference("deal", "contacts", "cascade"), "roles": some_choices("approver")},
)
AT = "/stages/0/exit/0/schema"


def a_schema(schema: Document) -> list[tuple[str, str]]:
    criterion = {"key": "known", "schema": schema}
    stages = [a_stage("first", exit=[criterion]), a_stage("won", "won")]
    return told(DEAL, LINK, a_pipeline(stages=stages))


def test_a_gate_reads_fields_and_related_records() -> None:
    approver = {"properties": {"roles": {"contains": {"const": "approver"}}}}
    assert (
        a_schema({"properties": {"related": {"properties": {"contacts": {"contains": approver}}}}})
        == []
    )
    assert a_schema({"properties": {"record": {"required": ["budget", "owner", "stage"]}}}) == []
    assert a_schema({"properties": {"today": {"type": "string"}, "scores": {}}}) == []


def test_a_gate_asks_only_for_options_that_a_field_has() -> None:
    coach = {"properties": {"roles": {"contains": {"const": "coach"}}}}
    [(place, rule)] = a_schema(
        {"properties": {"related": {"properties": {"contacts": {"contains": coach}}}}}
    )
    assert (place.rpartition("/contacts")[2], rule) == (
        "/contains/properties/roles/contains/const",
        "UNKNOWN_OPTION",
    )


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"properties": {"records": {}}}, "/properties/records"),
        (
            {"properties": {"record": {"properties": {"budgt": {}}}}},
            "/properties/record/properties/budgt",
        ),
        (
            {"properties": {"record": {"anyOf": [{"required": ["budgt"]}]}}},
            "/properties/record/anyOf/0/required",
        ),
        (
            {"properties": {"related": {"properties": {"contact": {}}}}},
            "/properties/related/properties/contact",
        ),
        (
            {
                "properties": {
                    "related": {
                        "properties": {"contacts": {"contains": {"properties": {"role": {}}}}}
                    }
                }
            },
            "/properties/related/properties/contacts/contains/properties/role",
        ),
    ],
)
def test_what_a_gate_reads_must_be_there(schema: Document, place: str) -> None:
    assert a_schema(schema) == [(AT + place, "UNKNOWN_FIELD")]


def test_what_would_hide_what_a_gate_reads_is_refused() -> None:
    assert a_schema({"properties": {"record": {"additionalProperties": False}}}) == [
        (f"{AT}/properties/record/additionalProperties", "NOT_ALLOWED")
    ]


def a_check(text: str) -> list[tuple[str, str]]:
    criterion = {"key": "known", "check": text}
    return told(
        DEAL, LINK, a_pipeline(stages=[a_stage("first", exit=[criterion]), a_stage("won", "won")])
    )


@pytest.mark.parametrize(
    "text",
    [
        "budget > 100 && stage == 'first'",
        "old.budget == null",
        "count(contacts) >= 1",
        "measures.coverage_rate > 0.5",
    ],
)
def test_a_check_may_ask_for_what_the_gate_will_have(text: str) -> None:
    assert a_check(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("budgt > 100", "EXPRESSION_UNKNOWN_NAME"),
        ("budget == 'x'", "EXPRESSION_WRONG_TYPE"),
        ("budget", "EXPRESSION_WRONG_TYPE"),
        ("biggest(budget) > 1", "EXPRESSION_UNKNOWN_FUNCTION"),
    ],
)
def test_a_check_that_makes_no_sense_of_the_record_is_refused(text: str, code: str) -> None:
    assert a_check(text) == [("/stages/0/exit/0/check", code)]


def test_a_fault_of_a_check_is_told_with_its_character() -> None:
    criterion = {"key": "known", "check": "budget > 1 && budgt > 1"}
    stages = [a_stage("first", exit=[criterion]), a_stage("won", "won")]
    [found] = problems_of(DEAL, LINK, a_pipeline(stages=stages))
    assert found.message == "There is no budgt here (at character 15)."
