"""The three roles of the database, and what a server needs before it can be migrated.

`dealgraph_owner` owns the tables and migrates, `dealgraph_app` serves and sees one tenant at a
time, `dealgraph_views` owns the read views and never logs in. A login may be a role itself or a
member of it.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from asyncpg import Connection, InsufficientPrivilegeError, UndefinedObjectError

from core.errors import Unavailable
from core.store.database.links import SERVING, connected

OWNER = "dealgraph_owner"
APP = "dealgraph_app"
VIEWS = "dealgraph_views"
LOCK = 0x726F6C65  # "role"
PAST_POLICIES = f"alter role {VIEWS} bypassrls"
"""Lets the planner use what it knows of the values of a column: under any policy, `true` as well,
it does so for leakproof operators alone, and takes every range of numbers for a third of all."""
ON_CITUS = "select exists (select from pg_extension where extname = 'citus')"

_log = logging.getLogger("dealgraph")


async def set_up(superuser_url: str, database: str) -> None:
    """Make the roles, as logins, and the database, on a server that is ours."""
    async with connected(superuser_url) as connection:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        await connection.execute("set synchronous_commit = off")
        for command in await lacking(connection):
            await connection.execute(command)
        await _pass_policies(connection)
        for role in (OWNER, APP):
            await connection.execute(f"alter role {role} login")
        if not await connection.fetchval(
            "select exists (select from pg_database where datname = $1)", database
        ):
            await connection.execute(f"create database {database} owner {OWNER}")


async def prepare(connection: Connection, app_login: str | None) -> None:
    """Make what is lacking before a migration, as far as this login may.

    Raises:
        Unavailable: the rest takes more rights; the message holds the SQL. Or nobody is called
            as the application's login.
    """
    if app_login is not None and not await connection.fetchval(_IS_ROLE, app_login):
        raise Unavailable(
            f"The server has no login {app_login}, which {SERVING} names. Make it with"
            f" `create role {_quoted(app_login)} login password '…'`, then migrate again."
        )
    for command in await lacking(connection, app_login):
        with suppress(
            InsufficientPrivilegeError, UndefinedObjectError
        ):  # it needs what was refused
            await connection.execute(command)
    refused = await lacking(connection, app_login)  # some grants are refused by a warning alone
    planned_well = await _pass_policies(connection)
    if refused:
        refused += [] if planned_well else [PAST_POLICIES]
        login = await connection.fetchval("select session_user")
        raise Unavailable(
            f"The login {login} may not do all that Dealgraph needs. Have a superuser run this in"
            " the same database, then migrate again:\n\n"
            + "\n".join(f"    {command};" for command in refused)
        )
    if not planned_well:
        _log.warning(
            "Ranges of numbers and amounts are planned as if nothing was known of them, which may"
            " make them slow in large tenants: have a superuser run `%s`.",
            PAST_POLICIES,
        )


async def _pass_policies(connection: Connection) -> bool:
    """Let the views' role read without policies; whether it does. Some servers let nobody."""
    with suppress(InsufficientPrivilegeError, UndefinedObjectError):
        if not await connection.fetchval(_PASSES, VIEWS):
            await connection.execute(PAST_POLICIES)
    return bool(await connection.fetchval(_PASSES, VIEWS))


async def lacking(connection: Connection, app_login: str | None = None) -> list[str]:
    """The commands that make what this database lacks, in the order to run them."""
    known = {
        row["rolname"]
        for row in await connection.fetch(
            "select rolname from pg_roles where rolname = any($1)", [OWNER, APP, VIEWS]
        )
    }
    created = [f"create role {role} nologin" for role in (OWNER, APP, VIEWS) if role not in known]
    login, database = await connection.fetchrow("select session_user, current_database()")
    wanted = [
        (
            OWNER,
            f"grant {VIEWS} to {OWNER} with inherit true, set true",
            _IS_MEMBER,
            (OWNER, VIEWS),
        ),
        (
            OWNER,
            f"grant {OWNER} to {_quoted(login)} with inherit true, set true",
            _IS_MEMBER,
            (login, OWNER),
        ),
        (OWNER, f"grant create on database {_quoted(database)} to {OWNER}", _MAY_CREATE, (OWNER,)),
        (OWNER, f"grant usage, create on schema public to {OWNER}", _MAY_MAKE_TABLES, (OWNER,)),
        # What everyone may, unless the server was hardened.
        (APP, f"grant connect on database {_quoted(database)} to {APP}", _MAY_CONNECT, (APP,)),
        (APP, f"grant usage on schema public to {APP}", _MAY_ENTER, (APP,)),
        (VIEWS, f"grant usage on schema public to {VIEWS}", _MAY_ENTER, (VIEWS,)),
    ]
    if await connection.fetchval(ON_CITUS):  # its nodes connect to each other as the owner
        wanted.append((OWNER, f"alter role {OWNER} login", _MAY_LOG_IN, (OWNER,)))
    if app_login is not None:
        wanted.append((APP, joining(app_login), _IS_MEMBER, (app_login, APP)))
    return created + [
        command
        for role, command, question, arguments in wanted
        if role not in known or not await connection.fetchval(question, *arguments)
    ]


def joining(login: str) -> str:
    """The command that lets a login serve, though it may be one that inherits nothing."""
    return f"grant {APP} to {_quoted(login)} with inherit true"


async def become_owner(connection: Connection) -> None:
    """From here on what this connection makes belongs to the owner's role."""
    await connection.execute(f"set role {OWNER}")


_IS_MEMBER = (
    "select $1 = $2 or exists (select from pg_roles where rolname = $1)"
    " and exists (select from pg_roles where rolname = $2)"
    " and pg_has_role($1::text::name, $2::text::name, 'USAGE')"
)
_IS_ROLE = "select exists (select from pg_roles where rolname = $1)"
_MAY_CREATE = "select has_database_privilege($1::text::name, current_database(), 'CREATE')"
_MAY_CONNECT = "select has_database_privilege($1::text::name, current_database(), 'CONNECT')"
_MAY_ENTER = "select has_schema_privilege($1::text::name, 'public', 'USAGE')"
_PASSES = "select rolbypassrls from pg_roles where rolname = $1"
_MAY_LOG_IN = "select rolcanlogin from pg_roles where rolname = $1"
_MAY_MAKE_TABLES = "select has_schema_privilege($1::text::name, 'public', 'CREATE')"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
