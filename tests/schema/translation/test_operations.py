from __future__ import annotations

import re
from typing import Any

import pytest
from graphql import OperationDefinitionNode, Undefined, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import LimitExceeded
from schema.costs import Part, Plan
from schema.documents import Operation
from schema.errors import told
from schema.requests import BadRequest
from schema.translation.operations import Script, script
from schema.translation.outlines import Outlines
from tests.schema.translation.a_plan import LIMITS, live, planned

DECLARATIONS = [
    ("ID!", None),
    ("ID", None),
    ("Int", "3"),
    ("Int!", "3"),
    ("[OpportunityStage!]", None),
    ("[OpportunityStage!]", "[WON, LOST]"),
    ("AccountFilter", None),
    ("AccountFilter", '{name: {eq: "x"}}'),
    ("[OpportunityOrderBy!]", "[{amount: DESC}]"),
    ("Decimal", '"1.50"'),
    ("DateTime", None),
    ("JSON", None),
    ("AccountInput!", None),
    ("RoleKind", "ADMIN"),
]
VALUES: list[Any] = [
    Undefined,
    None,
    "x",
    "WON",
    3,
    2.5,
    True,
    [],
    ["WON"],
    ["WON", None],
    {},
    {"name": {"eq": "y"}},
    {"name": "y", "employees": 3},
    [{"amount": "ASC"}],
    [{"amount": "ASC", "name": "ASC"}],
    {"amount": "ASC"},
    "2026-01-01T00:00:00Z",
    "7.25",
]


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(DECLARATIONS), st.sampled_from(VALUES)), max_size=4))
def test_coerces_variables_as_graphql_core_does(
    chosen: list[tuple[tuple[str, str | None], Any]],
) -> None:
    heads = [
        f"$v{n}: {type_}{f' = {default}' if default else ''}"
        for n, ((type_, default), _) in enumerate(chosen)
    ]
    raw = {f"v{n}": value for n, (_, value) in enumerate(chosen) if value is not Undefined}
    found = scripted(f"query {declared(heads)} {{ __typename }}")

    expected = get_variable_values(
        live().schema, found.operation.node.variable_definitions or (), raw, hide_suggestions=True
    )

    if isinstance(expected, VariableValues):
        assert found.coerced(live().schema, raw) == expected.coerced
        sources = found.sources(raw, expected.coerced).sources
        assert {name: it.value for name, it in sources.items()} == {
            name: it.value for name, it in expected.sources.items()
        }
    else:
        with pytest.raises(BadRequest) as refused:
            found.coerced(live().schema, raw)
        found_wrong = [it["message"] for it in refused.value.errors]
        whole = re.compile(", found: {.*", re.DOTALL)  # the input, in Python's words
        said = [told(whole.sub(".", it.message), "")["message"] for it in expected]
        assert found_wrong == said


@pytest.mark.parametrize(
    ("type_", "value", "said"),
    [
        ("[ID!]", [None], "not to be null."),
        ("Decimal", True, "represent true:"),
        ("String", False, "value: false"),
        ("Decimal", "True", "represent 'True':"),
    ],
)
def test_tells_a_value_as_it_was_given(type_: str, value: object, said: str) -> None:
    found = scripted(f"query ($v: {type_}) {{ __typename @skip(if: true) }}")
    with pytest.raises(BadRequest) as refused:
        found.coerced(live().schema, {"v": value})

    assert said in str(refused.value.errors[0]["message"])


@pytest.mark.parametrize(
    "source",
    [
        '{ accounts(filter: {name: {eq: "\\u0000"}}) { totalCount } }',
        'query ($s: String = "\\u0000") { accounts(filter: {name: {eq: $s}}) { totalCount } }',
        'query { ...F } fragment F on Query { accounts(after: "\\u0000") { totalCount } }',
    ],
)
def test_refuses_literals_that_cannot_be_stored(source: str) -> None:
    with pytest.raises(BadRequest) as refused:
        planned(source)

    assert refused.value.code == "BAD_TEXT"


def test_refuses_more_conditions_than_plans_can_be_made_for() -> None:
    heads = ", ".join(f"$c{n}: Boolean!" for n in range(9))
    fields = " ".join(f"a{n}: __typename @skip(if: $c{n})" for n in range(9))

    with pytest.raises(LimitExceeded):
        scripted(f"query ({heads}) {{ {fields} }}")


def test_what_a_mutation_is_given_decides_nothing_of_what_is_read() -> None:
    source = """mutation ($input: AccountInput!, $n: Int) {
      createAccount(input: $input) { account { contacts(first: $n) { totalCount } } }
    }"""
    found = scripted(source)
    root = found.operation.node.selection_set.selections[0]
    (record,) = root.selection_set.selections  # type: ignore[union-attr]

    assert found.decisive == frozenset()
    assert found.below([record]) == {"n"}  # type: ignore[list-item]


def declared(heads: list[str]) -> str:
    return f"({', '.join(heads)})" if heads else ""


def scripted(source: str) -> Script:
    """An operation that nobody has validated: its variables need not be used."""
    document = parse(source)
    (node, *_) = document.definitions
    assert isinstance(node, OperationDefinitionNode)
    operation = Operation(document, source, node, None, node.operation.value, NOTHING)
    return script(live().schema, Outlines(), operation, LIMITS)


NOTHING = Plan(Part(0), 0, (), ())


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400])
def test_refuses_literals_beyond_a_float_as_bodies_with_such_numbers_are(number: str) -> None:
    with pytest.raises(BadRequest) as refused:
        scripted(f"query ($x: Float = {number}) {{ __typename }}")

    assert refused.value.code == "BAD_NUMBER"
