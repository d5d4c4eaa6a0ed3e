"""Whether a server of the user's is fit to serve from, told all at once."""

from __future__ import annotations

from asyncpg import Connection

from core.errors import Unavailable
from core.store.database import migrating, roles
from core.store.database.connections import Database
from core.store.database.links import SERVING, connected
from core.store.database.ways import PLAINLY


async def check(url: str, *, through_pooler: bool = False) -> None:
    """Refuse a server or a login that is not fit, each fault with its mend.

    Sessions of a pooler are as the login and database have them; ours are set when they open.

    Raises:
        Unavailable: it is too old or takes no writes, the login has too many rights or too few, or
            migrations are missing.
    """
    async with connected(url) as connection:
        migrating.require_server(connection)
        faults = await _too_many_rights(connection)
        if not await migrating.takes_writes(connection):
            faults.append(f"it takes no writes: {SERVING} names {migrating.STANDBY}")
        if through_pooler:
            faults += await _other_settings(connection)
        if not await connection.fetchval("select to_regrole($1) is not null", roles.APP):
            faults.append("it was never migrated: run `dealgraph migrate`")
        else:
            faults += await _not_ready(connection)
    if faults:
        raise Unavailable("The database is not ready to serve: " + "; ".join(faults) + ".")


async def _other_settings(connection: Connection) -> list[str]:
    found = await connection.fetch(
        "select name, current_setting(name) as value from unnest($1::text[]) as name", list(PLAINLY)
    )
    return [
        f"{name} is {value} for this login or database, and has to be {PLAINLY[name]}"
        for name, value in found
        if not value.startswith(PLAINLY[name])  # the order of day and month may follow
    ]


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
    login, superuser, bypasses, owner, mighty = await connection.fetchrow(
        "select rolname, rolsuper, rolbypassrls,"
        " exists (select from pg_roles other where rolname in ($1, $2)"
        "  and pg_has_role(login.oid, other.oid, 'MEMBER'))"
        " or exists (select from pg_class where relname = $3 and relnamespace = $4::regnamespace"
        "  and pg_has_role(login.oid, relowner, 'MEMBER')),"
        " (select min(rolname) from pg_roles other where (rolsuper or rolbypassrls)"
        "  and rolname not in ($1, $2, login.rolname)"
        "  and pg_has_role(login.oid, other.oid, 'MEMBER'))"
        " from pg_roles login where rolname = session_user",
        roles.OWNER,
        roles.VIEWS,
        migrating.RECORD,
        migrating.SCHEMA,
    )
    reasons = (
        (superuser, "is a superuser"),
        (bypasses and not superuser, "has BYPASSRLS"),
        (owner and not superuser, "belongs to the owner of the tables"),
        (
            mighty and not superuser,
            f"is a member of {mighty}, whom row-level security leaves alone",
        ),
    )
    return [
        f"the login {login} {reason}, so the database would not keep tenants apart: set"
        f" DEALGRAPH_DATABASE_URL to a login that is only a member of {roles.APP}"
        for applies, reason in reasons
        if applies
    ]


async def _not_ready(connection: Connection) -> list[str]:
    if not await connection.fetchval("select pg_has_role($1, 'USAGE')", roles.APP):
        login = await connection.fetchval("select session_user")
        member = f"the login {login} is not a member of {roles.APP}"
        return [f"{member}: run `dealgraph migrate`, or `{roles.joining(login)}`"]
    if not await connection.fetchval("select has_schema_privilege($1, 'USAGE')", migrating.SCHEMA):
        barred = f"{roles.APP} may not enter the schema {migrating.SCHEMA}"
        return [f"{barred}: run `dealgraph migrate`"]
    if fault := await _misplaced(connection):
        return [fault]
    if missing := await migrating.pending(connection):
        return [f"it lacks the migrations {', '.join(missing)}: run `dealgraph migrate`"]
    await migrating.tell_of_newer(connection)
    return []


async def _misplaced(connection: Connection) -> str | None:
    """What is wrong where the tables are there but are not found, or not as they were made."""
    table = f"{migrating.SCHEMA}.{migrating.RECORD}"
    if not await connection.fetchval("select to_regclass($1) is not null", table):
        return None
    if not await connection.fetchval(
        "select to_regclass($1) is not distinct from to_regclass($2)", migrating.RECORD, table
    ):
        path = await connection.fetchval("select current_setting('search_path')")
        return (
            f"its search_path, {path}, does not lead to the tables in {migrating.SCHEMA}: set it"
            " back for this login and database"
        )
    owner, may_read = await connection.fetchrow(
        "select pg_get_userbyid(relowner), has_table_privilege($2, oid, 'SELECT')"
        " from pg_class where oid = to_regclass($1)",
        table,
        roles.APP,
    )
    if owner == roles.OWNER and may_read:
        return None
    return (
        f"its tables belong to {owner} and not to {roles.OWNER}, or {roles.APP} has no rights to"
        " them, as after a restore with --no-owner or --no-privileges: restore it without those"
    )
