"""Every database ends with the same tables, whoever migrates it and whatever interrupts."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from asyncpg import Connection

from core.errors import Unavailable
from core.store.database import migrating
from core.store.database.links import connected
from tests.conftest import Urls

NAMES = [
    "0001_tables",
    "0002_distribution",
    "0003_indexes",
    "0004_isolation",
    "0005_writing_at_once",
    "0006_by_creation",
    "0007_figures_by_stage",
    "0008_deleted",
    "0009_deleted_by_id",
    "0010_closing_rates",
]
MIGRATE = "import asyncio, sys; from core.store.database import migrating; "
MIGRATE += "asyncio.run(migrating.migrate(sys.argv[1]))"

CATALOGUE = """
    select 'column', table_schema || '.' || table_name || '.' || column_name, data_type || is_nullable
        || coalesce(column_default, '') || coalesce(collation_name, '')
    from information_schema.columns where table_schema in ('public', 'read')
    union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'policy', tablename || '.' || policyname, roles::text || cmd || qual
    from pg_policies where schemaname = 'public'
    union all select 'relation', oid::regclass::text, relowner::regrole || relkind::text
        || relrowsecurity || relforcerowsecurity || coalesce(relacl::text, '')
        || coalesce(reloptions::text, '')
    from pg_class where relnamespace in ('public'::regnamespace, 'read'::regnamespace)
    union all select 'statistics', stxname, pg_get_statisticsobjdef(oid) from pg_statistic_ext
    order by 1, 2"""


async def catalogue(url: str) -> list[tuple[str, ...]]:
    """Everything that migrations make, in words."""
    async with connected(url) as connection:
        return [tuple(row) for row in await connection.fetch(CATALOGUE)]


async def test_makes_everything_once(empty_urls: Urls, fresh_urls: Urls) -> None:
    assert await migrating.migrate(empty_urls.owner) == NAMES
    assert await migrating.migrate(empty_urls.owner) == []
    assert await catalogue(empty_urls.superuser) == await catalogue(fresh_urls.superuser)


async def test_several_at_once_do_it_once(empty_urls: Urls) -> None:
    done = await asyncio.gather(*(migrating.migrate(empty_urls.owner) for _ in range(4)))
    assert sorted(done) == [[], [], [], NAMES]


@pytest.mark.parametrize("indexes", [3, 20, 100, 130])
async def test_one_that_was_killed_is_finished_by_the_next(
    empty_urls: Urls, fresh_urls: Urls, indexes: int
) -> None:
    process = a_process_that_migrates(empty_urls.owner)
    async with connected(empty_urls.superuser) as watcher:
        while process.poll() is None and await count_of_indexes(watcher) < indexes:
            continue
    process.kill()
    process.communicate()
    await migrating.migrate(empty_urls.owner)
    assert await catalogue(empty_urls.superuser) == await catalogue(fresh_urls.superuser)


@pytest.mark.parametrize("name", NAMES)
async def test_every_command_may_run_twice(fresh_urls: Urls, name: str) -> None:
    before = await catalogue(fresh_urls.superuser)
    migration = import_module(f"core.store.database.migrations.{name}").Migration
    async with connected(fresh_urls.owner) as connection:
        for operation in migration.operations:
            for command in operation.sql:
                await connection.execute(command)
    assert await catalogue(fresh_urls.superuser) == before


async def test_makes_every_index_that_it_names(fresh_urls: Urls) -> None:
    text = "".join(
        command
        for name in NAMES
        for operation in import_module(
            f"core.store.database.migrations.{name}"
        ).Migration.operations
        for command in getattr(operation, "sql", ())
        if isinstance(command, str)
    )
    named = re.findall(r"create index if not exists (\w+) on \w+( using gin)? (\([^)]*\))", text)
    async with connected(fresh_urls.superuser) as connection:
        made = dict(await connection.fetch("select indexname, lower(indexdef) from pg_indexes"))
    assert len(named) > 100
    assert [(name, columns) for name, _, columns in named if columns not in made[name]] == []


async def test_tells_what_is_pending(empty_urls: Urls, fresh_urls: Urls) -> None:
    async with connected(empty_urls.superuser) as connection:
        assert await migrating.pending(connection) == NAMES
    async with connected(fresh_urls.app) as connection:
        assert await migrating.pending(connection) == []


def test_refuses_a_server_that_is_too_old() -> None:
    with pytest.raises(Unavailable, match="runs PostgreSQL 17; Dealgraph needs 18"):
        migrating.require_server(OldServer())


async def test_what_requests_are_bounded_by_does_not_bound_migrations(empty_urls: Urls) -> None:
    async with connected(empty_urls.superuser) as superuser:
        database = await superuser.fetchval("select current_database()")
        for setting in ("statement_timeout", "lock_timeout", "transaction_timeout"):
            await superuser.execute(f"alter database {database} set {setting} = '300ms'")
        await superuser.execute("select pg_advisory_lock($1)", migrating.LOCK)
        waiting = asyncio.create_task(migrating.migrate(empty_urls.owner))
        await superuser.execute("select pg_sleep(0.9)")
        await superuser.execute("select pg_advisory_unlock($1)", migrating.LOCK)
        assert await waiting == NAMES


async def test_tells_what_a_login_may_not_grant_though_postgresql_only_warns(
    empty_urls: Urls,
) -> None:
    async with connected(empty_urls.superuser) as superuser:
        database = await superuser.fetchval("select current_database()")
        await superuser.execute(f"alter database {database} owner to postgres")
        await superuser.execute("create role granting login createrole")
        await superuser.execute("grant dealgraph_owner to granting with admin option")
        try:
            with pytest.raises(Unavailable, match="grant usage, create on schema public"):
                await migrating.migrate(as_login(empty_urls, "granting"))
        finally:
            await superuser.execute("drop owned by granting")
            await superuser.execute("drop role granting")


async def test_tells_that_nobody_is_called_as_the_application(empty_urls: Urls) -> None:
    with pytest.raises(Unavailable, match="has no login nosuch, which DEALGRAPH_DATABASE_URL"):
        await migrating.migrate(empty_urls.owner, "nosuch")


async def test_tells_which_migration_failed(empty_urls: Urls) -> None:
    async with connected(empty_urls.superuser) as superuser:
        await superuser.execute("create table record (id uuid)")
    with pytest.raises(Unavailable, match="The migration 0003_indexes failed: must be owner"):
        await migrating.migrate(empty_urls.owner)


def as_login(urls: Urls, name: str) -> str:
    return urls.superuser.replace("postgres@", f"{name}@")


@dataclass(frozen=True)
class OldServer:
    """All that is asked of a connection to learn its server's version."""

    major: int = 17

    def get_server_version(self) -> OldServer:
        return self


def a_process_that_migrates(url: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[4]
    return subprocess.Popen([sys.executable, "-c", MIGRATE, url], cwd=root)


async def count_of_indexes(connection: Connection) -> int:
    count: int = await connection.fetchval("select count(*) from pg_index where indrelid >= 16384")
    return count
