"""One statement and its row, with the database's faults under the names that everyone knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asyncpg import InterfaceError, PostgresConnectionError, QueryCanceledError

from core.errors import Timeout, Unavailable
from core.identity import TenantId
from core.store.connections import Reading, Writing

_LOST = "The connection to the database was lost."


@dataclass(frozen=True, slots=True)
class Ask:
    """A statement with its arguments, the first of which is the tenant."""

    sql: str
    arguments: list[object]


async def row(tenant: TenantId, reading: Reading | Writing, ask: Ask) -> Any:
    """The statement's row, read on a connection that has this tenant set.

    Raises:
        Timeout: it took longer than a statement may.
        Unavailable: the database cannot be reached, or the connection was lost.
    """
    assert ask.arguments[0] == tenant
    connection = None
    try:
        async with reading as connection:
            return await connection.fetchrow(ask.sql, *ask.arguments)
    except InterfaceError as error:
        if connection is None or not connection.is_closed():
            raise
        raise Unavailable(_LOST) from error
    except QueryCanceledError as error:
        raise Timeout("The deadline passed before the answer was ready.") from error
    except (PostgresConnectionError, OSError) as error:
        raise Unavailable(_LOST) from error
