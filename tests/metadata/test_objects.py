from __future__ import annotations

import pytest

from metadata.model import FieldType, OnDelete, Unique
from metadata.validation import Validator
from tests.metadata.builders import (
    AUTONUMBER,
    BIGINT,
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    LONGTEXT,
    MONEY,
    PERCENT,
    TEXT,
    TEXTS,
    Document,
    a_formula,
    a_parent,
    a_picklist,
    a_pipeline,
    a_reference,
    a_tenant,
    an_object,
    object_of,
    problems_of,
    some_choices,
    told,
)

RULE: Document = {"key": "k", "check": "has(name)", "message": "m"}
EVERY_TYPE: dict[FieldType, Document] = {
    FieldType.TEXT: TEXT,
    FieldType.LONGTEXT: LONGTEXT,
    FieldType.RICHTEXT: {"type": "string", "x-type": "richtext"},
    FieldType.AUTONUMBER: AUTONUMBER,
    FieldType.INTEGER: INTEGER,
    FieldType.BIGINT: BIGINT,
    FieldType.FLOAT: FLOAT,
    FieldType.DECIMAL: DECIMAL,
    FieldType.PERCENT: PERCENT,
    FieldType.MONEY: MONEY,
    FieldType.BOOLEAN: BOOLEAN,
    FieldType.DATE: DATE,
    FieldType.DATETIME: DATETIME,
    FieldType.PICKLIST: a_picklist("web"),
    FieldType.PICKLISTS: some_choices("web"),
    FieldType.TEXTS: TEXTS,
    FieldType.REFERENCE: a_reference("user"),
    FieldType.JSON: JSON,
}


@pytest.mark.parametrize("of", FieldType)
def test_every_type_of_field(of: FieldType) -> None:
    field = object_of(an_object(fields={"it": EVERY_TYPE[of]})).fields["it"]
    assert field.type is of


def test_types_that_follow_from_the_shape() -> None:
    fields = object_of(
        an_object(
            fields={
                "choice": {"oneOf": [{"const": "a"}]},
                "address": {"$ref": "#/$defs/address"},
                "level": {"$ref": "#/$defs/level"},
                "matrix": {"type": "array", "items": {"type": "array"}},
                "mail": {"type": "string", "format": "email"},
            },
            **{
                "$defs": {
                    "address": {"type": "object", "properties": {"city": {"type": "string"}}},
                    "level": {"type": "string", "oneOf": [{"const": "high"}, {"const": "low"}]},
                }
            },
        )
    ).fields
    assert {key: field.type for key, field in fields.items()} == {
        "choice": FieldType.PICKLIST,
        "address": FieldType.JSON,
        "level": FieldType.PICKLIST,
        "matrix": FieldType.JSON,
        "mail": FieldType.TEXT,
    }
    assert [option.key for option in fields["level"].options] == ["high", "low"]


def test_what_is_not_said_has_a_default() -> None:
    found = object_of(
        an_object("sales_visit", {"close_date": DATE, "rate": PERCENT}), key="sales_visit"
    )
    assert (found.title, found.plural, found.plural_title) == (
        "Sales visit",
        "sales_visits",
        "Sales visits",
    )
    assert found.fields["close_date"].title == "Close date"
    assert found.fields["rate"].scale == 4


def test_labels_by_language() -> None:
    field = {**TEXT, "x-i18n": {"zh-Hans": {"title": "名称"}}}
    found = object_of(
        an_object(fields={"name": field}, x_i18n={"zh-Hans": {"title": "商机", "plural": "商机们"}})
    )
    assert found.labels == {"zh-Hans": "商机"}
    assert found.plural_labels == {"zh-Hans": "商机们"}
    assert found.fields["name"].labels == {"zh-Hans": "名称"}


def test_references_with_inverses() -> None:
    field = object_of(
        an_object("deal", {"company": a_reference("company", "deals", "cascade")}),
        an_object("company"),
    ).fields["company"]
    assert field.reference is not None
    assert field.reference.on_delete is OnDelete.CASCADE
    assert field.reference.inverse == "deals"


def test_a_tree_is_the_reference_called_parent() -> None:
    found = object_of(an_object(fields={"parent": a_parent("deal")}))
    assert found.tree is found.fields["parent"]


def test_unique_keys_of_fields_and_of_several_together() -> None:
    found = object_of(
        an_object(
            fields={"code": {**TEXT, "x-unique": {"ignoreCase": True}}, "region": a_picklist("eu")},
            x_unique=[{"key": "code_region", "fields": ["code", "region"]}],
        )
    )
    assert found.uniques == (
        Unique("code", ("code",), ignore_case=True),
        Unique("code_region", ("code", "region")),
    )


@pytest.mark.parametrize(
    ("field", "place", "rule"),
    [
        ({}, "", "NO_TYPE"),
        ({"type": "integer", "x-type": "money"}, "/type", "TYPES_DISAGREE"),
        ({"type": ["string", "null"]}, "/type", "NOT_ALLOWED"),
        ({"type": "string", "minimum": 1}, "/minimum", "MISPLACED"),
        ({"type": "number", "minLength": 1}, "/minLength", "MISPLACED"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "/minimum", "CONTRADICTION"),
        ({"type": "string", "minLength": 2000}, "/minLength", "CONTRADICTION"),
        ({"type": "string", "x-scale": 2}, "/x-scale", "MISPLACED"),
        ({"type": "string", "maxLength": 5000}, "/maxLength", "TOO_LONG"),
        ({"type": "string", "pattern": "("}, "/pattern", "BAD_PATTERN"),
        ({"type": "string", "pattern": "(?=a)b"}, "/pattern", "BAD_PATTERN"),
        ({"type": "string", "pattern": "(a)\\1"}, "/pattern", "BAD_PATTERN"),
        ({**TEXT, "maxLength": 4000, "pattern": ".{2600}x"}, "", "TOO_MANY"),
        ({**TEXT, "default": "a" * 900, "pattern": "((a?){200}){60}"}, "", "TOO_MANY"),
        ({"type": "string", "x-type": "longtext", "pattern": ".{80}x"}, "", "TOO_MANY"),
        ({**TEXT, "maxLength": 9, "pattern": r"(x?\p{L}{40}){35}"}, "/pattern", "TOO_MANY"),
        ({"$ref": "#/$defs/nothing"}, "/$ref", "UNKNOWN_DEFINITION"),
        ({"$ref": "https://evil.example/x"}, "/$ref", "BAD_REFERENCE"),
        ({"type": "string", "default": 3}, "/default", "BAD_DEFAULT"),
        ({"type": "integer", "maximum": 3, "default": 4}, "/default", "BAD_DEFAULT"),
        ({"oneOf": [{"const": "a"}], "default": "b"}, "/default", "BAD_DEFAULT"),
        ({**DECIMAL, "default": 1.234}, "/default", "BAD_DEFAULT"),
        ({**MONEY, "default": 1.23456}, "/default", "BAD_DEFAULT"),
        ({**DECIMAL, "default": 10**31}, "/default", "BAD_DEFAULT"),
        ({"type": "string", "enum": ["a", 1]}, "/enum/1", "CONTRADICTION"),
        ({"type": "integer", "maximum": 3, "const": 4}, "/const", "CONTRADICTION"),
        ({**DECIMAL, "enum": [0.5, 0.125]}, "/enum/1", "CONTRADICTION"),
        (
            {"oneOf": [{"const": "a", "deprecated": True}], "default": "a"},
            "/default",
            "BAD_DEFAULT",
        ),
        ({"oneOf": [{"const": "A"}]}, "/oneOf/0/const", "BAD_KEY"),
        ({"oneOf": [{"const": "a"}, {"const": "a"}]}, "/oneOf/1/const", "DUPLICATE"),
        (
            {"type": "array", "items": {"oneOf": [{"const": "A"}]}},
            "/items/oneOf/0/const",
            "BAD_KEY",
        ),
        ({"oneOf": [{"title": "A"}]}, "/oneOf/0", "MISSING"),
        ({"type": "string", "x-type": "autonumber"}, "", "MISSING"),
        ({**AUTONUMBER, "x-format": "OPP"}, "/x-format", "BAD_FORM"),
        ({**AUTONUMBER, "default": "x"}, "/default", "MISPLACED"),
        ({"type": "number", "x-unique": True}, "/x-unique", "MISPLACED"),
        ({"type": "string", "x-type": "longtext", "x-index": True}, "/x-index", "MISPLACED"),
        ({"type": "integer", "x-search": True}, "/x-search", "MISPLACED"),
        ({"type": "string", "titel": "x"}, "/titel", "UNKNOWN_KEYWORD"),
        ({"type": "string", "title": None}, "/title", "NULL"),
        (a_reference("companny"), "/x-reference/object", "UNKNOWN_OBJECT"),
        ({"x-reference": {}}, "/x-reference", "MISSING"),
        ({**a_reference("deal"), "x-tree": True}, "/x-tree", "BAD_TREE"),
        ({**a_reference("user", "stage")}, "/x-reference", "RESERVED"),
        ({**a_reference("user"), "default": "x"}, "/default", "MISPLACED"),
    ],
)
def test_refuses_fields_that_make_no_sense(field: Document, place: str, rule: str) -> None:
    assert told(an_object(fields={"it": field})) == [(f"/properties/it{place}", rule)]


@pytest.mark.parametrize(
    ("keywords", "place", "rule"),
    [
        ({"required": ["nam"]}, "/required/0", "UNKNOWN_FIELD"),
        ({"x_title": "nam"}, "/x-title", "UNKNOWN_FIELD"),
        ({"x_title": "amount"}, "/x-title", "WRONG_TYPE"),
        ({"x_unique": [{"key": "k", "fields": ["nam"]}]}, "/x-unique/0/fields/0", "UNKNOWN_FIELD"),
        ({"x_unique": [{"key": "k", "fields": ["amount"]}]}, "/x-unique/0/fields/0", "WRONG_TYPE"),
        ({"x_unique": [{"key": "name", "fields": ["name"]}]}, "/x-unique/0/key", "DUPLICATE"),
        ({"x_unique": [{"key": "k"}]}, "/x-unique/0", "MISSING"),
        ({"x_rules": [{"key": "k"}]}, "/x-rules/0", "MISSING"),
        ({"type": "array"}, "/type", "NOT_ALLOWED"),
        ({"x_plurals": "a"}, "/x-plurals", "UNKNOWN_KEYWORD"),
        ({"dependentRequired": {"nam": ["name"]}}, "/dependentRequired/nam", "UNKNOWN_FIELD"),
        ({"if_": {"required": ["nam"]}}, "/if/required/0", "UNKNOWN_FIELD"),
        ({"allOf": [{"properties": {"nam": {}}}]}, "/allOf/0/properties/nam", "UNKNOWN_FIELD"),
        ({"allOf": [{"$ref": "#/$defs/x"}]}, "/allOf/0/$ref", "UNKNOWN_DEFINITION"),
        (
            {"$defs": {"x": {"$ref": "#/$defs/y"}, "y": {"anyOf": [{"$ref": "#/$defs/x"}]}}},
            "/$defs/x",
            "CYCLE",
        ),
        ({"$defs": {"x": {"not": {"$ref": "#/$defs/x"}}}}, "/$defs/x", "CYCLE"),
        (
            {"if_": {"properties": {"kind": {"const": "A"}}}},
            "/if/properties/kind/const",
            "UNKNOWN_OPTION",
        ),
        (
            {"not_": {"properties": {"kinds": {"contains": {"enum": ["a", "c"]}}}}},
            "/not/properties/kinds/contains/enum/1",
            "UNKNOWN_OPTION",
        ),
        (
            {"if_": {"properties": {"name": {"not": {"enum": ["a", 5]}}}}},
            "/if/properties/name/not/enum/1",
            "CONTRADICTION",
        ),
        (
            {"x_rules": [RULE, RULE, {**RULE, "key": "other", "check": "nam"}]},
            "/x-rules/2/check",
            "EXPRESSION_UNKNOWN_NAME",
        ),
        ({"x_i18n": {"chinese": {}}}, "/x-i18n/chinese", "BAD_LANGUAGE"),
    ],
)
def test_refuses_objects_that_make_no_sense(
    keywords: dict[str, object], place: str, rule: str
) -> None:
    chosen = {"kind": a_picklist("a", "b"), "kinds": some_choices("a", "b")}
    fields = {"name": TEXT, "amount": MONEY, **chosen}
    found = told(an_object(fields=fields, **keywords))
    assert (place, rule) in found


DOUBLED: Document = {
    f"d{number}": {"allOf": [{"$ref": f"#/$defs/d{number + 1}"}] * 2} for number in range(60)
} | {"d60": {"type": "object"}}
TWICE_AT_EACH_LEVEL: Document = {
    "d0": {"allOf": [{"properties": {"a": {"$ref": "#/$defs/d0"}}}] * 2, "type": "object"}
}


@pytest.mark.parametrize("definitions", [DOUBLED, TWICE_AT_EACH_LEVEL])
def test_definitions_that_multiply_the_work_of_every_write_are_refused(
    definitions: Document,
) -> None:
    field = {"type": "object", "$ref": "#/$defs/d0", "default": {}}
    assert told(an_object(fields={"it": field}, **{"$defs": definitions})) == [
        ("/$defs", "TOO_MANY")
    ]


def test_a_value_may_have_many_parts_of_its_own_kind() -> None:
    both = {"left": {"$ref": "#/$defs/node"}, "right": {"$ref": "#/$defs/node"}}
    node = {"type": "object", "properties": both, "additionalProperties": False}
    field = {"type": "object", "$ref": "#/$defs/node"}
    found = object_of(an_object(fields={"it": field}, **{"$defs": {"node": node}}))
    assert Validator(found).fits({"it": {"left": {"left": {}}, "right": {}}})
    assert not Validator(found).fits({"it": {"left": {"middle": {}}}})


def test_a_definition_may_be_of_another_and_of_parts_like_itself() -> None:
    folder = {"type": "object", "properties": {"inside": {"$ref": "#/$defs/folder"}}}
    short = {"type": "string", "maxLength": 3}
    definitions = {"folder": folder, "code": {"$ref": "#/$defs/short"}, "short": short}
    fields = {"code": {"$ref": "#/$defs/code"}, "tree": {"$ref": "#/$defs/folder"}}
    found = object_of(an_object(fields=fields, **{"$defs": definitions}))
    assert [field.type for field in found.fields.values()] == [FieldType.TEXT, FieldType.JSON]
    assert not Validator(found).fits({"code": "long"})


def test_every_problem_is_told_at_once() -> None:
    found = told(
        an_object("deal", {"a": {"type": "strin"}, "b": {"type": "string", "minLength": "1"}}),
        an_object("other", {"c": {"type": "string", "default": 1}, "id": TEXT}),
    )
    assert set(found) == {
        ("/properties/a/type", "NOT_ALLOWED"),
        ("/properties/b/minLength", "WRONG_TYPE"),
        ("/properties/c/default", "BAD_DEFAULT"),
        ("/properties/id", "RESERVED"),
    }


def test_broken_parts_do_not_hide_what_is_wrong_with_the_rest() -> None:
    found = told(
        an_object(
            fields={
                "broken": {"type": "strin"},
                "formula": a_formula("prise * 2"),
                "also": a_formula("broken + 1"),
                "closeDate": TEXT,
            },
            required=["broken", "missing"],
            x_rules=[{"check": "true"}, {"key": "r", "check": "nme", "message": "m"}],
            x_titel="x",
        )
    )
    assert sorted(found) == [
        ("/properties/broken/type", "NOT_ALLOWED"),
        ("/properties/closeDate", "BAD_KEY"),
        ("/properties/formula/x-formula", "EXPRESSION_UNKNOWN_NAME"),
        ("/required/1", "UNKNOWN_FIELD"),
        ("/x-rules/0", "MISSING"),
        ("/x-rules/1/check", "EXPRESSION_UNKNOWN_NAME"),
        ("/x-titel", "UNKNOWN_KEYWORD"),
    ]


def test_a_bad_pattern_does_not_hide_a_condition_on_what_is_not_there() -> None:
    found = told(
        an_object(fields={"it": {**TEXT, "pattern": "("}}, **{"not": {"required": ["nam"]}})
    )
    assert sorted(found) == [
        ("/not/required/0", "UNKNOWN_FIELD"),
        ("/properties/it/pattern", "BAD_PATTERN"),
    ]


def test_a_broken_pipeline_leaves_its_object_staged() -> None:
    deal = an_object(fields={"open": a_formula("stage_kind == 'open'", {"type": "boolean"})})
    broken = {**a_pipeline(bound="deal"), "stages": "none"}
    assert told(deal, broken) == [("/stages", "WRONG_TYPE")]


def test_what_refers_to_an_unreadable_object_is_not_blamed() -> None:
    found = told(
        an_object("deal", {"a": {"type": "strin"}}),
        an_object("line", {"deal": a_reference("deal", "lines")}),
    )
    assert found == [("/properties/a/type", "NOT_ALLOWED")]


def test_a_problem_names_document_rule_and_mend() -> None:
    [problem] = problems_of(an_object(fields={"it": {"type": "strng"}}))
    assert problem.document == "base/objects/deal.json"
    assert problem.mend == "Did you mean 'string'?"
    assert str(problem).startswith("base/objects/deal.json#/properties/it/type: 'strng' is not one")


def test_unknown_keywords_are_met_with_the_nearest_or_the_reason() -> None:
    [problem] = problems_of(an_object(fields={"it": {"type": "string", "maxLenght": 3}}))
    assert problem.mend == "Did you mean 'maxLength'?"
    [problem] = problems_of(an_object(fields={"it": {"type": "string", "nullable": True}}))
    assert "required" in problem.mend


def test_what_a_tenant_declares_ends_in_c() -> None:
    visit = an_object("visit", {"city": TEXT, "deal__c": a_reference("deal", "visits")})
    assert told(an_object("deal"), a_tenant(visit)) == [
        ("/properties/city", "SUFFIX"),
        ("/properties/deal__c/x-reference", "SUFFIX"),
        ("/$id", "SUFFIX"),
    ]


def test_a_tenants_tree_keeps_the_names_of_the_tree() -> None:
    found = object_of(
        a_tenant(an_object("area__c", {"parent": a_parent("area__c")})), key="area__c"
    )
    assert found.tree is not None
    assert found.plural == "areas__c"


def test_required_fields_must_be_writable_and_seen() -> None:
    found = told(
        an_object(
            fields={
                "number": AUTONUMBER,
                "total": {**DECIMAL, "x-formula": "1"},
                "gone": {**TEXT, "x-hidden": True},
                "kept": {**TEXT, "x-hidden": True, "default": "x"},
            },
            required=["number", "total", "gone", "kept"],
        )
    )
    assert found == [
        ("/required/0", "MISPLACED"),
        ("/required/1", "MISPLACED"),
        ("/properties/gone/x-hidden", "HIDDEN_REQUIRED"),
    ]


def test_an_object_is_not_hidden_while_records_that_are_seen_must_refer_to_it() -> None:
    lines = an_object("line", {"deal": a_reference("deal", "lines")}, required=["deal"])
    hidden = {"$schema": an_object()["$schema"], "$id": "deal", "x-hidden": True}
    assert told(an_object(), lines, a_tenant(hidden)) == [("/x-hidden", "HIDDEN_REQUIRED")]
    [found] = problems_of(an_object(), lines, a_tenant(hidden))
    assert found.document == "objects/deal.json"
    unseen = {"$schema": lines["$schema"], "$id": "line", "x-hidden": True}
    assert told(an_object(), lines, a_tenant(hidden, unseen)) == []
    optional = an_object("line", {"deal": a_reference("deal", "lines")})
    assert told(an_object(), optional, a_tenant(hidden)) == []


def test_a_field_that_is_hidden_although_required_is_told_where_it_is_hidden() -> None:
    fields: Document = {"name": {"x-hidden": True}}
    hidden = {"$schema": an_object()["$schema"], "$id": "deal", "properties": fields}
    [found] = problems_of(an_object(required=["name"]), a_tenant(hidden))
    assert found.document == "objects/deal.json"
    assert (found.pointer, found.rule) == ("/properties/name/x-hidden", "HIDDEN_REQUIRED")


def test_an_object_has_at_most_so_many_fields_and_references() -> None:
    many = {f"f{'abcdefghij'[i % 10]}{'x' * (i // 10)}": TEXT for i in range(501)}
    assert ("/properties", "TOO_LONG") in told(an_object(fields=many))
    fields = {f"r{'x' * i}": a_reference("user") for i in range(25)}
    assert told(an_object(fields=fields)) == [("/properties", "TOO_MANY")]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"then": {"required": ["name"]}}, "/then"),
        ({"else": False, "properties": {"then": TEXT, "name": TEXT}}, "/else"),
        ({"allOf": [{"if": {"required": ["name"]}}]}, "/allOf/0/if"),
        ({"$defs": {"one": {"items": {"minContains": 2}}}}, "/$defs/one/items/minContains"),
        ({"properties": {"name": {**TEXT, "then": False}}}, "/properties/name/then"),
    ],
)
def test_a_keyword_that_does_nothing_without_another_is_refused(
    said: Document, pointer: str
) -> None:
    assert told({**an_object(), **said}) == [(pointer, "NO_EFFECT")]
    [problem] = problems_of({**an_object(), **said})
    assert problem.mend == "Add that beside it, or remove it."


def test_a_higher_layer_may_add_to_a_condition_what_it_goes_with() -> None:
    asked = an_object("deal", **{"if": {"required": ["name"]}, "then": {"minProperties": 1}})
    more = {"$schema": asked["$schema"], "$id": "deal", "else": {"minProperties": 1}}
    assert told(asked, a_tenant(more)) == []


@pytest.mark.parametrize("pattern", ["/^[a-z]+$/", "/^a", "a$/i"])
def test_a_pattern_between_slashes_is_refused(pattern: str) -> None:
    assert told(an_object(fields={"it": {**TEXT, "pattern": pattern}})) == [
        ("/properties/it/pattern", "NO_EFFECT")
    ]
    assert told(an_object(fields={"it": {**TEXT, "pattern": r"^/a/\$/$"}})) == []


def test_options_of_several_choices_stand_under_items() -> None:
    field = {"type": "array", **a_picklist("a", "b")}
    assert told(an_object(fields={"it": field})) == [("/properties/it/oneOf", "NO_EFFECT")]


def test_a_key_without_its_ending_may_be_one_of_the_pack_misspelt() -> None:
    field, thing = problems_of(
        an_object("deal", {"price": DECIMAL}),
        a_tenant(an_object("deal", {"pirce": DECIMAL}), an_object("dael", {})),
    )
    assert field.mend == "Did you mean 'price'? If it is new, rename it."
    assert thing.mend == "Did you mean 'deal'? If it is new, rename it."


@pytest.mark.parametrize(
    "field",
    [
        {**AUTONUMBER, "maxLength": 3},
        {**AUTONUMBER, "pattern": "^B"},
        {**DECIMAL, "x-formula": "1", "maxLength": 3},
        {**TEXT, "x-formula": "'a'", "maxLength": 3},
    ],
)
def test_what_the_server_makes_is_not_judged(field: Document) -> None:
    [(pointer, rule)] = told(an_object(fields={"it": field}))
    assert (pointer.rpartition("/")[2], rule) in [
        ("maxLength", "NO_EFFECT"),
        ("pattern", "NO_EFFECT"),
    ]


def test_a_required_field_of_a_pack_that_a_tenant_makes_read_only_is_told_there() -> None:
    mine = {
        "$schema": an_object()["$schema"],
        "$id": "deal",
        "properties": {"name": {"readOnly": True}},
    }
    [found] = problems_of(an_object(required=["name"]), a_tenant(mine))
    assert (found.document, found.pointer) == ("objects/deal.json", "/properties/name/readOnly")
    theirs = an_object(fields={"name": {**TEXT, "readOnly": True}})
    [found] = problems_of(theirs, a_tenant({**mine, "properties": {}, "required": ["name"]}))
    assert (found.document, found.pointer) == ("objects/deal.json", "/required/0")


def test_very_many_problems_are_cut_short() -> None:
    found = problems_of(an_object(fields={f"f{'x' * i}": {"type": "x"} for i in range(59)}),
                        *(an_object(f"o{'x' * i}", {"a": {"type": "x"}, "b": {"type": "x"},
                                                    "c": {"type": 1}}) for i in range(50)))  # fmt: skip
    assert len(found) == 201
    assert "more problems" in found[-1].message
