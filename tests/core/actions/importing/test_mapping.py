"""Mapping files."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from core.actions.importing.mapping import Existing, ImportMapping, Source, Step, load
from metadata.problems import Problem

HEAD = {"$schema": "https://dealgraph.dev/schemas/import-1.json"}


def loaded(**document: object) -> ImportMapping | tuple[Problem, ...]:
    return load(json.dumps(HEAD | document), "import.json")


def a_step(**more: object) -> Step:
    found = loaded(steps=[{"object": "account", "fields": {"name": "account"}} | more])
    assert isinstance(found, ImportMapping), found
    return found.steps[0]


def test_the_short_form_names_a_column() -> None:
    assert a_step().fields == {"name": Source(("account",))}


def test_everything_that_a_step_may_say_is_kept() -> None:
    step = a_step(
        files="acc*.csv",
        blank=["", "-"],
        blanks="clear",
        trim=False,
        decimal=",",
        group=".",
        dates="DD.MM.YYYY",
        key="external_id",
        existing="keep",
        when={"kind": ["a", "b"]},
        unless_blank="manager",
        fields={
            "revenue": {"column": "rev", "multiply": 1000000, "units": ["k€"]},
            "parent": {"column": "parent", "reference": "external_id", "missing": "blank"},
            "currency": {"constant": "USD"},
            "contact": {"columns": ["first", "last"], "join": "", "default": "?"},
            "tags": {"column": "tags", "separator": ",", "values": {"x": "y"}},
        },
        entered={"won": {"column": "closed", "dates": ["M/D/YY", "serial"]}},
    )
    assert step == Step(
        "account",
        {
            "revenue": Source(("rev",), multiply=Decimal(1_000_000), units={"k€": Decimal(1)}),
            "parent": Source(("parent",), reference="external_id", blank_if_missing=True),
            "currency": Source(constant="USD"),
            "contact": Source(("first", "last"), join="", default="?"),
            "tags": Source(("tags",), separator=",", values={"x": "y"}),
        },
        {"won": Source(("closed",), dates=("M/D/YY", "serial"))},
        files="acc*.csv",
        blank=frozenset({"", "-"}),
        clears=True,
        trims=False,
        decimal=",",
        group=".",
        dates=("DD.MM.YYYY",),
        key="external_id",
        existing=Existing.KEEP,
        when={"kind": frozenset({"a", "b"})},
        unless_blank="manager",
    )
    assert step.columns == ("rev", "parent", "first", "last", "tags", "closed", "kind", "manager")


def test_files_are_told_by_name_whatever_the_case() -> None:
    step = a_step(files="Sales_*.csv*")
    assert [step.takes(name) for name in ("sales_2026.CSV.gz", "accounts.csv")] == [True, False]


def test_files_of_rejected_rows_belong_to_the_step_of_their_files() -> None:
    steps = [a_step(files="deals.csv"), a_step(files="deals.csv.gz"), a_step(files="other.csv")]
    assert [step.takes("deals.rejected.csv") for step in steps] == [True, True, False]
    assert [step.takes("deals.rejected.rejected.csv") for step in steps] == [True, True, False]


def test_blank_texts_of_the_mapping_hold_for_steps_that_say_none() -> None:
    steps = [
        {"object": "account", "fields": {"name": "account"}},
        {"object": "account", "fields": {"name": "account"}, "blank": ["?"]},
    ]
    found = loaded(blank=["n/a"], steps=steps)
    assert isinstance(found, ImportMapping)
    assert [step.blank for step in found.steps] == [{"", "n/a"}, {"", "?"}]


def test_everything_wrong_is_told_at_once_with_its_place() -> None:
    found = loaded(
        steps=[
            {"object": "account", "fields": {}, "kee": "x"},
            {"object": "Account", "fields": {"name": {"constant": 1, "column": "a"}}},
        ]
    )
    assert isinstance(found, tuple)
    assert {problem.pointer for problem in found} >= {
        "/steps/0/fields",
        "/steps/0/kee",
        "/steps/1/object",
        "/steps/1/fields/name",
    }


def test_an_unknown_time_zone_is_told() -> None:
    found = loaded(time_zone="Mars/Olympus", steps=[{"object": "account", "fields": {"a": "b"}}])
    assert isinstance(found, tuple)
    assert [problem.rule for problem in found] == ["BAD_TIME_ZONE"]


@pytest.mark.parametrize(("text", "rule"), [("steps:", "BAD_JSON"), ("[]", "NOT_AN_OBJECT")])
def test_a_text_that_is_no_mapping_is_told(text: str, rule: str) -> None:
    found = load(text, "import.json")
    assert isinstance(found, tuple)
    assert found[0].rule == rule
    assert "https://dealgraph.dev/schemas/import-1.json" in found[0].mend


def test_what_becomes_of_existing_records_is_asked_with_a_key_only() -> None:
    found = loaded(steps=[{"object": "a", "fields": {"a": "b"}, "existing": "keep"}])
    assert isinstance(found, tuple)
    assert [(one.pointer, one.rule, one.mend) for one in found] == [
        ("/steps/0", "MISSING", "Add 'key'.")
    ]
