"""What a schema says of itself, worked out elsewhere."""

from __future__ import annotations

import asyncio
import gzip
import time

import orjson
import pytest
from graphql import (
    build_client_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_schema,
)

from core.errors import Timeout
from schema.introspection import Introspector
from schema.platform.strawberry_schema import platform
from schema.requests import Request
from schema.types.tenant_schema import full
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import crm, crm_layers

EVERYTHING = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
    one_of=True,
)


async def test_tells_clients_the_whole_schema(client: Client) -> None:
    data = await client.data(EVERYTHING)

    told = lexicographic_sort_schema(build_client_schema(data))
    assert print_schema(told) == print_schema(lexicographic_sort_schema(full(crm(), platform())))


async def test_tells_which_inputs_take_one_field(client: Client) -> None:
    source = """{
      order: __type(name: "AccountOrderBy") { isOneOf }
      input: __type(name: "AccountInput") { isOneOf }
      record: __type(name: "Account") { isOneOf }
    }"""

    assert await client.data(source) == {
        "order": {"isOneOf": True},
        "input": {"isOneOf": False},
        "record": {"isOneOf": None},
    }


async def test_others_are_served_meanwhile(client: Client) -> None:
    await client.data("{ accounts { totalCount } }")
    describing = asyncio.create_task(
        client.data(f"query Fresh {EVERYTHING[EVERYTHING.index('{') :]}")
    )
    slowest = 0.0
    while not describing.done():
        started = time.perf_counter()
        await client.data("{ accounts { totalCount } }")
        slowest = max(slowest, time.perf_counter() - started)

    assert (await describing)["__schema"]["types"]
    assert slowest < 1


async def test_is_kept_and_sent_compressed_to_who_takes_it(client: Client) -> None:
    source = "{ __schema { queryType { name } } }"
    plain = await client.ask(source)
    request = Request(source, None, {}, {}, "POST", "r", gzip=True)

    answer = await client.answers.answer(client.actor, request)

    assert answer.gzip
    assert orjson.loads(gzip.decompress(answer.body)) == plain
    assert client.answers.stats()["introspection"].hits > 0


async def test_stands_beside_data(client: Client) -> None:
    data = await client.data(
        """query ($name: String!) {
          accounts { totalCount } kind: __type(name: $name) { kind } me { role } __typename
        }""",
        name="AccountFilter",
    )

    assert list(data.items()) == [
        ("accounts", {"totalCount": 0}),
        ("kind", {"kind": "INPUT_OBJECT"}),
        ("me", {"role": "ADMIN"}),
        ("__typename", "Query"),
    ]


async def test_a_type_that_is_not_there_is_null(client: Client) -> None:
    assert await client.data('{ __type(name: "Nothing") { name } }') == {"__type": None}


async def test_one_tenant_does_not_keep_others_from_theirs(client: Client) -> None:
    neighbour = await a_client(client.store, crm_layers(), answers=client.answers)
    many = [
        asyncio.create_task(client.codes(f'{{ __type(name: "Many{number}") {{ name }} }}'))
        for number in range(30)
    ]
    await asyncio.sleep(0)
    answered = await neighbour.data('{ __type(name: "Query") { name } }')
    codes = await asyncio.gather(*many)

    assert answered == {"__type": {"name": "Query"}}
    assert ["LIMIT_EXCEEDED"] in codes
    assert [] in codes
    assert await client.codes('{ __type(name: "Many") { name } }') == []


async def test_a_description_that_takes_too_long_is_given_up(client: Client) -> None:
    hasty = Introspector(seconds=0.001)

    with pytest.raises(Timeout):
        await hasty.faults(client.actor.tenant, crm())
