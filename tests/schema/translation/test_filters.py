from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import LimitExceeded
from core.query import (
    All,
    Column,
    Compare,
    Either,
    Not,
    Operator,
    Quantifier,
    Related,
    Through,
    Under,
    Value,
)
from schema.translation.filters import NOBODY
from tests.schema.translation.a_plan import codes, where

ID = "0190a0b0-0000-7000-8000-000000000001"


def test_compares_a_column_with_a_value() -> None:
    found, values = where('{amount: {gte: "1000.50"}}')

    assert found == Compare(Column("amount"), Operator.GTE, at(values, Decimal("1000.50")))


def test_asks_for_all_that_is_given() -> None:
    found, _ = where('{amount: {gte: "1", lt: "2"}, name: {contains: "x"}}')

    assert isinstance(found, All)
    assert [it.operator for it in found.parts if isinstance(it, Compare)] == [
        Operator.CONTAINS,
        Operator.LT,
        Operator.GTE,
    ]


def test_looks_through_a_reference_once() -> None:
    found, _ = where('{account: {name: {eq: "A"}, industry: {eq: SAAS}}}')

    assert isinstance(found, Through)
    assert found.reference == "account"
    assert isinstance(found.part, All)


def test_compares_the_reference_itself_where_only_the_id_matters() -> None:
    for literal in (f'{{account: {{id: {{eq: "{ID}"}}}}}}', f'{{account: {{eq: "{ID}"}}}}'):
        found, values = where(literal)
        assert found == Compare(Column("account"), Operator.EQ, at(values, ID))


def test_asks_whether_there_is_a_reference() -> None:
    found, values = where('{account: {or: [{isNull: true}, {name: {eq: "A"}}]}}')

    assert isinstance(found, Either)
    none, named = found.parts
    assert none == Compare(Column("account"), Operator.IS_NULL, at(values, True))
    assert isinstance(named, Through)


def test_negates_what_is_behind_a_reference() -> None:
    found, _ = where('{account: {not: {name: {eq: "A"}}}}')

    assert isinstance(found, Through)
    assert isinstance(found.part, Not)


@pytest.mark.parametrize(
    "literal",
    [
        f'{{eq: "{ID}"}}',
        "{isNull: false}",
        f'{{or: [{{isNull: false}}, {{in: ["{ID}"]}}]}}',
        f'{{not: {{eq: "{ID}"}}}}',
    ],
)
def test_negates_which_record_a_reference_names_none_included(literal: str) -> None:
    found, _ = where(f"{{account: {{not: {literal}}}}}")

    assert isinstance(found, Not)
    assert not isinstance(found.part, Through)


@pytest.mark.parametrize(
    "literal",
    [
        f'{{not: {{or: [{{eq: "{ID}"}}, {{name: {{eq: "A"}}}}]}}}}',
        f'{{not: {{eq: "{ID}", name: {{eq: "A"}}}}}}',
        f'{{id: {{ne: "{ID}"}}}}',
        f'{{id: {{notIn: ["{ID}"]}}}}',
    ],
)
def test_what_is_asked_of_the_record_behind_a_reference_needs_one(literal: str) -> None:
    found, _ = where(f"{{account: {literal}}}")

    assert isinstance(found, Through)


def test_reaches_through_several_references() -> None:
    found, _ = where('{account: {owner: {name: {eq: "A"}}}}')

    assert isinstance(found, Through)
    assert isinstance(found.part, Through)
    assert (found.reference, found.part.reference) == ("account", "owner")


def test_asks_for_some_none_or_every_child() -> None:
    found, _ = where("{contacts: {some: {influence: {eq: 3}}, none: {stance: {lt: 0}}}}")

    assert isinstance(found, All)
    assert [
        (it.object, it.via, it.quantifier) for it in found.parts if isinstance(it, Related)
    ] == [
        ("opportunity_contact", "opportunity", Quantifier.SOME),
        ("opportunity_contact", "opportunity", Quantifier.NONE),
    ]


def test_asks_for_a_subtree() -> None:
    found, values = where(f'{{account: {{under: "{ID}"}}}}')

    assert found == Through("account", Under(at(values, ID)))


@pytest.mark.parametrize(
    "text", ["x", "", ID.upper().replace("A", "A"), ID.replace("-", ""), f"{{{ID}}}"]
)
def test_takes_a_text_that_is_no_id_for_nobody(text: str) -> None:
    _, values = where(f'{{account: {{eq: "{text}"}}, id: {{in: ["{text}", "{ID}"]}}}}')

    assert NOBODY in values
    assert [ID] in values


def test_an_empty_list_is_a_value() -> None:
    found, values = where("{stage: {in: []}}")

    assert found == Compare(Column("stage"), Operator.IN, at(values, []))


@pytest.mark.parametrize(
    ("literal", "path"),
    [
        ("{}", []),
        ("{account: {}}", ["account"]),
        ("{name: {}}", ["name"]),
        ("{name: null}", ["name"]),
        ("{name: {eq: null}}", ["name", "eq"]),
        ("{account: {eq: null}}", ["account", "eq"]),
        ("{account: {name: {}}}", ["account", "name"]),
        ("{and: []}", ["and"]),
        ("{or: [{}]}", ["or", 0]),
        ("{not: {}}", ["not"]),
        ("{contacts: {}}", ["contacts"]),
        ("{contacts: {some: {}}}", ["contacts", "some"]),
        ("{account: {under: null}}", ["account", "under"]),
        ("{account: {or: [{name: {}}]}}", ["account", "or", 0, "name"]),
    ],
)
def test_refuses_what_is_empty_or_null(literal: str, path: list[object]) -> None:
    source = f"{{ opportunities(filter: {literal}) {{ totalCount }} }}"

    assert codes(source) == [("EMPTY_FILTER", ["filter", *path])]


def test_refuses_an_operator_whose_variable_is_absent() -> None:
    source = "query ($me: ID) { opportunities(filter: {owner: {eq: $me}}) { totalCount } }"

    assert codes(source) == [("EMPTY_FILTER", ["filter", "owner"])]
    assert codes(source, me=None) == [("EMPTY_FILTER", ["filter", "owner", "eq"])]
    assert codes(source, me=ID) == []


def test_names_everything_that_is_empty() -> None:
    source = "{ opportunities(filter: {name: {}, or: [], account: {name: {}}}) { totalCount } }"

    assert [path for _, path in codes(source)] == [
        ["filter", "or"],
        ["filter", "name"],
        ["filter", "account", "name"],
    ]


def test_an_explicit_null_instead_of_a_filter_asks_for_everything() -> None:
    assert codes("{ opportunities(filter: null) { totalCount } }") == []


def at(values: list[object], value: object) -> Value:
    return Value(values.index(value))


@pytest.mark.parametrize(
    ("literal", "limit"),
    [
        ("{account: " * 6 + "{parent: " * 5 + '{name: {eq: "x"}}' + "}" * 11, "filter_depth"),
        ("{contacts: {some: {opportunity: " * 6 + '{name: {eq: "x"}}' + "}}}" * 6, "filter_depth"),
        ("{or: [" + '{name: {eq: "x"}}, ' * 501 + "]}", "comparisons"),
    ],
)
def test_refuses_filters_that_go_too_far(literal: str, limit: str) -> None:
    literal = literal.replace("{account: " * 6, "{account: " + "{parent: " * 5)

    with pytest.raises(LimitExceeded) as refused:
        where(literal)

    assert refused.value.limit == limit


def test_nesting_alone_is_no_distance() -> None:
    found, _ = where("{not: " * 30 + '{name: {eq: "x"}}' + "}" * 30)

    assert isinstance(found, Not)
