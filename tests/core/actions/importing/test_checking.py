"""Mappings against what a tenant declares."""

from __future__ import annotations

import pytest

from core.actions.importing.checking import problems
from metadata.problems import Problem
from tests.core.actions.importing.a_mapping import a_mapping, crm


def problems_of(**step: object) -> list[Problem]:
    whole = {"object": "opportunity", "fields": {"name": "name"}} | step
    return problems(a_mapping(whole), crm())


def test_a_mapping_that_fits_has_no_problem() -> None:
    assert not problems_of(
        key="external_id",
        fields={
            "name": "name",
            "external_id": "id",
            "account": {"column": "account", "reference": "external_id"},
            "owner": {"column": "agent", "reference": "email"},
            "lead": "lead id",
            "amount": {"column": "value", "multiply": "1000"},
            "close_date": {"column": "closed", "dates": "D.M.YYYY"},
            "currency": {"constant": "USD"},
            "created_at": "created",
            "stage": "stage",
        },
        entered={"won": "closed", "qualified": "engaged"},
    )


@pytest.mark.parametrize(
    ("step", "place", "rule"),
    [
        ({"object": "oportunity"}, "/object", "UNKNOWN_OBJECT"),
        ({"fields": {"name": "n", "ammount": "a"}}, "/fields/ammount", "UNKNOWN_FIELD"),
        ({"fields": {"name": "n", "weighted_amount": "a"}}, "/fields/weighted_amount", "READ_ONLY"),
        ({"fields": {"name": "n", "line_total": "a"}}, "/fields/line_total", "READ_ONLY"),
        (
            {"fields": {"name": {"column": "n", "reference": "external_id"}}},
            "/fields/name",
            "NOT_APT",
        ),
        (
            {"fields": {"name": "n", "account": {"column": "a", "reference": "name"}}},
            "/fields/account",
            "NOT_UNIQUE",
        ),
        ({"fields": {"name": {"column": "n", "multiply": 2}}}, "/fields/name", "NOT_APT"),
        ({"fields": {"name": {"column": "n", "units": ["¥"]}}}, "/fields/name", "NOT_APT"),
        ({"fields": {"name": {"column": "n", "reason": "r"}}}, "/fields/name", "NOT_APT"),
        ({"fields": {"name": {"column": "n", "dates": "D.M.YYYY"}}}, "/fields/name", "NOT_APT"),
        ({"fields": {"name": {"column": "n", "cut_time": True}}}, "/fields/name", "NOT_APT"),
        ({"fields": {"name": {"column": "n", "round": 2}}}, "/fields/name", "NOT_APT"),
        (
            {"fields": {"name": "n", "close_date": {"column": "c", "dates": "M.YYYY"}}},
            "/fields/close_date",
            "BAD_FORM",
        ),
        (
            {"fields": {"name": "n", "account": {"column": "c", "parts": {"name": "id"}}}},
            "/fields/account",
            "NOT_APT",
        ),
        (
            {"fields": {"name": "n", "stage": {"column": "s", "values": {"Offer": "sollution"}}}},
            "/fields/stage/values/Offer",
            "UNKNOWN_STAGE",
        ),
        (
            {"fields": {"name": "n", "source": {"constant": "telepathy"}}},
            "/fields/source/constant",
            "UNKNOWN_OPTION",
        ),
        ({"fields": {"amount": "a"}}, "/fields", "MISSING"),
        ({"key": "name"}, "/key", "NOT_UNIQUE"),
        ({"key": "external_id"}, "/key", "MISSING"),
        ({"group": "."}, "/group", "AMBIGUOUS"),
        ({"dates": ["serial", "hh:mm"]}, "/dates", "BAD_FORM"),
        ({"entered": {"closed": "c"}}, "/entered/closed", "UNKNOWN_STAGE"),
        ({"entered": {"won": {"column": "c", "dates": "DD"}}}, "/entered/won", "BAD_FORM"),
        (
            {"fields": {"name": "n", "stage_history": "h"}, "entered": {"won": "c"}},
            "/entered",
            "AMBIGUOUS",
        ),
        ({"object": "account", "entered": {"won": "c"}}, "/entered", "NOT_STAGED"),
        (
            {"object": "contact", "fields": {"name": "n", "currency": "c"}},
            "/fields/currency",
            "UNKNOWN_FIELD",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(
    step: dict[str, object], place: str, rule: str
) -> None:
    [problem] = problems_of(**step)
    assert (problem.pointer, problem.rule) == (f"/steps/0{place}", rule)


def test_a_key_of_several_fields_asks_for_all_of_them() -> None:
    step = {"object": "opportunity_contact", "key": "opportunity_contact"}
    [problem] = problems_of(**step, fields={"opportunity": "o", "roles": "r"})
    assert problem.message == (
        "Records are found by 'opportunity_contact', so 'contact' must be filled."
    )


def test_a_key_of_several_fields_may_lack_one_that_is_null() -> None:
    step = {"object": "contact_relation", "key": "relation"}
    given = {"source": "s", "target": "t", "kind": "k"}
    assert problems_of(**step, fields=given) == []


def test_a_hint_names_what_was_meant() -> None:
    [problem] = problems_of(fields={"name": "n", "ammount": "a"})
    assert problem.message == "There is no field 'ammount'. Did you mean 'amount'?"
