"""What an operation costs: rows times leaves, pages by default, by literal, by variable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql import parse, validate

from core.errors import LimitExceeded
from schema.costs import Plan, plans
from schema.limits import Limits
from tests.schema.a_server import a_schema
from tests.schema.some_metadata import crm
from tests.schema.translation.a_plan import live

SCHEMA = a_schema()
LIMITS = Limits()
NODES = "{ nodes { id name } }"


def plan(query: str, limits: Limits = LIMITS) -> Plan:
    """The plan of a valid document's only operation."""
    document = parse(query)
    assert validate(SCHEMA, document) == []
    ((_, found),) = plans(SCHEMA, document, limits)
    return found


def cost(query: str, limits: Limits = LIMITS, **variables: object) -> int:
    """The points of a query."""
    return plan(query, limits).cost(variables, limits, SCHEMA)


def live_cost(query: str, **variables: object) -> int:
    """The points of a query of the CRM's schema."""
    schema = live().schema
    ((_, found),) = plans(schema, parse(query), LIMITS)
    return found.cost(variables, LIMITS, schema)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("[{stage: true}]", 8),
        ("{stage: true}", 8),
        ("[{account: {industry: true}}, {stage: true}]", 27 * 8),
        ("[{stage: true}, {closeDate: MONTH}]", 1_000),
        ("[{name: true}]", 1_000),
    ],
)
def test_counts_no_more_groups_than_the_values_of_their_keys(by: str, groups: int) -> None:
    query = f"{{ opportunities {{ groups(by: {by}) {{ aggregate {{ count }} }} }} }}"
    assert live_cost(query) == groups


@pytest.mark.parametrize(
    ("declared", "by", "value", "groups"),
    [
        ("[OpportunityGroupBy!]!", "$by", [{"stage": True}], 8),
        ("[OpportunityGroupBy!]!", "$by", [{"account": {"industry": True}}], 27),
        ("[OpportunityGroupBy!]!", "$by", [{"stage": True}, {"closeDate": "MONTH"}], 1_000),
        ("[OpportunityGroupBy!]", "$by", None, 1_000),
        ("OpportunityGroupBy!", "[$by, {account: {industry: true}}]", {"stage": True}, 27 * 8),
        ("AccountGroupBy!", "{account: $by}", {"industry": True}, 27),
        ("Boolean!", "{stage: $by}", True, 8),
    ],
)
def test_counts_groups_by_the_keys_that_variables_name(
    declared: str, by: str, value: object, groups: int
) -> None:
    query = f"""query($by: {declared}) {{
      opportunities {{ groups(by: {by}) {{ aggregate {{ count }} }} }}
    }}"""
    assert live_cost(query, by=value) == groups


@pytest.mark.parametrize(("first", "groups"), [(3, 3), (1_000, 8), (None, 8)])
def test_counts_no_more_groups_than_a_page_of_them(first: int | None, groups: int) -> None:
    query = """query($first: Int) {
      opportunities { groups(by: {stage: true}, first: $first) { aggregate { count } } }
    }"""
    assert live_cost(query, first=first) == groups


def test_each_of_a_page_of_accounts_can_have_its_opportunities_grouped_by_stage() -> None:
    query = """{ accounts { nodes { name opportunities {
      groups(by: [{stage: true}]) { key { stage } aggregate { count amount { sum } } }
    } } } }"""
    assert live_cost(query) < LIMITS.cost / 10


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ __typename }", 0),
        ('{ account(id: "1") { id name __typename } }', 2),
        (f"{{ accounts {NODES} }}", 50 * 2),
        (f"{{ accounts(first: 3) {NODES} }}", 3 * 2),
        (f"{{ accounts(last: 3, first: null) {NODES} }}", 3 * 2),
        ("{ accounts(first: 3) { edges { cursor node { id } } totalCount } }", 3 * 2 + 1),
        ("{ accounts(first: 0) { nodes { id } totalCount } }", 1),
        ("{ accounts { aggregate { count } totalCount } }", 2),
        ("{ accounts { groups { key aggregate { count } } } }", 1_000 * 2),
        ('{ account(id: "1") { contacts { nodes { id } } } }', 10),
        (
            f"{{ accounts(first: 5) {{ nodes {{ id contacts(first: 3) {NODES} }} }} }}",
            5 + 5 * 3 * 2,
        ),
        ("{ accounts(first: 5) { nodes { parent { id name } } } }", 5 * 2),
        ('{ account(id: "1") { ancestors { id name } } }', 10 * 2),
        ('{ node(id: "1") { id ... on Account { name } ... on Contact { name } } }', 3),
        ("{ __schema { types { name fields { name } } } }", 0),
        ('{ __type(name: "Account") { name } }', 0),
    ],
)
def test_counts_one_point_for_a_leaf_of_a_row(query: str, points: int) -> None:
    assert cost(query) == points


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ accounts(first: 3) { nodes { __typename } } }", 3),
        ("{ accounts(first: 3) { edges { __typename } nodes { parent { __typename } } } }", 6),
        ("{ accounts(first: 3) { nodes { contacts(first: 4) { nodes { __typename } } } } }", 12),
        ("{ accounts(first: 3) { nodes { contacts(first: 0) { nodes { id } } } } }", 3),
    ],
)
def test_counts_a_row_without_leaves_as_a_point(query: str, points: int) -> None:
    assert cost(query) == points


def test_counts_a_field_once_however_often_it_is_written() -> None:
    spread = f"""
        {{ accounts(first: 5) {{ ...A ...B nodes {{ id }} }} accounts(first: 5) {NODES} }}
        fragment A on AccountConnection {NODES}
        fragment B on AccountConnection {{ nodes {{ id ... on Node {{ id }} ... {{ name }} }} }}
    """
    assert cost(spread) == 5 * 2


def test_counts_aliases_apart() -> None:
    assert cost(f"{{ a: accounts(first: 5) {NODES} b: accounts(first: 5) {NODES} }}") == 20


def test_follows_variables_and_takes_a_page_by_default_without_them() -> None:
    query = f"query($n: Int, $m: Int) {{ accounts(first: $n) {{ nodes {{ contacts(first: $m) {NODES} }} }} }}"
    measured = plan(query)
    assert measured.cost({"n": 2, "m": 4}, LIMITS, SCHEMA) == 2 * 4 * 2
    assert measured.cost({"n": 2}, LIMITS, SCHEMA) == 2 * 10 * 2
    assert measured.cost({"n": None}, LIMITS, SCHEMA) == 50 * 10 * 2
    assert measured.cost({"n": -5}, LIMITS, SCHEMA) == 0


@pytest.mark.parametrize("sizes", ["first: $n, last: $m", "last: $m, first: $n"])
def test_follows_whichever_of_first_and_last_has_a_value(sizes: str) -> None:
    query = f"query($n: Int, $m: Int) {{ accounts({sizes}) {{ nodes {{ id }} }} }}"
    measured = plan(query)
    assert measured.cost({"n": 7, "m": None}, LIMITS, SCHEMA) == 7
    assert measured.cost({"m": 7}, LIMITS, SCHEMA) == 7
    assert measured.cost({}, LIMITS, SCHEMA) == 50
    with pytest.raises(LimitExceeded) as caught:
        measured.cost({"n": None, "m": 1_001}, LIMITS, SCHEMA)
    assert (caught.value.limit, caught.value.value) == ("max_page", 1_001)


def test_refuses_what_costs_too_much_and_says_how_much() -> None:
    query = (
        "query($n: Int) { accounts(first: $n) { nodes { contacts(first: 100) { nodes { id } } } } }"
    )
    assert cost(query, n=500) == 50_000
    with pytest.raises(LimitExceeded) as caught:
        cost(query, n=501)
    error = caught.value
    assert (error.limit, error.value, error.allowed) == ("cost", 50_100, 50_000)
    assert "50,100" in error.message


@pytest.mark.parametrize(
    ("selected", "field", "points"),
    [
        (
            "a: accounts(first: 900) { nodes { contacts(first: 90) { edges { node { id } } } } }",
            "a.nodes.contacts.edges",
            81_000,
        ),
        (
            (
                "accounts(first: 900) { nodes { x: contacts(first: 40) { nodes { id } } "
                "y: contacts(first: 30) { nodes { id } } } }"
            ),
            "accounts.nodes.x.nodes",
            36_000,
        ),
        (
            (
                "accounts(first: 1000) { nodes { x: contacts(first: 20) { nodes { id } } "
                "y: contacts(first: 20) { nodes { id } } z: contacts(first: 20) { nodes { id } } } }"
            ),
            "accounts.nodes",
            60_000,
        ),
        (
            (
                "x: accounts(first: 1000) { nodes { contacts(first: 49) { nodes { id } } } } "
                "y: accounts(first: 900) { nodes { contacts(first: 50) { nodes { id } } } }"
            ),
            "x.nodes.contacts.nodes",
            49_000,
        ),
    ],
)
def test_says_which_field_costs_most(selected: str, field: str, points: int) -> None:
    with pytest.raises(LimitExceeded) as caught:
        cost(f"{{ {selected} }}")
    assert caught.value.field == tuple(field.split("."))
    assert f"`{field}` has {points:,} of them" in caught.value.message


def test_depth_counts_records_and_connections_only() -> None:
    shallow = replace(LIMITS, depth=3)
    query = "{ accounts { edges { node { contacts { nodes { account { id } } } } } } }"
    assert cost(query, shallow) == 500
    with pytest.raises(LimitExceeded) as caught:
        cost(query, replace(LIMITS, depth=2))
    assert (caught.value.limit, caught.value.value) == ("depth", 3)


def test_records_without_a_page_are_a_level_too() -> None:
    query = "{ accounts { nodes { ancestors { ancestors { ancestors { id } } } } } }"
    schema = live().schema
    with pytest.raises(LimitExceeded) as caught:
        plans(schema, parse(query), replace(LIMITS, depth=3))
    assert (caught.value.limit, caught.value.value) == ("depth", 4)


def test_introspection_has_no_depth() -> None:
    query = "{ __schema { types { fields { type { ofType { ofType { ofType { name } } } } } } } }"
    assert cost(query, replace(LIMITS, depth=1)) == 0


@pytest.mark.parametrize(
    ("inputs", "variables", "records"),
    [
        ("[{name: 1}, {name: 2}]", {}, 2),
        ("{name: 1}", {}, 1),
        ("[]", {}, 0),
        ("null", {}, 0),
        ("$inputs", {"inputs": [{}] * 7}, 7),
        ("$inputs", {"inputs": {}}, 1),
        ("$inputs", {}, 0),
    ],
)
def test_counts_the_records_of_a_batch(
    inputs: str, variables: dict[str, object], records: int
) -> None:
    declared = "($inputs: [AccountInput!])" if "$" in inputs else ""
    inputs = inputs.replace("1", '"x"').replace("2", '"y"')
    query = (
        f"mutation{declared} {{ createAccounts(inputs: {inputs}) {{ accounts {{ id name }} }} }}"
    )
    assert cost(query, **variables) == records * 2


def test_a_batch_is_limited_over_the_whole_request() -> None:
    query = """mutation($a: [AccountInput!]) {
        a: createAccounts(inputs: $a) { accounts { id } }
        b: createAccounts(inputs: $a) { accounts { id } }
    }"""
    assert cost(query, a=[{}] * 250) == 500
    with pytest.raises(LimitExceeded) as caught:
        cost(query, a=[{}] * 251)
    assert (caught.value.limit, caught.value.value) == ("batch", 502)


def test_what_is_said_of_objects_counts_for_each_object_and_each_field_of_it() -> None:
    objects = [it for it in crm().objects.values() if not it.hidden]
    fields = sum(len(list(filter(crm().shows, it.fields.values()))) for it in objects)
    average = -(-fields // len(objects))
    named = (
        "query ($names: [String!]) { objectTypes(names: $names) { name fields { name title } } }"
    )

    assert live_cost("{ objectTypes { name title } }") == 2 * len(objects)
    assert live_cost('{ objectTypes(names: ["Account"]) { fields { name title } } }') == 2 * average
    assert live_cost(named, names=["Account", "Contact"]) == 2 * (1 + 2 * average)
    assert live_cost(named) == len(objects) * (1 + 2 * average)


def test_every_rate_that_there_may_be_counts() -> None:
    assert live_cost('{ exchangeRates(currency: "USD") { validFrom rate } }') == 2_000
