"""Clients that leave while they are being answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
from starlette.types import Message

from schema.leaving import Disconnected
from schema.requests import Request
from tests.conftest import Urls
from tests.schema.an_api import Client

NAMES = "{ accounts { nodes { name } } }"
CREATE = 'mutation { createAccount(input: {name: "Acme"}) { errors { code } } }'
_WAITING = """
    select count(*) from pg_locks as l join pg_stat_activity as a using (pid)
    where not l.granted and l.relation = 'record'::regclass and a.datname = current_database()
"""


@dataclass(slots=True)
class Locked:
    """The table of records, while somebody else has it."""

    connection: asyncpg.Connection
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        """A client that sends no more, and leaves once it is told to."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def until(self, waiting: int) -> None:
        """Come back once so many wait for the table."""
        async with asyncio.timeout(30):
            while await self.connection.fetchval(_WAITING) != waiting:
                pass


@asynccontextmanager
async def locked(urls: Urls) -> AsyncIterator[Locked]:
    connection = await asyncpg.connect(urls.superuser)
    async with connection.transaction():
        await connection.execute("lock table record in access exclusive mode")
        yield Locked(connection)
    await connection.close()


def asking(client: Client, source: str, of: Locked) -> asyncio.Task[object]:
    request = Request(source, None, {}, {}, "POST", "r1", receive=of.receive)
    return asyncio.create_task(client.answers.answer(client.actor, request))


async def test_a_query_is_given_up_by_the_database_too(client: Client, urls: Urls) -> None:
    async with locked(urls) as table:
        asked = asking(client, NAMES, table)
        await table.until(waiting=1)

        table.left.set()

        with pytest.raises(Disconnected):
            await asked
        await table.until(waiting=0)
    assert await client.data(NAMES) == {"accounts": {"nodes": []}}


async def test_a_mutation_is_done_all_the_same(client: Client, urls: Urls) -> None:
    async with locked(urls) as table:
        asked = asking(client, CREATE, table)
        await table.until(waiting=1)
        table.left.set()
    await asked
    assert await client.data(NAMES) == {"accounts": {"nodes": [{"name": "Acme"}]}}


async def test_whoever_ends_the_work_meanwhile_ends_it(client: Client, urls: Urls) -> None:
    async with locked(urls) as table:
        asked = asking(client, NAMES, table)
        await table.until(waiting=1)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await table.until(waiting=0)
