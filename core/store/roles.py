"""The three roles of the database, and what a server needs before it can be migrated.

`dealgraph_owner` owns the tables and migrates, `dealgraph_app` serves and sees one tenant at a
time, `dealgraph_views` owns the read views and never logs in. A login may be a role itself or a
member of it.
"""

from __future__ import annotations

import asyncpg
from asyncpg import Connection

OWNER = "dealgraph_owner"
APP = "dealgraph_app"
VIEWS = "dealgraph_views"
LOCK = 0x726F6C65  # "role"


async def set_up(url: str, database: str) -> None:
    """Make the roles and the database on a server that is ours; `url` is its superuser's."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        for role, login in ((OWNER, "login"), (APP, "login"), (VIEWS, "nologin")):
            if not await connection.fetchval(
                "select exists (select from pg_roles where rolname = $1)", role
            ):
                await connection.execute(f"create role {role} {login}")
        await connection.execute(f"grant {VIEWS} to {OWNER} with inherit true, set true")
        if not await connection.fetchval(
            "select exists (select from pg_database where datname = $1)", database
        ):
            await connection.execute(f"create database {database} owner {OWNER}")
    finally:
        await connection.close()


async def become_owner(connection: Connection) -> None:
    """From here on what this connection makes belongs to the owner's role."""
    await connection.execute(f"set role {OWNER}")
