"""What expressions may name, and what the names can be."""

from __future__ import annotations

import pytest

from tests.metadata.builders import (
    BOOLEAN,
    TEXT,
    Document,
    a_formula,
    a_picklist,
    a_pipeline,
    a_reference,
    a_stage,
    an_object,
    metadata_of,
    problems_of,
    some_choices,
)

STAGES = a_pipeline(stages=[a_stage("first"), a_stage("won", "won")])


def asking(check: str) -> list[Document]:
    """A staged object with options, whose formula asks this."""
    fields = {
        "source": a_picklist("trade_show", "referral"),
        "second": a_picklist("tender"),
        "roles": some_choices("approver", "coach"),
        "name": TEXT,
        "before": a_reference("deal"),
        "asked": a_formula(check, BOOLEAN),
    }
    return [an_object(fields=fields), STAGES]


@pytest.mark.parametrize(
    "check",
    [
        "source == 'trade_show' || 'referral' != source",
        "source in ['trade_show', 'referral']",
        "'tender' in [source, second]",
        "'anything' in [source, name]",
        "'coach' in roles && hasAny(roles, 'approver') && roles.has('coach')",
        "stage == 'won' && stage_kind == 'invalid' && before.stage != 'first'",
        "name == 'x' && lower(source) == 'x' && source == name && source == second",
        "source == null",
    ],
)
def test_expressions_compare_with_options(check: str) -> None:
    metadata_of(*asking(check))


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("source == 'tradeshow'", "'tradeshow' is no option of source. Did you mean trade_show?"),
        ("'Referral' != source", "'Referral' is no option of source. Did you mean referral?"),
        ("before.source == 'x'", "'x' is no option of before.source. There are 'trade_show' and"),
        ("'x' in [source, second]", "'x' is no option of source or second."),
        ("roles.hasAll('coach', 'aprover')", "'aprover' is no option of roles. Did you mean"),
        ("'aprover' in roles", "'aprover' is no option of roles. Did you mean approver?"),
        ("stage == 'wonn'", "'wonn' is no option of stage. Did you mean won?"),
        ("before.stage == 'frist'", "'frist' is no option of before.stage. Did you mean first?"),
        ("stage_kind == 'closed'", "'closed' is no option of stage_kind. There are 'open', 'won',"),
    ],
)
def test_a_text_that_is_no_option_is_told_with_the_nearest(check: str, message: str) -> None:
    (problem,) = problems_of(*asking(check))

    assert (problem.pointer, problem.rule) == (
        "/properties/asked/x-formula",
        "EXPRESSION_UNKNOWN_OPTION",
    )
    assert problem.told.replace(" (at character", " (").startswith(message.split(".")[0])
    assert message.partition(". ")[2] in problem.told


def test_every_text_that_is_no_option_is_told() -> None:
    found = problems_of(*asking("source in ['a', 'referral', 'b'] && roles.hasAny('c')"))

    assert [problem.message.split()[0] for problem in found] == ["'a'", "'b'", "'c'"]


def test_stages_of_a_broken_pipeline_are_not_held_against_expressions() -> None:
    told = problems_of(asking("stage == 'x'")[0], {**STAGES, "stages": "none"})

    assert {problem.document for problem in told} == {"base/pipelines/sales.json"}
