"""Single connections outside the pool, for what sets a database up or asks what it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
from asyncpg import Connection

from core.errors import Unavailable


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection of one's own, closed at the end.

    Raises:
        Unavailable: the server cannot be reached, or refuses this login.
    """
    try:
        connection = await asyncpg.connect(
            url, server_settings={"application_name": "dealgraph", "timezone": "UTC"}
        )
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise unreachable(url, error) from error
    try:
        yield connection
    finally:
        await connection.close()


def unreachable(url: str, error: BaseException) -> Unavailable:
    """What to tell whoever runs the server; the URL's password stays out of it."""
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or 5432}" if parts.hostname else "the local server"
    return Unavailable(
        f"The database on {where} cannot be reached as {parts.username or 'the current user'}:"
        f" {error or type(error).__name__}. Check DEALGRAPH_DATABASE_URL."
    )
