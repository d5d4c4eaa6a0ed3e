"""Bringing the tables of a database up to date, however many try at once.

A lock on a connection of its own lets one process in at a time. Each command may run twice, so
one that was killed half-way is simply run again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg import Connection
from tortoise.migrations.executor import MigrationExecutor

from core.store import engine, roles

LOCK = 0x6465616C  # "deal"


async def migrate(url: str) -> list[str]:
    """Apply what is missing, as the owner; the names of what was applied.

    Raises:
        Unavailable: something that needs more rights than ours is missing; the message holds the
            SQL that does it.
    """
    await engine.prepare()
    async with _alone(url), _connected(url) as connection:
        await roles.become_owner(connection)
        applied: list[str] = []

        def note(event: str, app: str, name: str) -> None:
            if event == "apply_done":
                applied.append(name)

        executor = MigrationExecutor(engine.on(connection), engine.MIGRATIONS)
        await executor.migrate(progress=note)
        return applied


async def pending(connection: Connection) -> list[str]:
    """The migrations that this database lacks, oldest first."""
    await engine.prepare()
    executor = MigrationExecutor(engine.on(connection), engine.MIGRATIONS)
    return [step.migration.name for step in await executor.plan()]


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[None]:
    async with _connected(url) as connection:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        yield


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(
        url, server_settings={"application_name": "dealgraph migrate"}
    )
    try:
        yield connection
    finally:
        await connection.close()
