"""Whether a server of the user's is fit to serve from, told all at once."""

from __future__ import annotations

from asyncpg import Connection

from core.errors import Unavailable
from core.store import migrating, roles
from core.store.connections import Database
from core.store.links import SERVING, connected


async def check(url: str) -> None:
    """Refuse a server or a login that is not fit, each fault with its mend.

    Raises:
        Unavailable: it is too old or takes no writes, the login has too many rights or too few, or
            migrations are missing.
    """
    async with connected(url) as connection:
        await migrating.require_version(connection)
        faults = await _too_many_rights(connection)
        if not await migrating.takes_writes(connection):
            faults.append(f"it takes no writes: {SERVING} names {migrating.STANDBY}")
        if not await connection.fetchval("select to_regrole($1) is not null", roles.APP):
            faults.append("it was never migrated: run `dealgraph migrate`")
        else:
            faults += await _not_ready(connection)
    if faults:
        raise Unavailable("The database is not ready to serve: " + "; ".join(faults) + ".")


async def room(database: Database) -> int:
    """How many connections the server lets this login have."""
    async with database.unscoped() as connection:
        found: int = await connection.fetchval(_ROOM)
    return found


_ROOM = """
    select least(
        current_setting('max_connections')::integer
            - current_setting('superuser_reserved_connections')::integer
            - current_setting('reserved_connections')::integer,
        (select nullif(datconnlimit, -1) from pg_database where datname = current_database()),
        (select nullif(rolconnlimit, -1) from pg_roles where rolname = session_user)
    )
"""


async def _too_many_rights(connection: Connection) -> list[str]:
    login, superuser, bypasses, owner = await connection.fetchrow(
        "select rolname, rolsuper, rolbypassrls,"
        " not rolsuper and coalesce(pg_has_role(oid, to_regrole($1), 'MEMBER'), false)"
        "  or coalesce(pg_has_role(oid, to_regrole($2), 'MEMBER'), false)"
        " from pg_roles where rolname = session_user",
        roles.OWNER,
        roles.VIEWS,
    )
    reasons = (
        (superuser, "is a superuser"),
        (bypasses and not superuser, "has BYPASSRLS"),
        (owner and not superuser, "belongs to the owner of the tables"),
    )
    return [
        f"the login {login} {reason}, so the database would not keep tenants apart: set"
        f" DEALGRAPH_DATABASE_URL to a login that is only a member of {roles.APP}"
        for applies, reason in reasons
        if applies
    ]


async def _not_ready(connection: Connection) -> list[str]:
    faults = []
    if not await connection.fetchval("select pg_has_role($1, 'USAGE')", roles.APP):
        login = await connection.fetchval("select session_user")
        faults.append(
            f"the login {login} is not a member of {roles.APP}: run `dealgraph migrate`, or"
            f' `grant {roles.APP} to "{login}"`'
        )
    elif missing := await migrating.pending(connection):
        faults.append(f"it lacks the migrations {', '.join(missing)}: run `dealgraph migrate`")
    return faults
