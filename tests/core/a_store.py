"""Tenants with objects of their own, for tests that write records."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from core.actions import saving
from core.actions.tenants import create_tenant
from core.errors import Refused
from core.identity import API, Actor, Origin, Role, TenantId
from core.packs.offer import Offer, Pack
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from core.store.writing.transactions import Transaction, Work, writing

KEYS = itertools.count(1)
OBJECT = "https://dealgraph.dev/schemas/object-1.json"
PIPELINE = "https://dealgraph.dev/schemas/pipeline-1.json"
GRAPH = "https://dealgraph.dev/schemas/graph-1.json"
PACK = "https://dealgraph.dev/schemas/pack-1.json"
TEXT = {"type": "string"}
MONEY = {"type": "number", "x-type": "money"}


def an_object(key: str, fields: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """An object's declaration, with a name unless it says otherwise."""
    document = {"$schema": OBJECT, "$id": key, "title": key.title(), "type": "object"}
    properties = {"name": {"type": "string", "x-index": True}, **fields}
    return {**document, "x-title": "name", "properties": properties, **more}


def refers_to(
    object: str, on_delete: str = "restrict", inverse: str | None = None
) -> dict[str, Any]:
    """A reference's declaration."""
    reference = {"object": object, "onDelete": on_delete}
    return {"x-reference": reference if inverse is None else {**reference, "inverse": inverse}}


def offering(*documents: Mapping[str, Any]) -> Offer:
    """An offer of one base pack `base` that declares these."""
    head = {"$schema": PACK, "name": "base", "version": "1.0.0", "title": "Base", "layer": "base"}
    folders = {OBJECT: "objects", PIPELINE: "pipelines", GRAPH: "graphs"}
    files = {f"{folders[one['$schema']]}/{one['$id']}.json": one for one in documents}
    pack = Pack("base", "1.0.0", "Base", "test", {}, True, {"pack.json": head, **files})
    return Offer({"base": pack})


@dataclass(frozen=True, slots=True)
class World:
    """A tenant with declared objects, and who works there."""

    store: Store
    actor: Actor

    @property
    def tenant(self) -> TenantId:
        return self.actor.tenant

    async def create(self, object: str, /, origin: Origin = API, **values: Any) -> UUID:
        """One new record."""
        saved = await saving.create(self.actor, self.store, object, [values], origin=origin)
        return saved.ids[0]

    async def row(self, id: UUID) -> dict[str, Any]:
        """A record as the table holds it."""
        return (await self.rows("select * from record where tenant_id = $1 and id = $2", id))[0]

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """What a query of one table says; $1 is the tenant."""
        async with self.store.database.reading(self.tenant) as connection:
            return [dict(row) for row in await connection.fetch(sql, self.tenant, *arguments)]


async def a_world(database: Database, *documents: Mapping[str, Any], **settings: str) -> World:
    """A new tenant whose base pack declares these."""
    store = Store(database, offering(*documents))
    key = Settings(key=f"w{os.getpid()}-{next(KEYS)}", **settings)
    tenant = await create_tenant(store, key, ["base"])
    return World(store, Actor(tenant.id, Role.ADMIN))


async def problems_of(written: Awaitable[object]) -> list[tuple[tuple[str | int, ...], str]]:
    """(path, code) of everything for which a write is refused."""
    with pytest.raises(Refused) as refused:
        await written
    return [(problem.path, problem.code) for problem in refused.value.problems]


async def waiting(world: World, what: str = "advisory") -> int:
    """How many sessions wait for a lock of this kind."""
    async with world.store.database.reading(world.tenant) as connection:
        found: int = await connection.fetchval(
            "select count(*) from pg_locks where locktype = $1 and not granted", what
        )
    return found


LONGEST_WAIT = 60
"""Seconds after which nobody waits for the writer: the lock that they should meet is missing."""


@asynccontextmanager
async def a_slow_writer(
    world: World,
    takes: Work[object],
    goes_on: Work[object] | None = None,
    *,
    until: int = 1,
    what: str = "advisory",
) -> AsyncIterator[None]:
    """What begins inside meets a writer that holds what it took until so many wait for it."""
    holds, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        await takes(tx)
        holds.set()
        await may_go_on.wait()
        if goes_on is not None:
            await goes_on(tx)

    writer = asyncio.create_task(writing(world.tenant, world.store, slow))
    await holds.wait()
    yield
    async with asyncio.timeout(LONGEST_WAIT):
        while await waiting(world, what) < until:
            pass
        may_go_on.set()
        await writer
