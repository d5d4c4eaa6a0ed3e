"""Writes that are carried out here answer as graphql-core's executor would have them answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.an_api import Client

TYPENAME = "typename: __typename"
"""One field that is no write, and graphql-core answers the whole operation."""

DOCUMENTS: dict[str, tuple[str, dict[str, object]]] = {
    "names of its own, fragments, and what is asked for twice": (
        """mutation ($id: ID!) { %s
          one: updateAccount(id: $id, input: {name: "B"}) { ...Shown account { n: name } }
          updateAccount(id: $id, input: {name: "B"}) { w: warnings { code } ...Shown }
        }
        fragment Shown on AccountPayload {
          __typename account { __typename employees } e: errors { __typename p: path code message }
        }""",
        {},
    ),
    "what is left out": (
        """mutation ($id: ID!, $yes: Boolean = true, $no: Boolean!) { %s
          updateAccount(id: $id, input: {name: "B"}) @include(if: $yes) {
            account @skip(if: $yes) { name } errors @skip(if: $no) { code } deletedId }
          deleteAccount(id: $id) @include(if: $no) { deletedId }
        }""",
        {"no": False},
    ),
    "literals of every kind": (
        """mutation ($id: ID!) { %s updateAccount(id: $id, ifVersion: null, input: {
          name: "万科", employees: 12, industry: TECHNOLOGY, website: null }) {
          account { name employees industry website } errors { path code message } } }""",
        {},
    ),
    "variables inside a literal": (
        """mutation ($id: ID!, $name: String, $employees: Int, $industry: AccountIndustry) { %s
          updateAccount(id: $id, input: {
            name: $name, employees: $employees, industry: $industry }) {
          account { name employees industry } errors { path code } } }""",
        {"name": "C", "employees": None},
    ),
    "variables with defaults": (
        """mutation ($id: ID!, $name: String = "D", $version: Int) { %s
          updateAccount(id: $id, input: {name: $name}, ifVersion: $version) {
          account { name } errors { code } } }""",
        {},
    ),
    "null where a default made it valid": (
        """mutation ($id: ID!, $name: ID = "x") { %s
          updateAccount(id: $name, input: {name: "E"}) { account { name } errors { code } }
          other: updateAccount(id: $id, input: {name: "F"}) { account { name } } }""",
        {"name": None},
    ),
    "refusals": (
        """mutation { %s
          createOpportunity(input: {amount: "-1", account: "nobody"}) {
            opportunity { id } errors { path code message } warnings { code } }
          deleteAccount(id: "nobody") { deletedId errors { path code } } }""",
        {},
    ),
    "batches": (
        """mutation ($id: ID!, $inputs: [AccountInput!]!) { %s
          createAccounts(inputs: $inputs) { accounts { name } errors { path code } }
          updateAccounts(updates: [{id: $id, input: {name: "G"}}, {id: $id, input: {name: "G"}}]) {
            accounts { name } errors { path code } }
          deleteAccounts(ids: [$id, "x"]) { deletedIds errors { path code } } }""",
        {"inputs": [{"employees": 1}, {}]},
    ),
    "an upsert": (
        """mutation { %s upsertAccounts(key: EXTERNAL_ID, inputs: [
            {externalId: "e-1", name: "H"}, {externalId: "e-2", name: "I"}]) {
          accounts { name contacts(first: 1) { totalCount } } errors { code } } }""",
        {},
    ),
}


@pytest.mark.parametrize("which", DOCUMENTS)
async def test_writes_answer_as_graphql_core_would(client: Client, which: str) -> None:
    document, variables = DOCUMENTS[which]
    found = await client.one("account", name="A", externalId="e-0")
    given = variables | ({"id": found} if "$id: ID!" in document else {})

    async def asked(extra: str) -> dict[str, Any]:
        answer = await client.ask(document % extra, **given)
        for error in answer.get("errors", ()):
            del error["locations"]
        return answer

    by_graphql_core = await asked(TYPENAME)
    assert by_graphql_core["data"].pop("typename") == "Mutation"
    ours = await asked("")
    assert ours == by_graphql_core
    assert list(ours["data"]) == list(by_graphql_core["data"])


async def test_what_fails_leaves_the_others_as_they_are(client: Client) -> None:
    found = await client.one("account", name="A")
    document = """mutation ($id: ID!, $none: ID = "x") {
      a: updateAccount(id: $id, input: {name: "B"}) { account { name } }
      b: updateAccount(id: $none, input: {name: "C"}) { account { name } }
      c: updateAccount(id: $id, input: {employees: 3}) { account { name employees } }
    }"""

    answer = await client.ask(document, id=found, none=None)

    assert answer["data"] == {
        "a": {"account": {"name": "B"}},
        "b": None,
        "c": {"account": {"name": "B", "employees": 3}},
    }
    assert [it["path"] for it in answer["errors"]] == [["b"]]
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
