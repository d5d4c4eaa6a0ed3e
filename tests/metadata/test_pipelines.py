from __future__ import annotations

import pytest

from metadata.model import StageKind
from tests.metadata.builders import (
    DATE,
    MONEY,
    PERCENT,
    TEXT,
    Document,
    a_formula,
    a_pipeline,
    a_stage,
    a_tenant,
    an_object,
    metadata_of,
    problems_of,
    told,
)

DEAL = an_object(fields={"name": TEXT, "amount": MONEY, "close_date": DATE, "odds": PERCENT})
OUTLOOK = ("probability", "forecast_category")
BOUND = {"amount": "amount", "date": "close_date", "probability": "odds"}


def test_stages_with_their_defaults() -> None:
    pipeline = metadata_of(
        DEAL,
        a_pipeline(
            stages=[
                a_stage("first", probability=0.1),
                a_stage("last_open"),
                a_stage("won", "won"),
                a_stage("lost", "lost", reactivate_targets=["first"]),
            ],
            **BOUND,
        ),
    ).pipelines["sales"]
    assert [(s.key, s.title, s.probability, s.forecast_category) for s in pipeline.stages] == [
        ("first", "First", "0.1", "pipeline"),
        ("last_open", "Last open", "0", "pipeline"),
        ("won", "Won", "1", "closed"),
        ("lost", "Lost", "0", "omitted"),
    ]
    assert pipeline.first.key == "first"
    assert (pipeline.amount, pipeline.date, pipeline.probability) == (
        "amount",
        "close_date",
        "odds",
    )


def test_the_object_of_a_pipeline_is_staged() -> None:
    metadata = metadata_of(DEAL, a_pipeline())
    pipeline = metadata.pipeline_of("deal")
    assert pipeline is metadata.pipelines["sales"]
    assert pipeline is not None
    assert pipeline.stages[1].kind is StageKind.WON
    assert metadata.pipeline_of("user") is None


@pytest.mark.parametrize(
    ("keywords", "place", "rule"),
    [
        ({"bound": "dael"}, "/object", "UNKNOWN_OBJECT"),
        ({"amount": "amuont"}, "/amount", "UNKNOWN_FIELD"),
        ({"amount": "name"}, "/amount", "WRONG_TYPE"),
        ({"date": "amount"}, "/date", "WRONG_TYPE"),
        ({"probability": "amount"}, "/probability", "WRONG_TYPE"),
        ({"stages": [a_stage("won", "won")]}, "/stages", "NO_OPEN_STAGE"),
        (
            {"stages": [a_stage("a"), a_stage("won", "won"), a_stage("b")]},
            "/stages/2",
            "STAGE_ORDER",
        ),
        ({"stages": [a_stage("a"), a_stage("a")]}, "/stages/1/key", "DUPLICATE"),
        ({"stages": [{"key": "a"}]}, "/stages/0", "MISSING"),
        ({"stages": [a_stage("a", probability=2)]}, "/stages/0/probability", "OUT_OF_RANGE"),
        (
            {"stages": [a_stage("a", warn_days=9, max_days=3)]},
            "/stages/0/warn_days",
            "OUT_OF_RANGE",
        ),
        (
            {"stages": [a_stage("a", allowed_targets=["b"])]},
            "/stages/0/allowed_targets/0",
            "UNKNOWN_STAGE",
        ),
        (
            {"stages": [a_stage("a"), a_stage("won", "won", reactivate_targets=["won"])]},
            "/stages/1/reactivate_targets/0",
            "STAGE_KIND",
        ),
        (
            {"stages": [a_stage("a", reactivate_targets=["a"])]},
            "/stages/0/reactivate_targets",
            "MISPLACED",
        ),
        ({"stages": [a_stage("a", kinds="open")]}, "/stages/0/kinds", "UNKNOWN_KEYWORD"),
        (
            {"reasons": [{"key": "price"}, {"key": "price"}]},
            "/reasons/1/key",
            "DUPLICATE",
        ),
    ],
)
def test_refuses_pipelines_that_make_no_sense(
    keywords: dict[str, object], place: str, rule: str
) -> None:
    assert (place, rule) in told(DEAL, a_pipeline(**keywords))  # type: ignore[arg-type]


def test_an_object_has_one_pipeline() -> None:
    assert told(DEAL, a_pipeline("sales"), a_pipeline("service")) == [
        ("/object", "SECOND_PIPELINE")
    ]


def test_a_computed_field_takes_no_probability() -> None:
    deal = an_object(fields={"odds": a_formula("0.5", PERCENT)})
    assert told(deal, a_pipeline(probability="odds")) == [("/probability", "WRONG_TYPE")]


def test_open_stages_are_forecast_by_their_probability() -> None:
    odds = (0, 0.49, 0.5, 0.74, 0.75)
    stages = [a_stage(f"s{'x' * i}", probability=odd) for i, odd in enumerate(odds)]
    found = metadata_of(DEAL, a_pipeline(stages=stages)).pipelines["sales"]
    assert [stage.forecast_category for stage in found.stages] == [
        *("pipeline", "pipeline", "best_case", "best_case", "commit")
    ]


@pytest.mark.parametrize(
    ("kind", "said", "refused"),
    [
        ("won", {"probability": 0.9}, ["probability"]),
        ("won", {"probability": 1, "forecast_category": "closed"}, []),
        ("won", {"forecast_category": "commit"}, ["forecast_category"]),
        ("lost", {"probability": 0.1, "forecast_category": "pipeline"}, [*OUTLOOK]),
        ("lost", {"forecast_category": "closed"}, ["forecast_category"]),
        ("invalid", {"probability": 0, "forecast_category": "omitted"}, []),
        ("invalid", {"probability": 1}, ["probability"]),
        ("open", {"forecast_category": "closed"}, ["forecast_category"]),
        ("open", {"probability": 1, "forecast_category": "most_likely"}, []),
        ("open", {"probability": 0.6, "forecast_category": "omitted"}, []),
        ("lost", {"warn_days": 3, "max_days": 9}, ["warn_days", "max_days"]),
    ],
)
def test_what_is_closed_is_certain_and_forecast_as_such(
    kind: str, said: dict[str, object], refused: list[str]
) -> None:
    pipeline = a_pipeline(stages=[a_stage("a"), a_stage("b"), a_stage("end", kind, **said)])
    found = [place.removeprefix("/stages/2/") for place, _ in told(DEAL, pipeline)]
    assert found == refused


def test_a_pipeline_orders_by_what_is_stored() -> None:
    deal = an_object(fields={"day": a_formula("today()", DATE)})
    assert told(deal, a_pipeline(date="day")) == [("/date", "NOT_STORED")]


def test_a_tenants_pipeline_and_stages_end_in_c() -> None:
    visit = an_object("visit__c", {"name__c": TEXT})
    assert told(a_tenant(visit, a_pipeline("visits", "visit__c"))) == [("/$id", "SUFFIX")]
    assert told(a_tenant(visit, a_pipeline("visits__c", "visit__c"))) == []
    assert told(DEAL, a_pipeline(), a_tenant(a_pipeline(stages=[a_stage("extra")]))) == [
        ("/stages/0/key", "SUFFIX"),
        ("/stages/0", "STAGE_ORDER"),
    ]


def a_gate(*criteria: Document) -> Document:
    return a_pipeline(stages=[a_stage("a", exit=list(criteria)), a_stage("won", "won")])


@pytest.mark.parametrize(
    ("criterion", "place", "rule"),
    [
        ({"key": "k"}, "", "BAD_CRITERION"),
        ({"key": "k", "check": "true", "kind": "x"}, "", "BAD_CRITERION"),
        ({"key": "k", "check": "true", "parameters": {}}, "/parameters", "MISPLACED"),
        ({"key": "k", "check": "a b"}, "/check", "EXPRESSION_SYNTAX"),
    ],
)
def test_a_criterion_has_one_body(criterion: Document, place: str, rule: str) -> None:
    assert told(DEAL, a_gate(criterion)) == [(f"/stages/0/exit/0{place}", rule)]


def test_everything_that_is_wrong_with_a_pipeline_is_told_at_once() -> None:
    stages = [
        a_stage("a", max_days=-1, allowed_targets=["nowhere"], colour="red"),
        a_stage("b", exit=[{"key": "K"}, {"key": "k", "check": "a b"}], tasks=[{"titel": "x"}]),
        a_stage("won", "won", reactivate_targets=["won"]),
    ]
    pipeline = a_pipeline(stages=stages, amount="amuont", date=7, reasons=[{}, {"key": "r"}])
    assert sorted(told(DEAL, pipeline)) == [
        ("/amount", "UNKNOWN_FIELD"),
        ("/date", "WRONG_TYPE"),
        ("/reasons/0", "MISSING"),
        ("/stages/0/allowed_targets/0", "UNKNOWN_STAGE"),
        ("/stages/0/colour", "UNKNOWN_KEYWORD"),
        ("/stages/0/max_days", "OUT_OF_RANGE"),
        ("/stages/1/exit/0/key", "BAD_KEY"),
        ("/stages/1/exit/1/check", "EXPRESSION_SYNTAX"),
        ("/stages/1/tasks/0", "MISSING"),
        ("/stages/1/tasks/0/titel", "UNKNOWN_KEYWORD"),
        ("/stages/2/reactivate_targets/0", "STAGE_KIND"),
    ]


def test_a_stage_without_a_kind_is_blamed_for_that_alone() -> None:
    stages = [a_stage("a"), {"key": "won", "probability": 1, "forecast_category": "closed"}]
    assert told(DEAL, a_pipeline(stages=stages)) == [("/stages/1", "MISSING")]


def test_stages_that_follow_one_without_a_sound_key_are_not_blamed() -> None:
    stages = [a_stage("A"), a_stage("b", allowed_targets=["a"]), a_stage("won", "won")]
    assert told(DEAL, a_pipeline(stages=stages)) == [("/stages/0/key", "BAD_KEY")]


def test_tasks_name_fields_and_objects_that_are_there() -> None:
    tasks: list[Document] = [
        {"key": "fill", "kind": "update", "fields": ["name", "amont"]},
        {"key": "add", "kind": "add_related", "object": "dael"},
    ]
    stages = [a_stage("first", tasks=tasks), a_stage("won", "won")]
    assert told(DEAL, a_pipeline(stages=stages)) == [
        ("/stages/0/tasks/0/fields/1", "UNKNOWN_FIELD"),
        ("/stages/0/tasks/1/object", "UNKNOWN_OBJECT"),
    ]
    [field, of] = problems_of(DEAL, a_pipeline(stages=stages))
    assert (field.mend, of.mend) == ("Did you mean 'amount'?", "Did you mean 'deal'?")


def test_what_all_keys_of_a_tenant_end_in_makes_none_of_them_alike() -> None:
    fields = {"memo__c": TEXT, "amount__c": MONEY}
    deal = an_object("deal__c", fields, x_plural="deals__c")
    for given, mend in (
        ("name__c", ""),
        ("d__c", ""),
        ("amuont__c", "Did you mean 'amount__c'?"),
        ("Amount", "Did you mean 'amount__c'?"),
    ):
        wrong = a_tenant({**deal, "dependentRequired": {"memo__c": [given]}})
        [found] = problems_of(wrong)
        assert (found.rule, found.mend) == ("UNKNOWN_FIELD", mend)
