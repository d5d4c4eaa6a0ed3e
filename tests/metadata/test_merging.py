from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.layers import Layer
from metadata.model import Metadata
from metadata.parsing import parse
from tests.metadata.builders import (
    INTEGER,
    MONEY,
    TEXT,
    Document,
    a_pack,
    a_picklist,
    a_pipeline,
    a_reference,
    a_stage,
    a_tenant,
    an_object,
    metadata_of,
    object_of,
    parsed,
    problems_of,
    told,
)

BASE = an_object(
    "deal",
    {
        "name": {**TEXT, "maxLength": 100, "title": "Name"},
        "amount": {**MONEY, "minimum": 0},
        "source": a_picklist("web", "fair"),
    },
    required=["name"],
)


def over(fields: dict[str, Document] | None = None, **keywords: object) -> Document:
    """A tenant's document about the same object."""
    return an_object("deal", fields or {}, **keywords)


def test_a_tenant_adds_relabels_tightens_and_hides() -> None:
    found = object_of(
        BASE,
        a_tenant(
            over(
                {
                    "name": {"maxLength": 50, "title": "Bezeichnung"},
                    "amount": {"maximum": 10},
                    "source": {"x-hidden": True},
                    "region__c": TEXT,
                },
                required=["amount"],
                title="Geschäft",
            )
        ),
    )
    assert found.title == "Geschäft"
    assert list(found.fields) == ["name", "amount", "source", "region__c"]
    assert found.fields["name"].title == "Bezeichnung"
    assert found.fields["name"].schema["maxLength"] == 50
    assert found.fields["amount"].schema == {"type": "number", "minimum": 0, "maximum": 10}
    assert found.fields["source"].hidden
    assert [key for key, field in found.fields.items() if field.required] == ["name", "amount"]
    assert found.fields["name"].layer == "base"
    assert found.fields["region__c"].layer == "tenant"


@pytest.mark.parametrize(
    ("field", "place", "rule"),
    [
        ({"type": "integer"}, "/type", "FIXED"),
        ({"x-type": "longtext"}, "/x-type", "FIXED"),
        ({"oneOf": [{"const": "x__c"}]}, "/oneOf", "FIXED"),
        ({"format": "date"}, "/format", "FIXED"),
        ({"x-formula": "1"}, "/x-formula", "FIXED"),
        ({"maxLength": 200}, "/maxLength", "LOOSENED"),
    ],
)
def test_what_a_value_is_stays(field: Document, place: str, rule: str) -> None:
    assert told(BASE, a_tenant(over({"name": field}))) == [(f"/properties/name{place}", rule)]


KIND: Document = {"properties": {"source": {"const": "web"}}, "required": ["source"]}
NAMED: Document = {"required": ["name"]}


@pytest.mark.parametrize(
    ("low", "high", "place", "rule"),
    [
        ({"if": KIND, "then": NAMED}, {"if": NAMED}, "/if", "FIXED"),
        ({"if": KIND, "then": NAMED}, {"then": {"required": ["amount"]}}, "/then", "FIXED"),
        ({"if": KIND, "then": NAMED}, {"else": {"required": ["amount"]}}, None, None),
        ({"not": KIND}, {"not": {"required": ["amount"]}}, "/not", "FIXED"),
        ({"anyOf": [KIND, NAMED]}, {"anyOf": [KIND, NAMED, {}]}, "/anyOf", "FIXED"),
        (
            {"dependentSchemas": {"name": KIND}},
            {"dependentSchemas": {"name": {"required": ["amount"]}, "amount": NAMED}},
            "/dependentSchemas/name",
            "FIXED",
        ),
        ({"minProperties": 2}, {"minProperties": 1}, "/minProperties", "LOOSENED"),
        ({"minProperties": 2}, {"minProperties": 3}, None, None),
    ],
)
def test_conditions_of_a_lower_layer_stay_as_they_are(
    low: Document, high: Document, place: str | None, rule: str | None
) -> None:
    found = told({**BASE, **low}, a_tenant(over(**high)))
    assert found == ([] if place is None else [(place, rule)])


RULE: Document = {"key": "named", "check": "name != 'x'", "message": "Not x."}


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"when": "false"}, "/x-rules/0/when"),
        ({"check": "true"}, "/x-rules/0/check"),
        ({"severity": "warn"}, "/x-rules/0/severity"),
        ({"message": "Other than x."}, None),
    ],
)
def test_a_tenant_softens_a_rule_of_a_pack_and_another_pack_does_not(
    said: Document, pointer: str | None
) -> None:
    low, high = {**BASE, "x-rules": [RULE]}, over(**{"x-rules": [{"key": "named", **said}]})
    assert told(low, a_tenant(high)) == []
    found = told(low, a_pack("other", high, requires={"base": "1.0"}))
    assert found == ([] if pointer is None else [(pointer, "FIXED")])


def test_another_pack_makes_a_warning_of_a_pack_block() -> None:
    low, high = {**RULE, "severity": "warn"}, {"key": "named", "severity": "block"}
    pack = a_pack("other", over(**{"x-rules": [high]}), requires={"base": "1.0"})
    assert told({**BASE, "x-rules": [low]}, pack) == []


@pytest.mark.parametrize(
    ("city", "rule"),
    [
        ({"maxLength": 9}, "LOOSENED"),
        ({"maxLength": 3, "title": "Town"}, None),
        ({"type": "integer"}, "FIXED"),
        ({"if": {"minLength": 2}}, "FIXED"),
    ],
)
def test_parts_of_a_nested_object_are_only_tightened(city: Document, rule: str | None) -> None:
    of_city = {"type": "string", "maxLength": 5, "if": {"const": "x"}, "then": False}
    address = {"type": "object", "properties": {"city": of_city}}
    more = {"type": "object", "properties": {"city": city, "zip": {"type": "string"}}}
    pack = an_object(fields={"address": address})
    found = told(pack, a_tenant(over({"address": more})))
    place = f"/properties/address/properties/city/{next(iter(city))}"
    assert found == ([] if rule is None else [(place, rule)])


CALL = {"properties": {"amount": {"minimum": 5}}, "required": ["amount"]}


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ({"if": CALL, "then": {"required": ["source"]}}, "/if"),
        ({"not": {"required": ["name"]}}, "/not"),
        ({"dependentSchemas": {"name": CALL}}, "/dependentSchemas/name"),
    ],
)
def test_conditions_of_two_layers_are_not_mixed_but_both_hold(words: Document, place: str) -> None:
    lower = {
        "if": {"required": ["source"]},
        "then": {"required": ["name"]},
        "not": {"required": ["source", "amount"]},
        "dependentSchemas": {"name": {"required": ["source"]}},
    }
    base = an_object(fields={"name": TEXT, "source": TEXT, "amount": {"type": "integer"}}, **lower)
    found = told(base, a_tenant(over(**words)))
    assert found[0] == (place, "FIXED")
    both = object_of(base, a_tenant(over(allOf=[words])))
    assert {word: both.schema[word] for word in lower} == lower
    assert both.schema["allOf"] == [words]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"properties": {"no": {"maxLength": 9}}}, "LOOSENED"),
        ({"properties": {"no": {"type": "integer"}}}, "FIXED"),
        ({"not": {"required": ["no"]}}, "FIXED"),
        ({"additionalProperties": {"type": "string"}}, "FIXED"),
    ],
)
def test_what_a_nested_object_holds_stays(said: Document, rule: str) -> None:
    low = {
        "type": "object",
        "properties": {"no": {"type": "string", "maxLength": 5}},
        "not": {"required": ["no", "to"]},
        "additionalProperties": {"type": "integer"},
    }
    base = an_object(fields={"name": TEXT, "kit": low})
    [(place, told_rule)] = told(base, a_tenant(over({"kit": said})))
    assert (place.startswith("/properties/kit/"), told_rule) == (True, rule)


@pytest.mark.parametrize("said", [True, {"ignoreCase": False}])
def test_values_that_are_one_whatever_their_case_stay_so(said: object) -> None:
    base = an_object(fields={"name": {**TEXT, "x-unique": {"ignoreCase": True}}})
    [(place, rule)] = told(base, a_tenant(over({"name": {"x-unique": said}})))
    assert place.startswith("/properties/name/x-unique")
    assert rule == "LOOSENED"


def test_a_problem_of_an_override_names_the_tenants_document() -> None:
    [problem] = problems_of(BASE, a_tenant(over({"name": {"type": "integer"}})))
    assert problem.document == "objects/deal.json"
    assert "base/objects/deal.json" in problem.message


def test_a_problem_of_the_whole_names_the_layer_that_says_it() -> None:
    found = problems_of(BASE, a_tenant(over(required=["nme"], x_title="amount")))
    assert [(p.document, p.pointer, p.rule) for p in found] == [
        ("objects/deal.json", "/x-title", "WRONG_TYPE"),
        ("objects/deal.json", "/required/0", "UNKNOWN_FIELD"),
    ]


def test_a_tenant_adds_options_that_end_in_c() -> None:
    field = a_picklist("radio__c", "web")
    [*options] = object_of(BASE, a_tenant(over({"source": field}))).fields["source"].options
    assert [option.key for option in options] == ["radio__c", "web", "fair"]
    assert told(BASE, a_tenant(over({"source": a_picklist("radio")}))) == [
        ("/properties/source/oneOf/0/const", "SUFFIX")
    ]


def test_new_items_go_where_their_neighbours_stand() -> None:
    stages = [a_stage("first"), a_stage("second"), a_stage("won", "won")]
    over_stages = [a_stage("second"), a_stage("third__c"), {"key": "won"}]
    pipeline = metadata_of(
        BASE, a_pipeline(stages=stages), a_tenant({**a_pipeline(stages=over_stages)})
    ).pipelines["sales"]
    assert [stage.key for stage in pipeline.stages] == ["first", "second", "third__c", "won"]


def test_an_item_without_neighbours_goes_to_the_end() -> None:
    stages = [a_stage("lost__c", "lost")]
    pipeline = metadata_of(BASE, a_pipeline(), a_tenant(a_pipeline(stages=stages))).pipelines[
        "sales"
    ]
    assert [stage.key for stage in pipeline.stages] == ["first", "won", "lost__c"]


def test_packs_that_do_not_stand_on_each_other_conflict() -> None:
    crm = a_pack("crm", BASE)
    steel = a_pack("steel", over({"name": {"title": "Steel"}}), requires={"crm": "1.0"})
    wood = a_pack("wood", over({"name": {"title": "Wood"}}), requires={"crm": "1.0"})
    [problem] = problems_of(crm, steel, wood)
    assert (problem.rule, problem.pointer) == ("CONFLICT", "/properties/name/title")
    assert "steel/objects/deal.json" in problem.message
    assert "wood/objects/deal.json" in problem.message


def test_a_pack_may_change_what_a_pack_that_it_requires_says() -> None:
    crm = a_pack("crm", BASE)
    steel = a_pack("steel", over({"name": {"title": "Steel"}}), requires={"crm": "1.0"})
    wire = a_pack(
        "wire", over({"name": {"title": "Wire"}}), requires={"crm": "1.0", "steel": "1.0"}
    )
    assert object_of(wire, steel, crm).fields["name"].title == "Wire"


def test_packs_that_say_the_same_do_not_conflict() -> None:
    crm = a_pack("crm", BASE)
    layers = [
        a_pack(name, over({"name": {"title": "T"}, "weight": INTEGER}), requires={"crm": "1.0"})
        for name in ("steel", "wood")
    ]
    assert object_of(crm, *layers).fields["name"].title == "T"


def test_two_packs_that_give_a_field_different_types_conflict() -> None:
    crm = a_pack("crm", BASE)
    steel = a_pack("steel", over({"weight": INTEGER}), requires={"crm": "1.0"})
    wood = a_pack("wood", over({"weight": MONEY}), requires={"crm": "1.0"})
    assert ("/properties/weight/type", "CONFLICT") in told(crm, steel, wood)


def test_conditions_of_all_layers_hold() -> None:
    low = over(allOf=[{"required": ["name"]}])
    found = object_of(
        {**BASE, "allOf": low["allOf"]}, a_tenant(over(allOf=[{"required": ["amount"]}]))
    )
    assert found.schema["allOf"] == [{"required": ["name"]}, {"required": ["amount"]}]


def test_labels_of_several_layers_join() -> None:
    low = {**TEXT, "x-i18n": {"zh-Hans": {"title": "名称"}}}
    high: Document = {"x-i18n": {"zh-Hans": {"title": "名"}, "en": {"title": "Name"}}}
    found = object_of(an_object("deal", {"name": low}), a_tenant(over({"name": high})))
    assert found.fields["name"].labels == {"zh-Hans": "名", "en": "Name"}


def test_a_reference_of_a_lower_layer_keeps_its_target() -> None:
    low = an_object("deal", {"boss": a_reference("user", "deals")})
    high = over({"boss": a_reference("team", "deals")})
    assert told(low, a_tenant(high)) == [("/properties/boss/x-reference", "FIXED")]


def test_a_layer_declares_a_thing_once() -> None:
    assert told(BASE, BASE) == [("/$id", "DUPLICATE")]


def test_layers_may_come_in_any_order() -> None:
    layers = [a_pack("crm", BASE), a_pack("steel", over({"w": TEXT}), requires={"crm": "1.0"})]
    tenant = a_tenant(over({"x__c": TEXT}))
    assert metadata_of(*layers, tenant) == metadata_of(tenant, *reversed(layers))


@st.composite
def disjoint_layers(draw: st.DrawFn) -> list[Layer]:
    """Three packs, each standing on the one before, that add different things to one object."""
    names = ["alpha", "beta", "gamma"]
    found: list[Layer] = []
    for index, name in enumerate(names):
        fields = draw(st.sets(st.sampled_from("abcdef"), max_size=4))
        options = draw(st.sets(st.sampled_from("uvwxyz"), min_size=1, max_size=3))
        body = over(
            {f"{name}_{key}": TEXT for key in sorted(fields)}
            | {"pick": a_picklist(*(f"{name}_{key}" for key in sorted(options)))},
            required=[f"{name}_{key}" for key in sorted(fields)][:1],
        )
        requires = {names[index - 1]: "1.0"} if index else {}
        found.append(a_pack(name, body, requires=requires))
    return found


@settings(deadline=None)
@given(disjoint_layers())
def test_merging_disjoint_layers_is_associative(layers: list[Layer]) -> None:
    whole = parsed(*layers)
    assert isinstance(whole, Metadata)
    alpha, beta, gamma = layers
    for found in (parsed(_joined(alpha, beta), gamma), parsed(alpha, _joined(beta, gamma))):
        assert isinstance(found, Metadata)
        assert found.fingerprint == whole.fingerprint


def _joined(low: Layer, high: Layer) -> Layer:
    """One pack that says what two say."""
    path = "objects/deal.json"
    first, second = low.documents[path], high.documents[path]
    properties = dict(cast("dict[str, Document]", first["properties"]))
    for key, value in cast("dict[str, Document]", second["properties"]).items():
        options = cast("list[object]", properties.get(key, {}).get("oneOf", []))
        properties[key] = value | (
            {"oneOf": [*options, *cast("list[object]", value["oneOf"])]} if options else {}
        )
    required = [*cast("list[str]", first["required"]), *cast("list[str]", second["required"])]
    requires = {} if low.name == "alpha" else {"alpha": "1.0"}
    return a_pack(high.name, over(properties, required=required), requires=requires)


def test_a_pack_that_is_missing_or_too_old_is_told() -> None:
    pack = a_pack("steel", BASE, requires={"crm": "1.2", "base": "2.0"})
    assert told(pack, a_pack("base")) == [
        ("/requires/crm", "REQUIRES"),
        ("/requires/base", "REQUIRES"),
    ]


def test_an_empty_set_of_layers_declares_nothing() -> None:
    found = parse([])
    assert isinstance(found, Metadata)
    assert not found.objects
