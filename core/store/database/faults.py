"""The database's faults under the names that everyone knows."""

from __future__ import annotations

import logging

from asyncpg import (
    DiskFullError,
    InterfaceError,
    LockNotAvailableError,
    OutOfMemoryError,
    PostgresConnectionError,
    QueryCanceledError,
)
from asyncpg.exceptions import (
    IdleInTransactionSessionTimeoutError,
    ReadOnlySQLTransactionError,
    TransactionTimeoutError,
)
from tortoise.exceptions import BaseORMException

from core.errors import Timeout, Unavailable
from core.store.database.links import AWAY, FORGETFUL, UNKEPT

LATE = (
    QueryCanceledError,
    IdleInTransactionSessionTimeoutError,
    LockNotAvailableError,  # as whoever runs the server bounds waiting for locks
    TransactionTimeoutError,  # or whole transactions
)

FULL = (DiskFullError, OutOfMemoryError)
"""The server lives, and has no room for what it was asked: reads may well go on."""

_log = logging.getLogger("dealgraph")


def ends_session(fault: BaseException | None) -> bool:
    """Whether nothing more comes of the connection, closed already or not."""
    return ends_others(fault) or (
        isinstance(fault, AWAY) and not isinstance(fault, (QueryCanceledError, *FULL))
    )


def ends_others(fault: BaseException | None) -> bool:
    """Whether connections from before lead nowhere either: another server may be the one now."""
    return _is_read_only(fault) or isinstance(fault, TimeoutError | PostgresConnectionError)


def tell(fault: BaseException | None, *, closed: bool) -> None:
    """Raise what the fault means where it is the database's state; leave all others alone.

    On a connection that is `closed`, errors of the driver and the network are of that kind too.

    Raises:
        Timeout: a statement or a lock took longer than it may, or a transaction idled.
        Unavailable: the server stopped, lost the connection, has no room, or takes no writes; or
            a pooler stands before it that forgets.
    """
    if isinstance(fault, LATE):
        raise Timeout("The deadline passed before the database was done.") from fault
    if _is_read_only(fault):  # perhaps the primary of before; the next session may not be
        _log.warning("the database failed a request: %s", fault)
        raise Unavailable("The database takes no writes now; try again soon.") from fault
    if isinstance(_cause(fault), UNKEPT):
        _log.error(FORGETFUL)
        raise Unavailable("The database cannot be used through its pooler.") from fault
    if isinstance(fault, FULL):
        _log.error("the database failed a request: %s", fault)
        raise Unavailable(
            "The database has no room left; whoever runs it has to make some."
        ) from fault
    if isinstance(fault, AWAY) or (closed and isinstance(fault, InterfaceError | OSError)):
        _log.warning("the database failed a request: %s", _reason(fault))
        raise Unavailable(
            "The database went away before it had answered; try again soon."
        ) from fault


def _reason(fault: BaseException) -> str:
    return "no answer has come, nor an end" if isinstance(fault, TimeoutError) else str(fault)


def _is_read_only(fault: BaseException | None) -> bool:
    return isinstance(_cause(fault), ReadOnlySQLTransactionError)


def _cause(fault: BaseException | None) -> BaseException | None:
    """The database's own, where Tortoise has put its name on it."""
    return fault.__cause__ if isinstance(fault, BaseORMException) else fault
