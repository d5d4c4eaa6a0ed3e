from __future__ import annotations

import pytest

from tests.metadata.builders import (
    LONGTEXT,
    TEXT,
    a_graph,
    a_pack,
    a_picklist,
    a_pipeline,
    a_reference,
    a_stage,
    a_tenant,
    an_object,
    metadata_of,
    problems_of,
    some_choices,
    some_labels,
    told,
)

DEAL = an_object(
    fields={
        "name": {**TEXT, "x-i18n": {"zh-Hans": {"title": "名称"}}},
        "source": a_picklist("web"),
        "tags": some_choices("hot"),
        "note": LONGTEXT,
    },
    x_rules=[{"key": "k", "check": "true", "message": "m"}],
)
LABELS = {
    "deal": {
        "title": "商机",
        "plural": "商机们",
        "fields": {
            "name": "别的",
            "note": "备注",
            "source": {"title": "来源", "options": {"web": "官网"}},
            "tags": {"options": {"hot": "热"}},
        },
        "rules": {"k": "不行"},
    }
}


def test_labels_fill_what_declarations_leave_open() -> None:
    deal = metadata_of(DEAL, some_labels("zh-Hans", objects=LABELS)).objects["deal"]
    assert (deal.labels, deal.plural_labels) == ({"zh-Hans": "商机"}, {"zh-Hans": "商机们"})
    assert deal.fields["name"].labels == {"zh-Hans": "名称"}
    assert deal.fields["note"].labels == {"zh-Hans": "备注"}
    assert deal.fields["source"].options[0].labels == {"zh-Hans": "官网"}
    assert deal.fields["tags"].options[0].labels == {"zh-Hans": "热"}
    assert deal.rules[0].labels == {"zh-Hans": "不行"}


def test_labels_of_pipelines_and_graphs() -> None:
    person = an_object("person")
    link = an_object("link", {"deal": a_reference("deal"), "person": a_reference("person")})
    graph = a_graph("chain", anchor="deal", nodes={"object": "person", "through": "link"})
    criterion = {"key": "known", "check": "true"}
    stages = [a_stage("first", exit=[criterion]), a_stage("won", "won")]
    metadata = metadata_of(
        *(DEAL, person, link, graph),
        a_pipeline(stages=stages, reasons=[{"key": "price"}]),
        some_labels(
            "de",
            pipelines={
                "sales": {
                    "title": "Verkauf",
                    "stages": {"won": "Gewonnen"},
                    "reasons": {"price": "Preis"},
                    "criteria": {"known": "Bekannt"},
                }
            },
            graphs={"chain": {"title": "Kette"}},
        ),
    )
    pipeline = metadata.pipelines["sales"]
    assert pipeline.labels == {"de": "Verkauf"}
    assert pipeline.stages[1].labels == {"de": "Gewonnen"}
    assert pipeline.stages[0].exit[0].labels == {"de": "Bekannt"}
    assert pipeline.reasons[0]["x-i18n"] == {"de": {"title": "Preis"}}
    assert metadata.graphs["chain"].labels == {"de": "Kette"}


def test_a_higher_layers_labels_come_first() -> None:
    low = a_pack("base", an_object(), some_labels("de", objects={"deal": {"title": "unten"}}))
    high = a_tenant(some_labels("de", objects={"deal": {"title": "oben"}}))
    assert metadata_of(low, high).objects["deal"].labels == {"de": "oben"}


def test_labels_for_what_is_not_there_are_told() -> None:
    found = told(
        DEAL,
        some_labels("de", objects={"dael": {}, "deal": {"fields": {"nam": "x"}}}),
    )
    assert found == [
        ("/objects/dael", "UNKNOWN_LABEL"),
        ("/objects/deal/fields/nam", "UNKNOWN_LABEL"),
    ]


def test_the_language_is_the_files_name_unless_given() -> None:
    labels = some_labels("de", objects={"deal": {"title": "Geschäft"}})
    unnamed = {key: value for key, value in labels.items() if key != "language"}
    pack = a_pack("base", an_object())
    documents = {**pack.documents, "i18n/zh-Hans.json": unnamed}
    found = metadata_of(type(pack)("base", documents)).objects["deal"]
    assert found.labels == {"zh-Hans": "Geschäft"}
    documents = {**pack.documents, "labels.json": unnamed}
    [problem] = problems_of(type(pack)("base", documents))
    assert problem.rule == "NO_LANGUAGE"


@pytest.mark.parametrize(
    ("objects", "place"),
    [
        ({"deal": 5}, "/objects/deal"),
        ([1], "/objects"),
        ({"deal": {"title": 7}}, "/objects/deal/title"),
        ({"deal": {"fields": [1]}}, "/objects/deal/fields"),
    ],
)
def test_labels_that_are_none_are_told_and_used_for_nothing(objects: object, place: str) -> None:
    deal = an_object(fields={"name": TEXT})
    assert told(deal, some_labels("zh-Hans", objects=objects)) == [(place, "WRONG_TYPE")]
