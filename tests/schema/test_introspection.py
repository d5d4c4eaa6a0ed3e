"""What a schema says of itself, worked out elsewhere."""

from __future__ import annotations

import asyncio
import gzip
import time

import orjson
from graphql import build_client_schema, get_introspection_query

from schema.platform.strawberry_schema import platform
from schema.requests import Request
from schema.types.tenant_schema import full
from tests.schema.an_api import Client
from tests.schema.some_metadata import crm

EVERYTHING = get_introspection_query(input_value_deprecation=True)


async def test_describes_every_type(client: Client) -> None:
    data = await client.data(EVERYTHING)

    told = build_client_schema(data)
    expected = full(crm(), platform())
    assert told.type_map.keys() == expected.type_map.keys()
    assert str(told.type_map["Opportunity"]) == "Opportunity"


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
