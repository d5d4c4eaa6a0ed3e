"""What can be read: by id, in pages, through references and children, counted and grouped."""

from __future__ import annotations

import asyncio

import pytest

from core.store.tenancy import tenants
from core.store.tenancy.tenants import Settings
from schema.limits import Limits
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import crm_layers

NOBODY = "01900000-0000-7000-8000-000000000000"


async def test_gives_a_record_by_its_id(client: Client) -> None:
    account = await client.one("account", name="Acme", employees=7)

    data = await client.data(
        "query ($id: ID!) { account(id: $id) { id name employees __typename } }", id=account
    )

    assert data == {
        "account": {"id": account, "name": "Acme", "employees": 7, "__typename": "Account"}
    }


@pytest.mark.parametrize("wrong", [NOBODY, "x", "", "1", NOBODY.upper() + " "])
async def test_an_id_of_no_record_gives_null(client: Client, wrong: str) -> None:
    data = await client.data(
        "query ($id: ID!) { account(id: $id) { id } node(id: $id) { id } }", id=wrong
    )

    assert data == {"account": None, "node": None}


async def test_a_record_of_another_object_is_not_found_by_its_id(client: Client) -> None:
    contact = await client.one("contact", name="Li")

    data = await client.data("query ($id: ID!) { account(id: $id) { id } }", id=contact)

    assert data == {"account": None}


async def test_node_gives_any_record_by_what_it_is(client: Client) -> None:
    account = await client.one("account", name="Acme")
    contact = await client.one("contact", name="Li", account=account)

    data = await client.data(
        """query ($a: ID!, $b: ID!) {
          a: node(id: $a) { ...Either }
          b: node(id: $b) { ...Either }
        }
        fragment Either on Node {
          id
          ... on Account { name }
          ... on Contact { __typename called: name account { name } }
        }""",
        a=account,
        b=contact,
    )

    assert data["a"] == {"id": account, "name": "Acme"}
    assert data["b"] == {
        "id": contact,
        "__typename": "Contact",
        "called": "Li",
        "account": {"name": "Acme"},
    }


async def test_goes_through_references_and_children_at_any_depth(client: Client) -> None:
    account = await client.one("account", name="Acme")
    await client.create(
        "contact", *({"name": name, "account": account} for name in ("Li", "Wang", "Zhao"))
    )

    data = await client.data(
        """{ contacts(first: 1, orderBy: [{name: ASC}]) { nodes { name account {
          name contacts(first: 2, orderBy: [{name: DESC}]) {
            totalCount pageInfo { hasNextPage } nodes { name account { id } }
          }
        } } } }"""
    )

    assert data["contacts"]["nodes"] == [
        {
            "name": "Li",
            "account": {
                "name": "Acme",
                "contacts": {
                    "totalCount": 3,
                    "pageInfo": {"hasNextPage": True},
                    "nodes": [
                        {"name": "Zhao", "account": {"id": account}},
                        {"name": "Wang", "account": {"id": account}},
                    ],
                },
            },
        }
    ]


async def test_each_parent_has_its_own_page_of_children(client: Client) -> None:
    one, other = await client.create("account", {"name": "A"}, {"name": "B"})
    await client.create(
        "contact", *({"name": f"{n}", "account": it} for n in range(3) for it in (one, other))
    )

    data = await client.data(
        "{ accounts(orderBy: [{name: ASC}]) { nodes { name contacts(first: 2) { nodes { name } } } } }"
    )

    assert [[it["name"] for it in a["contacts"]["nodes"]] for a in data["accounts"]["nodes"]] == [
        ["0", "1"],
        ["0", "1"],
    ]


async def test_follows_cursors_forward_and_backward(client: Client) -> None:
    await client.create("account", *({"name": f"{n:02}"} for n in range(7)))
    source = """query ($after: String, $before: String, $first: Int, $last: Int) {
      accounts(orderBy: [{name: ASC}], after: $after, before: $before, first: $first, last: $last) {
        edges { cursor node { name } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""

    first = (await client.data(source, first=3))["accounts"]
    second = (await client.data(source, first=3, after=first["pageInfo"]["endCursor"]))["accounts"]
    back = (await client.data(source, last=3, before=second["edges"][0]["cursor"]))["accounts"]

    assert [it["node"]["name"] for it in first["edges"]] == ["00", "01", "02"]
    assert [it["node"]["name"] for it in second["edges"]] == ["03", "04", "05"]
    assert back["edges"] == first["edges"]
    assert first["pageInfo"]["hasNextPage"]
    assert second["pageInfo"]["hasPreviousPage"]
    assert not back["pageInfo"]["hasPreviousPage"]


async def test_counts_and_sums_over_all_records_not_the_page(client: Client) -> None:
    await client.create(
        "opportunity", *({"name": f"{n}", "amount": f"{n}.50"} for n in range(1, 5))
    )

    data = await client.data(
        """{ opportunities(first: 1) { totalCount aggregate {
          count amount { sum avg min max currency excluded } createdAt { min } account { count }
        } } }"""
    )

    aggregate = data["opportunities"]["aggregate"]
    assert data["opportunities"]["totalCount"] == aggregate["count"] == 4
    assert aggregate["amount"] == {
        "sum": "12.00",
        "avg": "3.00",
        "min": "1.50",
        "max": "4.50",
        "currency": "CNY",
        "excluded": 0,
    }
    assert aggregate["account"] == {"count": 0}


async def test_groups_by_stage_month_and_something_behind_a_reference(client: Client) -> None:
    bank = await client.one("account", name="Bank", industry="FINANCE")
    await client.create(
        "opportunity",
        {"name": "a", "closeDate": "2026-01-05", "stage": "QUALIFIED", "account": bank},
        {"name": "b", "closeDate": "2026-01-31", "stage": "QUALIFIED", "account": bank},
        {"name": "c", "closeDate": "2026-02-01"},
    )

    data = await client.data(
        """{ opportunities { groups(by: [{stage: true}, {closeDate: MONTH}, {account: {industry: true}}]) {
          key { stage closeDate account { industry name } } aggregate { count }
        } } }"""
    )

    assert data["opportunities"]["groups"] == [
        {
            "key": {
                "stage": "QUALIFIED",
                "closeDate": "2026-01-01",
                "account": {"industry": "FINANCE", "name": None},
            },
            "aggregate": {"count": 2},
        },
        {
            "key": {
                "stage": "INITIAL",
                "closeDate": "2026-02-01",
                "account": {"industry": None, "name": None},
            },
            "aggregate": {"count": 1},
        },
    ]


async def test_tells_keys_apart_that_are_the_same_field_of_different_records(
    client: Client,
) -> None:
    group = await client.one("account", name="Group")
    await client.one("account", name="Shop", parent=group)

    data = await client.data(
        """{ accounts { groups(by: [{parent: {name: true}}, {name: true}], orderBy: KEY) {
          key { name parent { name } } } } }"""
    )

    assert [it["key"] for it in data["accounts"]["groups"]] == [
        {"name": "Group", "parent": {"name": None}},
        {"name": "Shop", "parent": {"name": "Group"}},
    ]


async def test_groups_stand_in_the_order_of_their_keys_where_that_is_asked_for(
    client: Client,
) -> None:
    await client.create(
        "opportunity",
        {"name": "b", "closeDate": "2026-03-05", "stage": "SOLUTION"},
        {"name": "A", "closeDate": "2026-01-31", "stage": "SOLUTION"},
        {"name": "C", "closeDate": "2026-02-01", "stage": "INITIAL"},
        {"name": "d", "stage": "WON"},
        {"name": "e", "stage": "NEGOTIATION"},
    )

    data = await client.data(
        """query ($by: GroupOrderKind) { opportunities {
          stages: groups(by: [{stage: true}], orderBy: $by) { key { stage } }
          months: groups(by: [{closeDate: MONTH}], orderBy: KEY, first: 3) { key { closeDate } }
          names: groups(by: [{name: true}], orderBy: KEY) { key { name } }
          largest: groups(by: [{stage: true}], orderBy: COUNT) { key { stage } }
        } }""",
        by="KEY",
    )

    found = {
        name: [one for it in groups for one in it["key"].values()]
        for name, groups in data["opportunities"].items()
    }
    assert found == {
        "stages": ["INITIAL", "SOLUTION", "NEGOTIATION", "WON"],
        "months": [None, "2026-01-01", "2026-02-01"],
        "names": ["A", "b", "C", "d", "e"],
        "largest": ["SOLUTION", "INITIAL", "NEGOTIATION", "WON"],
    }


async def test_shows_the_stage_and_how_it_came_to_it(client: Client) -> None:
    found = await client.one("opportunity", name="a", stage="SOLUTION")

    data = await client.data(
        """query ($id: ID!) { opportunity(id: $id) {
          stage { key title kind probability forecastCategory since }
          stageHistory { kind fromStage toStage enteredAt exitedAt }
          probability weightedAmount
        } }""",
        id=found,
    )

    shown = data["opportunity"]
    assert shown["stage"].pop("since") == shown["stageHistory"][0].pop("enteredAt")
    assert shown["stage"] == {
        "key": "SOLUTION",
        "title": "Solution proof",
        "kind": "OPEN",
        "probability": "0.5",
        "forecastCategory": "best_case",
    }
    assert shown["stageHistory"][0]["toStage"] == "SOLUTION"
    assert shown["stageHistory"][0]["fromStage"] is None


async def test_shows_what_changed(client: Client) -> None:
    found = await client.one("account", name="Acme", tier="KEY")
    await client.data(
        """mutation ($id: ID!) { updateAccount(id: $id, input: {tier: STRATEGIC, employees: 5}) {
          errors { code }
        } }""",
        id=found,
    )

    data = await client.data(
        """query ($id: ID!) { account(id: $id) { version history(first: 1) {
          version kind source at user { id } changes { field before after }
        } } }""",
        id=found,
    )

    (change,) = data["account"]["history"]
    assert change["version"] == data["account"]["version"] == 2
    assert (change["kind"], change["source"]) == ("update", "api")
    assert sorted(change["changes"], key=lambda it: it["field"]) == [
        {"field": "employees", "before": None, "after": 5},
        {"field": "tier", "before": "KEY", "after": "STRATEGIC"},
    ]


async def test_what_is_planned_is_nobodys_last_activity(client: Client) -> None:
    deal = await client.one("opportunity", name="Robots", stage="INITIAL")
    for year, done in ((2025, True), (2027, False)):
        when = f"{year}-01-05T08:00:00Z"
        await client.one("activity", subject="Call", occurredAt=when, done=done, opportunity=deal)
    found = await client.data("{ opportunities { nodes { lastActivityAt } } }")
    assert found["opportunities"]["nodes"] == [{"lastActivityAt": "2025-01-05T08:00:00.000000Z"}]


async def test_tells_stages_in_the_language_of_the_tenant(client: Client) -> None:
    chinese = Settings(key=f"zh{tenants.new_id()}"[:40], language="zh-CN")
    other = await a_client(client.store, crm_layers(), settings=chinese, answers=client.answers)
    source = "{ opportunities { nodes { stage { key title kind } } } }"
    told = []
    for one in (client, other, client):
        await one.one("opportunity", name="Robots", stage="WON")
        nodes = (await one.data(source))["opportunities"]["nodes"]
        told.append({(it["stage"]["title"], it["stage"]["kind"]) for it in nodes})

    assert told == [{("Won", "WON")}, {("赢单", "WON")}, {("Won", "WON")}]


async def test_goes_on_in_a_history_by_the_version_that_a_variable_holds(client: Client) -> None:
    account = await client.one("account", name="Acme")
    for employees in (1, 2, 3):
        await client.data(
            """mutation ($id: ID!, $n: Int) { updateAccount(id: $id, input: {employees: $n}) {
              errors { code }
            } }""",
            id=account,
            n=employees,
        )
    source = """query ($id: ID!, $before: Int) {
      account(id: $id) { history(first: 2, before: $before) { version } }
    }"""

    newest = await client.data(source, id=account)
    older = await client.data(source, id=account, before=3)

    assert [it["version"] for it in newest["account"]["history"]] == [4, 3]
    assert [it["version"] for it in older["account"]["history"]] == [2, 1]


async def test_leaves_out_what_is_skipped_and_merges_what_comes_twice(client: Client) -> None:
    await client.one("account", name="Acme", employees=7)
    source = """query ($no: Boolean!, $yes: Boolean!) {
      accounts { nodes { name @skip(if: $no) employees @include(if: $yes) } }
      accounts { totalCount nodes { ...Size } }
    }
    fragment Size on Account { employees }"""

    both = await client.data(source, no=False, yes=True)
    neither = await client.data(source, no=True, yes=False)

    assert both["accounts"] == {"nodes": [{"name": "Acme", "employees": 7}], "totalCount": 1}
    assert neither["accounts"] == {"nodes": [{"employees": 7}], "totalCount": 1}


async def test_answers_in_the_order_of_the_question(client: Client) -> None:
    answer = await client.ask(
        "{ __typename b: accounts { totalCount } me { role } a: accounts { totalCount } }"
    )

    assert list(answer["data"]) == ["__typename", "b", "me", "a"]
    assert answer["data"]["__typename"] == "Query"


async def test_tells_what_a_question_cost(client: Client) -> None:
    answer = await client.ask("{ accounts(first: 10) { nodes { id name } totalCount } }")

    assert answer["extensions"] == {"cost": 21}


async def test_gives_null_for_what_a_fragment_asks_of_another_type(client: Client) -> None:
    account = await client.one("account", name="Acme")

    data = await client.data(
        "query ($id: ID!) { node(id: $id) { ... on Contact { name } } }", id=account
    )

    assert data == {"node": {}}


async def test_shows_money_in_the_currency_of_the_record(client: Client) -> None:
    found = await client.one("opportunity", name="a", amount="100.5", currency="CNY")

    data = await client.data(
        "query ($id: ID!) { opportunity(id: $id) { amount amountCorporate currency } }", id=found
    )

    assert data["opportunity"] == {
        "amount": "100.50",
        "amountCorporate": "100.50",
        "currency": "CNY",
    }


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("{ accounts(first: 1001) { totalCount } }", "max_page"),
        ("{ accounts(first: 1000) { nodes { contacts(first: 100) { nodes { id } } } } }", "cost"),
    ],
)
async def test_refuses_what_is_too_large_before_anything_runs(
    client: Client, source: str, limit: str
) -> None:
    answer = await client.ask(source)

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["limit"] == limit


async def test_refuses_too_many_conditions(client: Client) -> None:
    names = [f"c{n}" for n in range(9)]
    heads = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: __typename @skip(if: ${name})" for name in names)

    answer = await client.ask(f"query ({heads}) {{ {fields} }}", **dict.fromkeys(names, False))

    assert answer["errors"][0]["extensions"]["limit"] == "conditions"


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('query ($v: ID = "x") { account(id: $v) { id } }', {"argument": ["id"]}),
        ('query ($v: ID = "x") { node(id: $v) { id } }', {"argument": ["id"]}),
        (
            """query ($v: OpportunityContactRoles = USER) {
              opportunities { nodes { decisionChain { pathTo(role: $v) { key } } } } }""",
            {"argument": ["role"]},
        ),
        ("query ($v: Boolean = true) { me @skip(if: $v) { role } }", {"variable": ["v"]}),
        (
            "query ($v: Boolean = true) { accounts { totalCount @include(if: $v) } }",
            {"variable": ["v"]},
        ),
        (
            """mutation ($v: Boolean = true) {
              createAccount(input: {name: "A"}) { account { id @include(if: $v) } } }""",
            {"variable": ["v"]},
        ),
    ],
)
async def test_a_default_does_not_stand_in_for_an_explicit_null(
    client: Client, source: str, wrong: dict[str, object]
) -> None:
    with_default = await client.ask(source)
    with_null = await client.ask(source, v=None)

    assert "errors" not in with_default
    (error,) = with_null["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", **wrong}
    assert "data" not in with_null


async def test_a_question_takes_one_statement_however_much_it_asks(
    watched: tuple[Client, list[str]],
) -> None:
    client, seen = watched
    source = """{
      accounts { nodes { name contacts { nodes { name account { name } } totalCount } } }
      opportunities { aggregate { count amount { sum } } groups(by: [{stage: true}]) { key { stage } } }
      node(id: "x") { id }
    }"""
    await client.data("{ accounts { totalCount } }")  # looks up the metadata, and the size
    await asyncio.sleep(0.01)
    for _ in range(2):
        seen.clear()
        await client.data(source)
        await asyncio.sleep(0)  # until the logger is called
        assert len(seen) == 1


async def test_a_field_of_python_and_one_of_the_database_meet_in_one_answer(store: object) -> None:
    client = await a_client(store, crm_layers())  # type: ignore[arg-type]
    user = await client.one("user", name="Li", email="li@example.com")
    asking = client.acting(user=user)

    data = await asking.data("{ me { user { id ... on User { name } } } users { totalCount } }")

    assert data == {
        "me": {"user": {"id": user, "name": "Li"}},
        "users": {"totalCount": 1},
    }


async def test_who_made_a_record_is_nobody_once_they_are_deleted(store: object) -> None:
    client = await a_client(store, crm_layers())  # type: ignore[arg-type]
    user = await client.one("user", name="Li", email="li@example.com")
    await client.acting(user=user).create("account", {"name": "a", "owner": None})
    source = """{ accounts { nodes { createdBy { name } } }
      nobody: accounts(filter: {createdBy: {isNull: true}, updatedBy: {isNull: true}}) { totalCount }
      somebody: accounts(filter: {createdBy: {not: {isNull: true}}}) { totalCount } }"""
    assert await client.data(source) == {
        "accounts": {"nodes": [{"createdBy": {"name": "Li"}}]},
        "nobody": {"totalCount": 0},
        "somebody": {"totalCount": 1},
    }

    await client.data("mutation ($id: ID!) { deleteUser(id: $id) { deletedId } }", id=user)

    assert await client.data(source) == {
        "accounts": {"nodes": [{"createdBy": None}]},
        "nobody": {"totalCount": 1},
        "somebody": {"totalCount": 0},
    }


async def test_lists_the_limits(client: Client) -> None:
    data = await client.data("{ limits { name value description } }")

    assert {it["name"]: it["value"] for it in data["limits"]} == {
        it.name: it.value for it in Limits().listing()
    }


@pytest.mark.parametrize(
    ("declared", "filters"),
    [
        ("$names: [String!]", "{name: {in: $names}}"),
        ("$ids: [ID!]", "{or: [{id: {in: $ids}}, {parent: {id: {notIn: $ids}}}]}"),
    ],
)
async def test_filters_have_lists_of_limited_length(
    client: Client, declared: str, filters: str
) -> None:
    source = f"query ({declared}) {{ accounts(filter: {filters}) {{ totalCount }} }}"
    name, most = declared[1:].split(":")[0], 10_000 // filters.count(" $")
    values = [str(number) for number in range(most + 1)]

    assert await client.codes(source, **{name: values[:-1]}) == []
    answer = await client.ask(source, **{name: values})
    assert [it["extensions"]["limit"] for it in answer["errors"]] == ["values"]
