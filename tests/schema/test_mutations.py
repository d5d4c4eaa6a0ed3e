"""What can be written: payloads, user errors with paths of arguments, batches, versions."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLType,
    is_required_argument,
    is_required_input_field,
)

from core.identity import Role
from core.store.tenancy import tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import an_object, crm, crm_layers

FOR_ADMINISTRATORS = {
    *("saveDraft", "discardDraft", "publishDraft", "rollbackMetadata"),
    *("createToken", "revokeToken", "setExchangeRates", "deleteUser", "deleteUsers", "restoreUser"),
}
CREATE = """mutation ($input: OpportunityInput!) {
  createOpportunity(input: $input) {
    opportunity { id name amount stage { key } owner { name } contacts { totalCount } version }
    errors { path code message }
    warnings { path code }
  }
}"""
UPDATE = """mutation ($id: ID!, $input: AccountInput!, $ifVersion: Int) {
  updateAccount(id: $id, input: $input, ifVersion: $ifVersion) {
    account { name employees version }
    errors { path code }
  }
}"""


async def test_creates_a_record_and_shows_it(client: Client) -> None:
    owner = await client.one("user", name="Li")

    data = await client.data(CREATE, input={"name": "Deal", "amount": "12.5", "owner": owner})

    made = data["createOpportunity"]
    assert made["errors"] == []
    assert made["opportunity"].pop("id")
    assert made["opportunity"] == {
        "name": "Deal",
        "amount": "12.50",
        "stage": {"key": "INITIAL"},
        "owner": {"name": "Li"},
        "contacts": {"totalCount": 0},
        "version": 1,
    }


async def test_tells_what_a_rule_says_in_the_language_of_the_tenant(client: Client) -> None:
    chinese = Settings(key=f"zh{tenants.new_id()}"[:40], language="zh-Hans")
    other = await a_client(client.store, crm_layers(), settings=chinese, answers=client.answers)
    source = """mutation { createCampaign(
      input: {name: "Fair", startDate: "2026-02-01", endDate: "2026-01-01"}
    ) { errors { message } } }"""

    told = [(await one.data(source))["createCampaign"]["errors"] for one in (client, other)]

    assert told == [
        [{"message": "The end is before the start"}],
        [{"message": "结束日期早于开始日期"}],
    ]


async def test_tells_everything_that_is_wrong_by_the_names_of_arguments(client: Client) -> None:
    data = await client.data(CREATE, input={"amount": "-1", "account": "nobody"})

    made = data["createOpportunity"]
    assert made["opportunity"] is None
    assert {tuple(it["path"]) for it in made["errors"]} == {
        ("input", "name"),
        ("input", "amount"),
        ("input", "account"),
    }
    assert (await client.data("{ opportunities { totalCount } }"))["opportunities"] == {
        "totalCount": 0
    }


async def test_warns_and_writes_all_the_same(client: Client) -> None:
    data = await client.data(CREATE, input={"name": "Deal"} | {"closeDate": "2001-01-01"})

    made = data["createOpportunity"]
    assert made["opportunity"]["name"] == "Deal"
    assert [it["code"] for it in made["warnings"]] != []


async def test_changes_what_is_given_and_clears_what_is_null(client: Client) -> None:
    found = await client.one("account", name="Acme", employees=5, city="Wuhan")

    data = await client.data(UPDATE, id=found, input={"name": "Acme Ltd", "employees": None})

    assert data["updateAccount"] == {
        "account": {"name": "Acme Ltd", "employees": None, "version": 2},
        "errors": [],
    }
    kept = await client.data("query ($id: ID!) { account(id: $id) { city } }", id=found)
    assert kept == {"account": {"city": "Wuhan"}}


async def test_refuses_a_change_of_another_version(client: Client) -> None:
    found = await client.one("account", name="Acme")
    await client.data(UPDATE, id=found, input={"name": "B"})

    data = await client.data(UPDATE, id=found, input={"name": "C"}, ifVersion=1)

    assert {"path": ["ifVersion"], "code": "CONFLICT"} in data["updateAccount"]["errors"]


@pytest.mark.parametrize("wrong", ["x", "01900000-0000-7000-8000-000000000000"])
async def test_a_record_that_is_not_there_is_a_user_error(client: Client, wrong: str) -> None:
    data = await client.data(UPDATE, id=wrong, input={"name": "C"})

    assert data["updateAccount"] == {
        "account": None,
        "errors": [{"path": ["id"], "code": "NOT_FOUND"}],
    }


async def test_deletes_and_restores(client: Client) -> None:
    found = await client.one("account", name="Acme")

    gone = await client.data(
        "mutation ($id: ID!) { deleteAccount(id: $id) { deletedId account { id } errors { code } } }",
        id=found,
    )
    none = await client.data("query ($id: ID!) { account(id: $id) { id } }", id=found)
    back = await client.data(
        "mutation ($id: ID!) { restoreAccount(id: $id) { account { name } errors { code } } }",
        id=found,
    )

    assert gone["deleteAccount"] == {"deletedId": found, "account": None, "errors": []}
    assert none == {"account": None}
    assert back["restoreAccount"] == {"account": {"name": "Acme"}, "errors": []}


DELETED = """query ($which: RecordsKind, $filter: AccountFilter, $first: Int, $after: String) {
  accounts(records: $which, filter: $filter, orderBy: {updatedAt: DESC}, first: $first, after: $after) {
    nodes { name deletedAt contacts { totalCount } }
    totalCount aggregate { count } pageInfo { hasNextPage endCursor }
  }
}"""


async def test_deleted_records_are_listed_until_they_are_restored(client: Client) -> None:
    ids = [await client.one("account", name=name) for name in ("甲", "乙", "丙", "丁")]
    delete = "mutation ($id: ID!) { deleteAccount(id: $id) { deletedId } }"
    for gone in ids[:3]:
        await client.data(delete, id=gone)

    live = await client.data(DELETED)
    page = (await client.data(DELETED, which="DELETED", first=2))["accounts"]
    rest = await client.data(DELETED, which="DELETED", after=page["pageInfo"]["endCursor"])
    found = await client.data(DELETED, which="DELETED", filter={"name": {"eq": "甲"}})
    await client.data(
        "mutation ($id: ID!) { restoreAccount(id: $id) { errors { code } } }", id=ids[0]
    )
    left = await client.data(DELETED, which="DELETED")

    assert names_of(live) == ["丁"]
    assert [node["name"] for node in page["nodes"]] == ["丙", "乙"]
    assert all(node["deletedAt"] for node in page["nodes"])
    assert (page["totalCount"], page["aggregate"]["count"]) == (3, 3)
    assert names_of(rest) == names_of(found) == ["甲"]
    assert names_of(left) == ["丙", "乙"]


async def test_deleted_records_are_found_by_the_subtree_that_they_refer_into(
    client: Client,
) -> None:
    top = await client.one("account", name="集团")
    below = await client.one("account", name="子公司", parent=top)
    deal = await client.one("opportunity", name="商机", account=below)
    await client.one("opportunity", name="别的", account=below)
    await client.data("mutation ($id: ID!) { deleteOpportunity(id: $id) { deletedId } }", id=deal)

    found = await client.data(
        """query ($top: ID!) {
          opportunities(records: DELETED, filter: {account: {under: $top}}) {
            nodes { name } totalCount aggregate { count }
          }
        }""",
        top=top,
    )

    gone = {"nodes": [{"name": "商机"}], "totalCount": 1, "aggregate": {"count": 1}}
    assert found == {"opportunities": gone}


def names_of(data: Any) -> list[str]:
    return [node["name"] for node in data["accounts"]["nodes"]]


async def test_refuses_to_delete_what_others_refer_to(client: Client) -> None:
    account = await client.one("account", name="Acme")
    await client.one("contact", name="Li", account=account)

    data = await client.data(
        "mutation ($id: ID!) { deleteAccount(id: $id) { deletedId errors { path code } } }",
        id=account,
    )

    assert data["deleteAccount"]["deletedId"] is None
    assert data["deleteAccount"]["errors"][0]["path"] == ["id"]


async def test_a_batch_is_written_as_a_whole_or_not_at_all(client: Client) -> None:
    source = """mutation ($inputs: [ContactInput!]!) { createContacts(inputs: $inputs) {
      contacts { name } errors { path code }
    } }"""

    refused = await client.data(source, inputs=[{"name": "Li"}, {"city": "Wuhan"}])
    written = await client.data(source, inputs=[{"name": "Li"}, {"name": "Wang"}])

    assert refused["createContacts"] == {
        "contacts": None,
        "errors": [{"path": ["inputs", "1", "name"], "code": "REQUIRED"}],
    }
    assert written["createContacts"]["contacts"] == [{"name": "Li"}, {"name": "Wang"}]
    assert (await client.data("{ contacts { totalCount } }"))["contacts"]["totalCount"] == 2


async def test_updates_and_deletes_in_batches(client: Client) -> None:
    one, other = await client.create("account", {"name": "A"}, {"name": "B"})

    updated = await client.data(
        """mutation ($updates: [AccountUpdateInput!]!) { updateAccounts(updates: $updates) {
          accounts { name version } errors { path code }
        } }""",
        updates=[
            {"id": other, "input": {"name": "B2"}},
            {"id": one, "ifVersion": 1, "input": {"name": "A2"}},
        ],
    )
    refused = await client.data(
        "mutation ($ids: [ID!]!) { deleteAccounts(ids: $ids) { deletedIds errors { path code } } }",
        ids=[one, "nobody"],
    )
    deleted = await client.data(
        "mutation ($ids: [ID!]!) { deleteAccounts(ids: $ids) { deletedIds errors { path } } }",
        ids=[one, other],
    )

    assert updated["updateAccounts"] == {
        "accounts": [{"name": "B2", "version": 2}, {"name": "A2", "version": 2}],
        "errors": [],
    }
    assert refused["deleteAccounts"] == {
        "deletedIds": None,
        "errors": [{"path": ["ids", "1"], "code": "NOT_FOUND"}],
    }
    assert deleted["deleteAccounts"] == {"deletedIds": [one, other], "errors": []}


async def test_upserts_by_a_unique_key(client: Client) -> None:
    source = """mutation ($inputs: [AccountInput!]!) {
      upsertAccounts(key: EXTERNAL_ID, inputs: $inputs) {
        accounts { name version externalId } errors { path code }
      }
    }"""
    await client.one("account", name="Old", externalId="a")

    data = await client.data(
        source, inputs=[{"name": "New", "externalId": "a"}, {"name": "B", "externalId": "b"}]
    )

    assert data["upsertAccounts"] == {
        "accounts": [
            {"name": "New", "version": 2, "externalId": "a"},
            {"name": "B", "version": 1, "externalId": "b"},
        ],
        "errors": [],
    }


async def test_refuses_a_batch_that_is_too_large_before_anything_runs(client: Client) -> None:
    answer = await client.ask(
        "mutation ($inputs: [AccountInput!]!) { createAccounts(inputs: $inputs) { errors { code } } }",
        inputs=[{"name": "x"}] * 501,
    )

    assert answer["errors"][0]["extensions"]["limit"] == "batch"
    assert "data" not in answer


async def test_mutations_run_one_after_the_other(client: Client) -> None:
    found = await client.one("account", name="A")

    data = await client.data(
        """mutation ($id: ID!) {
          a: updateAccount(id: $id, input: {name: "B"}) { account { name version } }
          b: updateAccount(id: $id, input: {name: "C"}, ifVersion: 2) { account { name version } }
        }""",
        id=found,
    )

    assert list(data.values()) == [
        {"account": {"name": "B", "version": 2}},
        {"account": {"name": "C", "version": 3}},
    ]


async def test_who_may_only_read_writes_nothing(client: Client) -> None:
    reader = client.acting(role=Role.READER)

    answer = await reader.ask('mutation { createAccount(input: {name: "x"}) { account { id } } }')

    assert answer["data"] == {"createAccount": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert answer["errors"][0]["path"] == ["createAccount"]
    moving = 'mutation { reparentAccount(id: "1") { errors { code } } }'
    assert await reader.codes(moving) == ["FORBIDDEN"]


@pytest.mark.parametrize("role", [Role.READER, Role.MEMBER])
async def test_no_mutation_is_open_to_a_role_that_it_is_not_for(client: Client, role: Role) -> None:
    lower = client.acting(role=role)
    mutations = full(crm(), platform()).mutation_type
    assert mutations is not None
    assert mutations.fields.keys() >= FOR_ADMINISTRATORS
    for name, field in mutations.fields.items():
        if role is Role.MEMBER and name not in FOR_ADMINISTRATORS:
            continue
        needed = {it: of.type for it, of in field.args.items() if is_required_argument(of)}
        head = ", ".join(f"${it}: {of}" for it, of in needed.items())
        given = ", ".join(f"{it}: ${it}" for it in needed)
        called = f"mutation ({head}) {{ {name}({given})" if needed else f"mutation {{ {name}"
        values = {it: least(of) for it, of in needed.items()}

        assert (name, await lower.codes(f"{called} {{ __typename }} }}", **values)) == (
            name,
            ["FORBIDDEN"],
        )


def least(of: GraphQLType) -> object:
    """A value of an input type with no more than it asks for."""
    if isinstance(of, GraphQLNonNull):
        return least(of.of_type)
    if isinstance(of, GraphQLList):
        return [least(of.of_type)]
    if isinstance(of, GraphQLInputObjectType):
        needed = {it: each.type for it, each in of.fields.items() if is_required_input_field(each)}
        return {it: least(each) for it, each in needed.items()}
    if isinstance(of, GraphQLEnumType):
        return next(iter(of.values))
    return {"Int": 1, "Decimal": "1", "Date": "2026-01-01", "Json": {}}.get(str(of), "x")


async def test_refuses_a_bad_selection_of_a_payload_before_it_writes(client: Client) -> None:
    answer = await client.ask(
        """mutation ($n: Int) { createAccount(input: {name: "x"}) {
          account { contacts(first: $n) { totalCount } }
        } }""",
        n=-1,
    )

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "BAD_PAGE"
    assert (await client.data("{ accounts { totalCount } }"))["accounts"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"x": 1}, "BAD_USER_INPUT"),
        (5, "BAD_USER_INPUT"),
    ],
)
async def test_refuses_values_that_are_not_of_their_type(
    client: Client, value: object, kind: str
) -> None:
    answer = await client.ask(CREATE, input={"name": value})

    assert "data" not in answer
    assert [it["extensions"]["code"] for it in answer["errors"]] == [kind]


async def test_refuses_an_unknown_field_of_an_input(client: Client) -> None:
    answer = await client.ask(CREATE, input={"nmae": "x"})

    assert "data" not in answer
    assert "nmae" in answer["errors"][0]["message"]


async def test_numbers_stay_exact_from_end_to_end(client: Client) -> None:
    amount = "12345678901234567.89"

    data = await client.data(CREATE, input={"name": "x", "amount": amount})

    assert data["createOpportunity"]["opportunity"]["amount"] == amount


async def test_what_one_mutation_has_written_stays_when_the_next_is_refused(
    client: Client,
) -> None:
    written = await client.data(
        """mutation {
          one: createAccount(input: {name: "Acme"}) { errors { code } }
          other: createAccount(input: {name: ""}) { errors { code } }
        }"""
    )
    found = await client.data("{ accounts { nodes { name } } }")
    assert written == {"one": {"errors": []}, "other": {"errors": [{"code": "TOO_SHORT"}]}}
    assert found == {"accounts": {"nodes": [{"name": "Acme"}]}}


async def test_what_is_wrong_with_a_hidden_field_is_told_of_the_record(store: Store) -> None:
    visit = an_object(
        "visit__c",
        {"name__c": {"type": "string"}, "risk__c": {"type": "string", "x-hidden": True}},
        **{
            "x-rules": [
                {"key": "rated__c", "check": "risk__c != null", "message": "Nobody has rated it"}
            ]
        },
    )
    client = await a_client(store, crm_layers(visit))

    data = await client.data(
        """mutation { createVisits__c(inputs: [{name__c: "A"}]) { errors { path message } } }"""
    )

    (error,) = data["createVisits__c"]["errors"]
    assert error == {"path": ["inputs", "0"], "message": "Nobody has rated it"}
