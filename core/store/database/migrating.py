"""Bringing the tables of a database up to date, however many try at once.

A lock on a connection of its own lets one process in at a time. Each command may run twice, so
one that was killed half-way is simply run again.
"""

from __future__ import annotations

import logging
from pkgutil import iter_modules

from asyncpg import Connection
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor

from core.errors import Unavailable
from core.store.database import engine, migrations, roles
from core.store.database.links import MIGRATING, connected
from core.store.database.ways import PLAINLY

OLDEST = 18
SCHEMA = "public"
RECORD = "tortoise_migrations"
"""The table that tells what was applied."""
LOCK = 0x6465616C  # "deal"
STANDBY = "a standby, or default_transaction_read_only is on"
WITHOUT_WAITING = "set synchronous_commit = off"
"""Commands reach the disk in their order, if not at once; what a crash loses is run again."""
PATIENTLY = (
    "set statement_timeout = 0; set lock_timeout = 0; set transaction_timeout = 0;"
    " set idle_session_timeout = 0"
) + "".join(f"; set {name} = '{value}'" for name, value in PLAINLY.items())
"""Whatever a login or a database has for its requests."""

_log = logging.getLogger("dealgraph")


async def migrate(url: str, app_login: str | None = None) -> list[str]:
    """Apply what is missing, as the owner; the names of what was applied.

    `app_login` is who will serve, so that it gets the rights to.

    Raises:
        Unavailable: the server is too old or cannot be reached, or something takes more rights
            than this login has; then the message holds the SQL that does it.
    """
    await engine.prepare()
    async with connected(url, MIGRATING) as lock, connected(url, MIGRATING) as connection:
        require_server(connection)
        for each in (lock, connection):
            await each.execute(PATIENTLY)
        await lock.execute("select pg_advisory_lock($1)", LOCK)
        if not await takes_writes(connection):
            raise Unavailable(f"The database takes no writes: {MIGRATING} names {STANDBY}.")
        await roles.prepare(connection, app_login)
        await roles.become_owner(connection)
        await connection.execute(WITHOUT_WAITING)
        applied = await _apply(connection)
        await tell_of_newer(connection)
        return applied


async def tell_of_newer(connection: Connection) -> None:
    """Have the log say that a newer release has migrated this database: it goes on working for us."""
    known = [module.name for module in iter_modules(migrations.__path__)]
    found = await connection.fetch(
        f"select name from {SCHEMA}.{RECORD} where app = $1 and name <> all($2::text[]) order by id",
        engine.APP,
        known,
    )
    if found:
        names = ", ".join(name for (name,) in found)
        _log.warning("A newer release has migrated the database (%s): start that one soon.", names)


async def pending(connection: Connection) -> list[str]:
    """The migrations that this database lacks, oldest first."""
    await engine.prepare()
    executor = MigrationExecutor(engine.on(connection), engine.MIGRATIONS)
    return [step.migration.name for step in await executor.plan()]


def require_server(connection: Connection) -> None:
    """Refuse a PostgreSQL that lacks what we use, or cannot hold every text.

    Raises:
        Unavailable: it is too old, or the database is not in UTF-8.
    """
    version = connection.get_server_version()
    if version.major < OLDEST:
        raise Unavailable(
            f"The database runs PostgreSQL {version.major}; Dealgraph needs {OLDEST} or newer."
            " Upgrade it, or leave DEALGRAPH_DATABASE_URL out to use the embedded one."
        )
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise Unavailable(
            f"The database is in the encoding {encoding}; Dealgraph needs UTF8. Make another with"
            " `create database … template template0 encoding 'UTF8' locale 'C'`."
        )


async def takes_writes(connection: Connection) -> bool:
    """Whether this is no standby, and nobody has made it read-only."""
    answer: str = await connection.fetchval("select current_setting('transaction_read_only')")
    return answer == "off"


async def _apply(connection: Connection) -> list[str]:
    applied: list[str] = []
    begun = ""

    def note(event: str, app: str, name: str) -> None:
        nonlocal begun
        begun = name
        if event == "apply_done":
            applied.append(name)

    executor = MigrationExecutor(engine.on(connection), engine.MIGRATIONS)
    try:
        await executor.migrate(progress=note)
    except OperationalError as error:
        raise Unavailable(
            f"The migration {begun} failed: {error}. Put that right and migrate again: what was"
            " applied before it stays."
        ) from error
    return applied
