"""Two tenants on one server, seen by the one who wants to know about the other."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

import server
from core.actions.tenants import create_tenant
from core.identity import Role
from core.packs import loading
from core.store.database.connections import Database
from core.store.tenancy import tokens
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from core.store.tenancy.tokens import Grant
from plugins.built_in import BUILT_IN
from tests.conftest import Copies, Urls

UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SETTING = """
mutation {
  createAccounts(inputs: [
    {name: "Hidden Holding", externalId: "X-1", registrationNumber: "R-1", employees: 77}
    {name: "Hidden Branch", externalId: "X-2"}
  ]) { accounts { id } errors { message } }
}
"""
MORE = """
mutation($parent: ID!, $child: ID!) {
  reparentAccount(id: $child, parent: $parent) { errors { message } }
  createContact(input: {name: "Hidden Person", account: $parent, externalId: "P-1"}) {
    contact { id } errors { message }
  }
  createOpportunity(input: {name: "Hidden deal", account: $parent, amount: "4711", stage: WON}) {
    opportunity { id } errors { message }
  }
}
"""
CURSOR = "{ accounts(orderBy: [{name: ASC}], first: 1) { pageInfo { endCursor } } }"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A client of the server, and the records that it has."""

    client: TestClient
    token: str
    account: str = ""
    contact: str = ""
    opportunity: str = ""

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        answer = self.client.post(
            "/graphql", json=body, headers={"authorization": f"Bearer {self.token}"}
        )
        found: dict[str, Any] = answer.json()
        found.pop("extensions", None)
        return found

    def get(self, query: str, **variables: object) -> dict[str, Any]:
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found


@pytest.fixture(scope="module")
async def own_urls(copies: Copies) -> AsyncIterator[Urls]:
    name = f"dealgraph_{uuid4().hex}"
    yield await copies.make(name)
    await copies.drop(name)


@pytest.fixture(scope="module")
async def secrets(own_urls: Urls) -> tuple[str, str]:
    """Tokens of two tenants with the same pack."""
    database = await Database.open(own_urls.app)
    store = Store(database, loading.load(BUILT_IN))
    made = [await create_tenant(store, Settings(key), ["crm"]) for key in ("victim", "attacker")]
    grant = Grant(Role.ADMIN)
    found = [(await tokens.mint(tenant.id, database, grant))[0] for tenant in made]
    await database.close()
    return found[0], found[1]


@pytest.fixture(scope="module")
def client(own_urls: Urls) -> Iterator[TestClient]:
    app = server.create_app(server.Settings(database_url=own_urls.app))
    with TestClient(app) as opened:
        yield opened


@pytest.fixture(scope="module")
def victim(client: TestClient, secrets: tuple[str, str]) -> Tenant:
    tenant = Tenant(client, secrets[0])
    accounts = tenant.get(SETTING)["createAccounts"]["accounts"]
    parent, child = (account["id"] for account in accounts)
    made = tenant.get(MORE, parent=parent, child=child)
    contact, opportunity = (
        made["createContact"]["contact"],
        made["createOpportunity"]["opportunity"],
    )
    return Tenant(client, secrets[0], parent, contact["id"], opportunity["id"])


@pytest.fixture(scope="module")
def attacker(client: TestClient, secrets: tuple[str, str]) -> Tenant:
    tenant = Tenant(client, secrets[1])
    made = tenant.get(
        "mutation { createAccount(input: {name: "
        '"Mine", externalId: "M-1"}) { account { id } errors { message } } }'
    )
    return Tenant(client, secrets[1], made["createAccount"]["account"]["id"])


READS = {
    "node": "query($id: ID!) { node(id: $id) { id } }",
    "record": "query($id: ID!) { account(id: $id) { id name version } }",
    "filter by id": "query($id: ID!) { accounts(filter: {id: {eq: $id}}) { totalCount nodes { id } } }",
    "filter by ids": "query($id: ID!) { accounts(filter: {in: [$id]}) { totalCount nodes { id } } }",
    "filter by reference": (
        "query($id: ID!) { opportunities(filter: {account: {eq: $id}})"
        " { totalCount aggregate { count amount { sum } } } }"
    ),
    "not that one": "query($id: ID!) { accounts(filter: {ne: $id}) { totalCount nodes { name } } }",
    "subtree": "query($id: ID!) { accounts(filter: {under: $id}) { totalCount nodes { id } } }",
    "history": "query($id: ID!) { account(id: $id) { history { version changes { field } } } }",
}


@pytest.mark.parametrize("query", READS.values(), ids=READS.keys())
def test_a_foreign_id_reads_like_one_that_nobody_has(
    query: str, victim: Tenant, attacker: Tenant
) -> None:
    assert attacker.ask(query, id=victim.account) == attacker.ask(query, id=str(uuid4()))


WRITES = {
    "refer to it": (
        'mutation($id: ID!) { createContact(input: {name: "Spy", account: $id})'
        " { contact { id } errors { path code message } } }"
    ),
    "change": (
        'mutation($id: ID!) { updateAccount(id: $id, input: {name: "Taken"}, ifVersion: 1)'
        " { account { id } errors { path code message } } }"
    ),
    "change among others": (
        'mutation($id: ID!) { updateAccounts(updates: [{id: $id, input: {name: "Taken"}}])'
        " { accounts { id } errors { path code message } } }"
    ),
    "delete": "mutation($id: ID!) { deleteAccount(id: $id) { deletedId errors { path code message } } }",
    "restore": (
        "mutation($id: ID!) { restoreAccount(id: $id) { account { id } errors { path code message } } }"
    ),
    "move": (
        "mutation($id: ID!) { reparentAccount(id: $id, parent: null) { account { id } errors { path code message } } }"
    ),
    "move below it": (
        "mutation($id: ID!, $own: ID!) { reparentAccount(id: $own, parent: $id)"
        " { account { id } errors { path code message } } }"
    ),
    "give to its user": (
        'mutation($id: ID!) { createAccount(input: {name: "Spy", owner: $id})'
        " { account { id } errors { path code message } } }"
    ),
}


@pytest.mark.parametrize("mutation", WRITES.values(), ids=WRITES.keys())
def test_a_foreign_id_is_refused_like_one_that_nobody_has(
    mutation: str, victim: Tenant, attacker: Tenant
) -> None:
    own = {"own": attacker.account} if "$own" in mutation else {}
    foreign, unknown = (
        attacker.ask(mutation, id=wanted, **own) for wanted in (victim.account, str(uuid4()))
    )
    assert UUIDS.sub("", str(foreign)) == UUIDS.sub("", str(unknown))
    (payload,) = foreign["data"].values()
    assert payload["errors"]
    assert victim.get("query($id: ID!) { account(id: $id) { name } }", id=victim.account) == {
        "account": {"name": "Hidden Holding"}
    }


def test_sums_and_lists_hold_ones_own_alone(victim: Tenant, attacker: Tenant) -> None:
    found = attacker.get(
        "{ accounts { totalCount aggregate { employees { sum max } } groups(by: [{name: true}])"
        " { key { name } } nodes { name } } opportunities { totalCount aggregate { count } } }"
    )
    assert "Hidden" not in str(found)
    assert found["accounts"]["aggregate"]["employees"] == {"sum": "0", "max": None}
    assert found["opportunities"] == {"totalCount": 0, "aggregate": {"count": 0}}


def test_a_foreign_cursor_leads_only_through_ones_own(victim: Tenant, attacker: Tenant) -> None:
    cursor = victim.get(CURSOR)["accounts"]["pageInfo"]["endCursor"]
    page = attacker.get(
        "query($c: String) { accounts(orderBy: [{name: ASC}], after: $c) { nodes { name } } }",
        c=cursor,
    )
    names = [node["name"] for node in page["accounts"]["nodes"]]
    assert "Mine" in names
    assert "Hidden" not in str(names)


def test_a_foreign_key_is_free(victim: Tenant, attacker: Tenant) -> None:
    made = attacker.get(
        'mutation { createAccount(input: {name: "Same key", externalId: "X-1",'
        ' registrationNumber: "R-1"}) { account { id } errors { message } } }'
    )["createAccount"]
    assert made["errors"] == []
    again = attacker.get(
        'mutation { upsertAccounts(key: EXTERNAL_ID, inputs: [{externalId: "X-2", name: "Own"}])'
        " { accounts { version } errors { message } } }"
    )["upsertAccounts"]
    assert again == {"accounts": [{"version": 1}], "errors": []}
    names = victim.get("{ accounts(orderBy: [{name: ASC}]) { nodes { name } } }")["accounts"]
    assert [node["name"] for node in names["nodes"]] == ["Hidden Branch", "Hidden Holding"]


def test_ones_secret_with_the_others_name_opens_nothing(victim: Tenant, attacker: Tenant) -> None:
    theirs, ours = (
        base64.urlsafe_b64decode(token.removeprefix("dg_"))
        for token in (victim.token, attacker.token)
    )
    forged = "dg_" + base64.urlsafe_b64encode(theirs[:16] + ours[16:]).decode()
    answer = Tenant(attacker.client, forged).ask("{ accounts { totalCount } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


def test_tokens_and_versions_are_ones_own(victim: Tenant, attacker: Tenant) -> None:
    found = attacker.get("{ tokens { key } me { tenant { key } } }")
    assert len(found["tokens"]) == 1
    assert found["me"]["tenant"]["key"] == "attacker"
    (key,) = (token["key"] for token in victim.get("{ tokens { key } }")["tokens"])
    refused = attacker.get(
        "mutation($key: ID!) { revokeToken(key: $key) { errors { code } } }", key=key
    )
    assert refused["revokeToken"]["errors"] == [{"code": "NOT_FOUND"}]
    assert victim.get("{ me { role } }") == {"me": {"role": "ADMIN"}}
