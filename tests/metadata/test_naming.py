from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata import naming
from tests.metadata.builders import (
    DATE,
    MONEY,
    TEXT,
    a_graph,
    a_parent,
    a_picklist,
    a_pipeline,
    a_reference,
    an_object,
    metadata_of,
    problems_of,
    told,
)

keys = st.from_regex(naming.KEY, fullmatch=True)
options = st.from_regex(naming.OPTION, fullmatch=True)
_GRAPHQL = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")


@pytest.mark.parametrize(
    ("key", "field", "type_"),
    [
        ("amount", "amount", "Amount"),
        ("close_date", "closeDate", "CloseDate"),
        ("close_date__c", "closeDate__c", "CloseDate__c"),
        ("visit__c", "visit__c", "Visit__c"),
        ("a1b_c2", "a1bC2", "A1bC2"),
    ],
)
def test_names_of_fields_and_types(key: str, field: str, type_: str) -> None:
    assert naming.field_name(key) == field
    assert naming.type_name(key) == type_


@given(keys, keys)
def test_names_map_one_to_one(one: str, other: str) -> None:
    same = one == other
    assert (naming.field_name(one) == naming.field_name(other)) is same
    assert (naming.type_name(one) == naming.type_name(other)) is same


@given(keys)
def test_names_are_graphql_names(key: str) -> None:
    for name in (naming.field_name(key), naming.type_name(key)):
        assert _GRAPHQL.fullmatch(name)
        assert not name.startswith("__")


@given(options)
def test_an_enum_value_leads_back_to_its_option(option: str) -> None:
    value = naming.enum_value(option)
    assert _GRAPHQL.fullmatch(value)
    assert not value.startswith("__")
    assert value.removeprefix("_").lower() == option


@pytest.mark.parametrize(
    ("option", "value"), [("tender", "TENDER"), ("2b", "_2B"), ("x__c", "X__C")]
)
def test_enum_values(option: str, value: str) -> None:
    assert naming.enum_value(option) == value


@pytest.mark.parametrize(
    ("key", "plural"),
    [
        ("account", "accounts"),
        ("opportunity", "opportunities"),
        ("survey", "surveys"),
        ("branch", "branches"),
        ("tax", "taxes"),
        ("visit__c", "visits__c"),
    ],
)
def test_plurals_of_english_keys(key: str, plural: str) -> None:
    assert naming.plural(key) == plural


def test_every_name_of_an_object_with_all_capabilities() -> None:
    metadata = metadata_of(
        an_object(
            "deal",
            {"parent": a_parent("deal"), "amount": MONEY, "source": a_picklist("web"), "won": DATE},
        ),
        a_pipeline(bound="deal"),
    )
    found = {(name.scope, name.name) for name in naming.names(metadata)}
    assert {
        ("types", "Deal"),
        ("types", "DealFilter"),
        ("types", "DealStage"),
        ("types", "DealSource"),
        ("types", "DealsPayload"),
        ("query", "deal"),
        ("query", "deals"),
        ("mutation", "createDeal"),
        ("mutation", "upsertDeals"),
        ("mutation", "moveDeal"),
        ("mutation", "reparentDeal"),
        ("deal", "amountCorporate"),
        ("deal", "children"),
    } <= found


def test_two_types_of_one_name_are_refused_and_both_named() -> None:
    [problem] = [
        problem
        for problem in problems_of(
            an_object("deal", x_plural="deals"),
            an_object("deal_filter", x_plural="deal_filters"),
        )
        if "DealFilter'" in problem.message
    ]
    assert problem.rule == "NAME_TAKEN"
    assert "'deal'" in problem.message
    assert "'deal_filter'" in problem.message


def test_a_field_beside_money_may_not_be_called_like_its_corporate_amount() -> None:
    assert told(an_object(fields={"amount": MONEY, "amount_corporate": TEXT})) == [
        ("/properties/amount_corporate", "NAME_TAKEN")
    ]


def test_inverses_fields_and_graphs_of_an_object_share_their_names() -> None:
    person = an_object("person", {"name": TEXT, "links": TEXT})
    link = an_object(
        "link",
        {"person": a_reference("person", "links"), "deal": a_reference("deal", "people")},
    )
    graph = a_graph("people", anchor="deal", nodes={"object": "person", "through": "link"})
    assert told(an_object("deal"), person, link, graph) == [
        ("/properties/person/x-reference/inverse", "NAME_TAKEN"),
        ("/$id", "NAME_TAKEN"),
    ]


def test_two_that_share_many_names_are_told_once() -> None:
    found = told(an_object("deal", x_plural="deals"), an_object("dear", x_plural="deals"))
    assert found == [("/x-plural", "NAME_TAKEN")]


def test_an_object_may_not_take_a_name_of_the_platform() -> None:
    assert told(an_object("plugin", x_plural="plugins")) == [("/x-plural", "NAME_TAKEN")]


@pytest.mark.parametrize("key", ["subscription", "page_info", "maybe", "tax_input", "deal_kind"])
def test_reserved_objects(key: str) -> None:
    assert ("/$id", "RESERVED") in told(an_object(key, x_plural="things"))


@pytest.mark.parametrize("key", ["id", "stage", "and", "owner", "as_of", "parent"])
def test_reserved_fields(key: str) -> None:
    assert (f"/properties/{key}", "RESERVED") in told(an_object(fields={key: TEXT}))


@pytest.mark.parametrize("key", ["Name", "a__b", "_a", "a_1", "a__C", "x" * 61, "名", "a-b", ""])
def test_keys_that_are_none(key: str) -> None:
    assert ("/properties/" + key, "BAD_KEY") in told(an_object(fields={key: TEXT}))


def test_a_plural_is_no_key_of_an_object() -> None:
    found = told(an_object("deal", x_plural="sales"), an_object("sales", x_plural="salesplural"))
    assert ("/x-plural", "DUPLICATE") in found
