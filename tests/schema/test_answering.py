"""How requests are answered: memories with an end, failures told, versions followed."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import weakref
from typing import Any

import pytest

from core.actions import metadata, publishing
from core.identity import Role
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from core.store.tenancy.tokens import Doorkeeper
from core.store.writing.transactions import confirm
from metadata import naming
from schema.answering import Answers
from schema.limits import Limits
from schema.live import Schemas
from schema.platform.strawberry_schema import platform
from schema.requests import Request
from tests.conftest import Urls
from tests.core.a_store import World, a_slow_writer, waiting
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import an_object, crm, crm_layers, declared, offer


async def test_questions_of_one_shape_share_a_plan(client: Client) -> None:
    source = "query ($f: AccountFilter) { accounts(filter: $f) { totalCount } }"

    for name in ("A", "B", "C"):
        await client.data(source, f={"name": {"eq": name}})
    before = client.answers.stats()["plans"]
    await client.data(source, f={"name": {"eq": "D"}})
    await client.data(source, f={"name": {"ne": "D"}})
    after = client.answers.stats()["plans"]

    assert (after.hits - before.hits, after.misses - before.misses) == (1, 1)


async def test_tenants_with_the_same_declarations_share_everything(store: Store) -> None:
    one = await a_client(store, crm_layers())
    other = await a_client(store, crm_layers(), answers=one.answers)
    source = "{ accounts { nodes { id name } } }"
    await one.create("account", {"name": "A"})
    await one.data(source)
    before = one.answers.stats()

    found = await other.data(source)

    after = one.answers.stats()
    assert found == {"accounts": {"nodes": []}}
    assert after["plans"].misses == before["plans"].misses
    assert after["schemas"].misses == before["schemas"].misses


def _not(levels: int) -> str:
    return "{not: " * levels + '{name: {eq: "a"}}' + "}" * levels


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("{ accounts { nodes { " + "parent { " * 10 + "id" + " }" * 13, "depth"),
        (
            "{ accounts(first: 1000) { nodes { contacts(first: 1000) { nodes { id name } } } } }",
            "cost",
        ),
        ("{ accounts(first: 1001) { nodes { id } } }", "max_page"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(51)) + " }", "aliases"),
        ("{ " + "a " * 5_001 + "}", "tokens"),
        ("{ __typename }" + " " * 50_000, "document"),
        (f"{{ accounts(filter: {_not(101)}) {{ totalCount }} }}", "nesting"),
        (f"{{ accounts(filter: {_not(300)}) {{ totalCount }} }}", "nesting"),
        (
            "query ($n: [ID!]!) { me { role } accounts(filter: {id: {in: $n}}) { totalCount } }",
            "values",
        ),
        ("mutation ($n: [ID!]!) { deleteAccounts(ids: $n) { deletedIds } }", "batch"),
    ],
    ids=(
        "depth",
        "cost",
        "page",
        "aliases",
        "tokens",
        "document",
        "nesting",
        "parsing",
        "values",
        "batch",
    ),
)
async def test_what_is_too_large_is_refused_before_any_statement(
    urls: Urls, source: str, limit: str
) -> None:
    database = await Database.open(urls.app)
    client = await a_client(Store(database, offer()), crm_layers())
    await client.data("{ me { role } }")
    await database.close()

    answer = await client.ask(source, n=["1"] * 10_001)

    assert "data" not in answer
    assert [it["extensions"]["code"] for it in answer["errors"]] == ["LIMIT_EXCEEDED"]
    assert answer["errors"][0]["extensions"]["limit"] == limit


async def test_every_memory_has_an_end(store: Store) -> None:
    limits = Limits()
    answers = Answers(store, Doorkeeper(store.database), limits)
    client = await a_client(store, crm_layers(), answers=answers)

    for n in range(60):
        await client.data(f"{{ a{n}: accounts {{ totalCount }} }}")

    for stats in answers.stats().values():
        assert stats.weight <= stats.capacity


def test_a_retired_schema_is_collected() -> None:
    schemas = Schemas(platform(), Limits(), room=5)
    gone = [weakref.ref(schemas.of(metadata).schema) for metadata in (crm(), declared())]

    for n in range(10):
        schemas.of(declared(an_object(f"thing{n}__c", {"name__c": {"type": "string"}})))
    gc.collect()

    assert [it() for it in gone] == [None, None]
    assert schemas.stats().entries <= 5


async def test_a_retired_schema_that_answered_and_refused_is_collected(store: Store) -> None:
    client = await a_client(store, crm_layers())
    await client.create("account", {"name": "A"})
    await client.ask("{ accounts { nodes { name contacts { totalCount } } } nothing }")
    await client.ask("query ($n: Int) { accounts(first: $n) { totalCount } }", n=-1)
    await client.ask("query ($n: Int) { accounts(first: $n) { totalCount } }", n="x")
    schemas = client.answers._schemas
    live = schemas.of(crm())
    gone = weakref.ref(live.schema)

    schemas._cache.clear()
    del live
    gc.collect()

    assert gone() is None


async def test_when_the_statement_fails_all_of_it_is_null_with_one_error(
    watched: tuple[Client, list[str]],
) -> None:
    client, _ = watched
    source = "{ a: accounts { totalCount } b: accounts { totalCount } __typename limits { name } }"
    await client.data(source)
    await client.store.database.close()

    whole = await client.ask("{ a: accounts { totalCount } b: accounts { totalCount } }")
    mixed = await client.ask(source)

    for answer in (whole, mixed):
        assert answer["data"]["a"] is answer["data"]["b"] is None
        (error,) = answer["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["a"], "UNAVAILABLE")
        assert error["locations"]
    assert mixed["data"]["limits"]


async def test_a_fault_of_ours_is_masked_and_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await client.data("{ __typename }")
    async with client.store.database.transaction(client.actor.tenant) as connection:
        await connection.execute(
            "update metadata_version set layers = '[]' where tenant_id = $1", client.actor.tenant
        )

    with caplog.at_level(logging.ERROR):
        answer = await client.ask("{ declarations { path } }")

    assert answer["data"] == {"declarations": None}
    assert answer["errors"][0]["extensions"] == {"code": "INTERNAL", "requestId": "r1"}
    assert "Traceback" not in str(answer)
    assert caplog.records[-1].exc_info is not None


async def test_tells_an_operation_that_does_not_exist(client: Client) -> None:
    assert await client.codes("query A { __typename } query B { __typename }") == [
        "OPERATION_RESOLUTION_FAILURE"
    ]


async def test_names_the_operation_and_its_cost_for_the_log(client: Client) -> None:
    request = Request(
        "query Mine { accounts(first: 2) { nodes { id } } }", None, {}, {}, "POST", "r"
    )

    answer = await client.answers.answer(client.actor, request)

    assert (answer.operation, answer.cost, answer.codes) == ("Mine", 2, ())


@pytest.mark.parametrize(
    ("source", "variables", "code"),
    [
        ("{ accounts { nodes { nam } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ accounts", {}, "GRAPHQL_PARSE_FAILED"),
        ("query ($id: ID!) { account(id: $id) { id } }", {}, "BAD_USER_INPUT"),
        ("query ($id: ID!) { account(id: $id) { id } }", {"id": {}}, "BAD_USER_INPUT"),
        ("query ($n: Int) { accounts(first: $n) { totalCount } }", {"n": 2**31}, "BAD_USER_INPUT"),
        (
            "query ($d: Date) { opportunities(filter: {closeDate: {eq: $d}}) { totalCount } }",
            {"d": "2026-02-30"},
            "BAD_USER_INPUT",
        ),
        (
            "query ($d: Decimal) { opportunities(filter: {amount: {eq: $d}}) { totalCount } }",
            {"d": "1e5"},
            "BAD_USER_INPUT",
        ),
        ('{ accounts(filter: {name: {eq: "a\\u0000"}}) { totalCount } }', {}, "BAD_TEXT"),
        ("{ accounts(filter: {}) { totalCount } }", {}, "EMPTY_FILTER"),
        ("{ accounts(first: 1, last: 2) { totalCount } }", {}, "BAD_PAGE"),
        ('{ accounts(after: "x") { totalCount } }', {}, "BAD_CURSOR"),
    ],
)
async def test_refuses_bad_input_before_anything_runs(
    watched: tuple[Client, list[str]], source: str, variables: dict[str, object], code: str
) -> None:
    client, seen = watched
    await client.data("{ __typename }")
    await asyncio.sleep(0.01)  # until the logger is called
    seen.clear()

    answer = await client.ask(source, **variables)

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == code
    assert [it for it in seen if "read.record" in it] == []


async def test_tells_which_part_of_which_variable_does_not_fit(client: Client) -> None:
    source = """mutation ($inputs: [OpportunityInput!]!, $first: Int!) {
      createOpportunities(inputs: $inputs) { opportunities { history(first: $first) { at } } }
    }"""
    inputs = [{"name": "A"}, {"name": "B", "amount": "a lot", "closeDate": "2026-02-30"}]

    answer = await client.ask(source, inputs=inputs)

    assert "data" not in answer
    told = [it["extensions"] for it in answer["errors"]]
    assert told == [
        {"code": "BAD_USER_INPUT", "variable": ["inputs", 1, "amount"]},
        {"code": "BAD_USER_INPUT", "variable": ["inputs", 1, "closeDate"]},
        {"code": "BAD_USER_INPUT", "variable": ["first"]},
    ]
    assert "$inputs' has invalid value at [1].amount: " in answer["errors"][0]["message"]
    assert answer["errors"][0]["locations"]


async def test_tells_of_an_unknown_field_without_the_whole_input(client: Client) -> None:
    source = "mutation ($input: AccountInput!) { createAccount(input: $input) { errors { code } } }"

    answer = await client.ask(source, input={"name": "A", "type": None, "colour": "red"})

    assert answer["errors"][0]["message"] == (
        "Variable '$input' has invalid value: "
        "Expected value of type 'AccountInput' not to include unknown field 'colour'."
    )


async def test_tells_of_twenty_misfits_at_most(client: Client) -> None:
    source = "query ($ids: [ID!]) { accounts(filter: {id: {in: $ids}}) { totalCount } }"

    answer = await client.ask(source, ids=[{}] * 500)

    assert len(answer["errors"]) == 20


async def test_a_cursor_whose_value_was_tampered_with_is_refused(client: Client) -> None:
    await client.create("account", {"name": "A", "employees": 1})
    source = """query ($after: String) {
      accounts(orderBy: [{employees: ASC}], after: $after) { edges { cursor } }
    }"""
    cursor = (await client.data(source))["accounts"]["edges"][0]["cursor"]
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    parts[1] = "1'; drop table record"
    bad = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    answer = await client.ask(source, after=bad)

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


async def test_two_tenants_with_the_same_ids_never_see_each_other(store: Store) -> None:
    one = await a_client(store, crm_layers())
    other = await a_client(store, crm_layers(), answers=one.answers)
    mine = await one.one("account", name="Secret", externalId="x")
    contact = await one.one("contact", name="Li", account=mine)
    await other.one("account", name="Theirs", externalId="x")
    async with store.database.transaction(other.actor.tenant) as connection:
        await connection.execute(
            "update record set id = $2 where tenant_id = $1 and object = 'account'",
            other.actor.tenant,
            mine,
        )
    asked = """query ($a: ID!, $c: ID!) {
      account(id: $a) { name contacts { totalCount } history { kind } subtree { aggregate { count } } }
      node(id: $c) { id } contact(id: $c) { id }
      accounts(filter: {or: [{id: {eq: $a}}, {name: {eq: "Secret"}}]}) {
        totalCount nodes { name } aggregate { count }
      }
      contacts(filter: {account: {id: {eq: $a}}}) { totalCount }
    }"""

    found = await other.data(asked, a=mine, c=contact)

    assert found == {
        "account": {
            "name": "Theirs",
            "contacts": {"totalCount": 0},
            "history": [],
            "subtree": {"aggregate": {"count": 0}},
        },
        "node": None,
        "contact": None,
        "accounts": {"totalCount": 1, "nodes": [{"name": "Theirs"}], "aggregate": {"count": 1}},
        "contacts": {"totalCount": 0},
    }


async def test_no_mutation_reaches_another_tenants_record(store: Store) -> None:
    one = await a_client(store, crm_layers())
    other = await a_client(store, crm_layers(), answers=one.answers)
    mine = await one.one("account", name="Secret")

    answers = [
        await other.data(source, id=mine)
        for source in (
            'mutation ($id: ID!) { a: updateAccount(id: $id, input: {name: "x"}) { errors { code } } }',
            "mutation ($id: ID!) { a: deleteAccount(id: $id) { errors { code } } }",
            "mutation ($id: ID!) { a: restoreAccount(id: $id) { errors { code } } }",
            "mutation ($id: ID!) { a: reparentAccount(id: $id, parent: null) { errors { code } } }",
            'mutation ($id: ID!) { a: createContact(input: {name: "x", account: $id}) { errors { code } } }',
        )
    ]

    assert [it["a"]["errors"][0]["code"] for it in answers] == ["NOT_FOUND"] * 5
    assert (await one.data("{ accounts { nodes { name version } } }"))["accounts"]["nodes"] == [
        {"name": "Secret", "version": 1}
    ]


async def test_readers_and_administrators_read_the_same(client: Client) -> None:
    await client.create("account", {"name": "A"})
    source = "{ accounts { nodes { name } } }"

    found = [await client.acting(role=role).data(source) for role in Role]

    assert found == [{"accounts": {"nodes": [{"name": "A"}]}}] * 3


async def test_a_statement_that_reads_too_many_tables_is_refused_before_it_runs(
    store: Store,
) -> None:
    answers = Answers(store, Doorkeeper(store.database), Limits(tables=4))
    client = await a_client(store, crm_layers(), answers=answers)
    far = "{ accounts { nodes { parent { parent { parent { parent { name } } } } } } }"

    assert await client.codes("{ accounts { nodes { parent { parent { name } } } } }") == []
    assert await client.codes(far) == ["LIMIT_EXCEEDED"]
    made = "account { parent { parent { parent { parent { name } } } } }"
    write = f'mutation {{ createAccount(input: {{name: "A"}}) {{ {made} }} }}'
    assert await client.codes(write) == ["LIMIT_EXCEEDED"]
    assert await client.data("{ accounts { totalCount } }") == {"accounts": {"totalCount": 0}}


async def test_a_write_that_waited_for_a_publish_is_answered_by_what_was_published(
    store: Store,
) -> None:
    _, answer = await _created_behind_a_publish(store, "email", removed=False)

    assert "errors" not in answer
    contact = {"name": "Lin", "email": "lin@example.com"}
    assert answer["data"] == {"createContact": {"contact": contact, "errors": []}}


async def test_a_write_that_asks_back_for_what_a_publish_removed_says_that_it_was_done(
    store: Store,
) -> None:
    client, answer = await _created_behind_a_publish(store, "extra__c", removed=True)

    assert answer["data"] == {"createContact": {"contact": None, "errors": []}}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "CONFLICT"
    assert "what was written stays written" in error["message"]
    found = await client.data("{ contacts { nodes { name } } }")
    assert found == {"contacts": {"nodes": [{"name": "Lin"}]}}


async def _created_behind_a_publish(
    store: Store, asked: str, *, removed: bool
) -> tuple[Client, dict[str, Any]]:
    """What a client is told who creates a contact while a field is published, or removed."""
    client = await a_client(store, crm_layers())
    world = World(store, client.actor)
    more = an_object("contact", {"extra__c": {"type": "string"}})
    await metadata.save_draft(client.actor, store, [more])
    if removed:
        await publishing.publish(client.actor, store)
        await metadata.save_draft(client.actor, store, [an_object("contact", {})])
    source = f"""mutation ($input: ContactInput!) {{
      createContact(input: $input) {{ contact {{ name {naming.field_name(asked)} }} errors {{ code }} }}
    }}"""
    given = {"name": "Lin", "email": "lin@example.com"}

    async with a_slow_writer(world, confirm, until=2):
        published = asyncio.create_task(publishing.publish(client.actor, store))
        while await waiting(world) < 1:
            pass
        asked_for = asyncio.create_task(client.ask(source, input=given))
    await published
    return client, await asked_for
