"""Single connections outside the pool, for what sets a database up or asks what it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from asyncpg import Connection

from core.errors import Unavailable

SERVING = "DEALGRAPH_DATABASE_URL"
MIGRATING = "DEALGRAPH_OWNER_URL"
UNREACHABLE = (
    OSError,
    ValueError,
    OverflowError,  # a port beyond 65535
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


@asynccontextmanager
async def connected(url: str, setting: str = SERVING) -> AsyncIterator[Connection]:
    """A connection of one's own, closed at the end. `setting` is where the URL stands.

    Raises:
        Unavailable: the server cannot be reached, or refuses this login.
    """
    try:
        connection = await asyncpg.connect(
            url, server_settings={"application_name": "dealgraph", "timezone": "UTC"}
        )
    except UNREACHABLE as error:
        raise unreachable(url, error, setting) from error
    try:
        yield connection
    finally:
        with suppress(*UNREACHABLE):  # what went wrong before is what to tell
            await connection.close()


def unreachable(url: str, error: BaseException, setting: str = SERVING) -> Unavailable:
    """What to tell whoever runs the server; the URL's password stays out of it."""
    told_by_driver = isinstance(error, asyncpg.InterfaceError)
    if isinstance(error, ValueError | OverflowError) and not told_by_driver:
        return Unavailable(  # the error's own text may hold a piece of the password
            f"{setting} cannot be read. It is postgresql://login:password@host:port/database, with"
            " the special characters of the password as %40 for @, %2F for /, and so on."
        )
    host = urlsplit(url).netloc.rpartition("@")[2]
    mend = f"Check {setting}" if host else f"It starts or has ended, or {setting} is wrong"
    return Unavailable(
        f"The database on {host or 'the local server'} cannot be reached as"
        f" {login_of(url) or 'the current user'}: {error or type(error).__name__}. {mend}."
    )


def login_of(url: str) -> str | None:
    """The login that a URL names, before the host or among its parameters."""
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("user")
    return unquote(parts.username) if parts.username else named[-1] if named else None
