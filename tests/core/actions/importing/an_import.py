"""A tenant with the `crm` pack, and imports into it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.actions.importing.feeds import GivenFeed
from core.actions.importing.mapping import ImportMapping
from core.actions.importing.planning import Job, planned
from core.actions.importing.report import Reject, Report
from core.actions.importing.running import Options, run
from core.actions.tenants import create_tenant
from core.identity import Actor, Role
from core.packs.loading import load
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from plugins.built_in import BUILT_IN
from tests.core.a_store import World

KEYS = itertools.count(1)
OFFER = load(BUILT_IN)


@dataclass(slots=True)
class Kept:
    """A watcher that remembers."""

    rejects: list[Reject] = field(default_factory=list)
    begins: int = 0
    shares: list[tuple[str, float]] = field(default_factory=list)
    looks: list[tuple[str, float]] = field(default_factory=list)

    def begun(self) -> None:
        self.begins += 1
        self.rejects.clear()

    def looked(self, feed: str, share: float) -> None:
        self.looks.append((feed, share))

    def progressed(self, report: Report, feed: str, share: float) -> None:
        self.shares.append((feed, share))

    def rejected(self, reject: Reject) -> None:
        self.rejects.append(reject)

    @property
    def told(self) -> list[tuple[int, str, str]]:
        """(line, column, code) of everything that is wrong."""
        return [
            (reject.line, flaw.column, flaw.code)
            for reject in self.rejects
            for flaw in reject.flaws
        ]


async def a_crm(database: Database, role: Role = Role.ADMIN, **settings: str) -> World:
    """A new tenant with the base pack."""
    store = Store(database, OFFER)
    key = Settings(key=f"i{os.getpid()}-{next(KEYS)}", **settings)
    tenant = await create_tenant(store, key, ["crm"])
    return World(store, Actor(tenant.id, role))


async def load_files(
    world: World, mapping: ImportMapping, paths: Sequence[Path], options: Options | None = None
) -> tuple[Report, Kept]:
    """Import files."""
    published = await world.store.published(world.tenant)
    jobs = planned(mapping, paths, published.metadata)
    return await load_jobs(world, jobs, options)


async def load_rows(
    world: World,
    mapping: ImportMapping,
    rows: Sequence[Mapping[str, Any]],
    options: Options | None = None,
) -> tuple[Report, Kept]:
    """Import rows that are in memory, by each step of the mapping."""
    jobs = [Job(step, (GivenFeed("rows", rows),)) for step in mapping.steps]
    return await load_jobs(world, jobs, options)


async def load_jobs(
    world: World, jobs: Sequence[Job], options: Options | None = None
) -> tuple[Report, Kept]:
    kept = Kept()
    report = await run(world.actor, world.store, jobs, options or Options(), kept)
    return report, kept


async def data(world: World, object: str, *fields: str) -> list[tuple[Any, ...]]:
    """The values of all live records of an object, in the order of their ids."""
    published = await world.store.published(world.tenant)
    sql = (
        "select * from record where tenant_id = $1 and object = $2 and deleted_at is null"
        " order by id"
    )
    places = published.storage.places[object]
    return [
        tuple(row["data"].get(places[name].key) if name in places else row[name] for name in fields)
        for row in await world.rows(sql, object)
    ]
