"""A store with the built-in packs, and clients of tenants that have them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.store.database.connections import Database
from core.store.database.ways import Options
from core.store.tenancy.opening import Store
from core.store.tenancy.tokens import Doorkeeper
from schema.answering import Answers
from schema.limits import Limits
from tests.conftest import Urls
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import crm_layers, offer


@pytest.fixture(scope="session")
def store(database: Database) -> Store:
    return Store(database, offer())


@pytest.fixture
async def client(store: Store) -> Client:
    """An administrator of a new tenant with the built-in pack."""
    return await a_client(store, crm_layers())


@pytest.fixture
async def elsewhere(database: Database) -> Client:
    """An administrator of another tenant, served by another process."""
    return await a_client(Store(database, offer()), crm_layers())


@pytest.fixture(scope="session")
async def generous(store: Store) -> Client:
    """An administrator whom no limit on size keeps from asking."""
    limits = Limits(cost=10**9, aliases=1_000, depth=30, fields=100_000, overlaps=10**9)
    answers = Answers(store, Doorkeeper(store.database), limits)
    return await a_client(store, crm_layers(), answers=answers)


@pytest.fixture
async def watched(urls: Urls) -> AsyncIterator[tuple[Client, list[str]]]:
    """A client, and every statement that is sent for it from now on."""
    database = await Database.open(urls.app, Options(connections=1))
    seen: list[str] = []
    try:
        client = await a_client(Store(database, offer()), crm_layers())
        for plan in ("custom", "generic"):
            async with database.reading(client.actor.tenant, plan) as connection:
                connection.add_query_logger(lambda record: seen.append(record.query))
        yield client, seen
    finally:
        await database.close()
