"""Single connections outside the pool, for what sets a database up or asks what it is."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from asyncpg import Connection

from core.errors import Unavailable

SERVING = "DEALGRAPH_DATABASE_URL"
MIGRATING = "DEALGRAPH_OWNER_URL"
CONNECTING = 10.0
"""Seconds in which a server has to let us in."""
ALIVE = {
    "TCP_KEEPIDLE": 30,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 15_000,
}
"""Seconds after which an idle connection is looked at, again and how often; milliseconds for which
what was sent may be unconfirmed."""
UNREACHABLE = (
    OSError,
    ValueError,
    OverflowError,  # a port beyond 65535
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.InternalClientError,  # the driver's, for a session whose last words have arrived
)
"""What is said where the server stops, or has no room."""
UNKEPT = (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError)
"""What is said of a statement that was prepared in another session."""
FORGETFUL = (
    "A pooler stands before the database and does not keep statements that are prepared, as"
    " PgBouncer does from 1.21 on where max_prepared_statements is above 0."
)
OF_LIBPQ = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "fallback_application_name",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
"""Parameters that URLs often have and this driver would hand to the server, which refuses them."""
OF_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


@asynccontextmanager
async def connected(url: str, setting: str = SERVING) -> AsyncIterator[Connection]:
    """A connection of one's own, closed at the end. `setting` is where the URL stands.

    Raises:
        Unavailable: the server cannot be reached, or refuses this login.
    """
    try:
        connection = await asyncpg.connect(
            read(url),
            timeout=CONNECTING,
            server_settings={"application_name": "dealgraph", "timezone": "UTC"},
        )
    except UNREACHABLE as error:
        raise unreachable(url, error, setting) from error
    keep_alive(connection)
    try:
        yield connection
    except UNKEPT as error:
        raise Unavailable(FORGETFUL) from error
    except AWAY as error:
        raise Unavailable(f"The database failed: {_reason(url, error)}. Try again.") from error
    finally:
        with suppress(*UNREACHABLE):  # what went wrong before is what to tell
            await connection.close()


def keep_alive(connection: Connection) -> None:
    """Have the system see whether the server is there: one that has gone may not have said so.

    And firewalls forget a connection on which nothing happens.
    """
    taken = connection._transport.get_extra_info("socket")
    if taken is None or taken.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with suppress(OSError):  # it may be closed again
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in ALIVE.items():
            if hasattr(socket, name):  # not every system has all of them
                taken.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def read(url: str) -> str:
    """The URL as the driver takes it: without what is for libpq alone, if nothing hangs on it."""
    start, mark, query = url.partition("?")
    wanted = [it for it in query.split("&") if _name(it) not in OF_LIBPQ or it.endswith("=require")]
    return start + mark + "&".join(wanted) if wanted else start


def _name(parameter: str) -> str:
    return parameter.partition("=")[0]


def unreachable(url: str, error: BaseException, setting: str = SERVING) -> Unavailable:
    """What to tell whoever runs the server; the URL's password stays out of it."""
    if isinstance(error, ValueError | OverflowError) and not isinstance(error, _PLAIN):
        return Unavailable(  # the error's own text may hold a piece of the password
            f"{setting} cannot be read. It is postgresql://login:password@host:port/database, with"
            " the special characters of the password as %40 for @, %2F for /, and so on."
        )
    host = urlsplit(url).netloc.rpartition("@")[2]
    mend = f"Check {setting}" if host else f"It starts or has ended, or {setting} is wrong"
    if isinstance(error, asyncpg.ProtocolViolationError):
        mend = "Behind a pooler, set DEALGRAPH_TENANT_SETTING=transaction"
    if isinstance(error, asyncpg.UndefinedObjectError):  # a parameter that is none
        mend = f"Leave it out of {setting}"
    return Unavailable(
        f"The database on {host or 'the local server'} cannot be reached as"
        f" {login_of(url) or 'the current user'}: {_reason(url, error)}. {mend}."
    )


def _reason(url: str, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError) and "sslrootcert=system" in url:
        return f"sslrootcert=system is libpq's alone: name the file of the system, as {_SYSTEMS}"
    if isinstance(error, FileNotFoundError) and any(f"{name}=" in url for name in OF_FILES):
        return f"a file that the URL names is not there ({', '.join(OF_FILES)})"
    if isinstance(error, TimeoutError) and error.errno is None:
        return f"it does not answer within {CONNECTING:.0f} seconds"
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


_SYSTEMS = "/etc/ssl/certs/ca-certificates.crt (Debian) or /etc/pki/tls/certs/ca-bundle.crt"
_PLAIN = (asyncpg.InterfaceError, OSError)
"""What tells a reason of its own, though it may be a ValueError too: a certificate's is."""


def login_of(url: str) -> str | None:
    """The login that a URL names, before the host or among its parameters."""
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("user")
    return unquote(parts.username) if parts.username else named[-1] if named else None
