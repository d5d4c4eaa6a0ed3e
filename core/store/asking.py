"""One statement and its row."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.identity import TenantId
from core.store.connections import Reading, Writing


class Ask(NamedTuple):
    """A statement with its arguments, the first of which is the tenant."""

    sql: str
    arguments: list[object]


async def row(tenant: TenantId, reading: Reading | Writing, ask: Ask) -> Any:
    """The statement's row, read on a connection that has this tenant set.

    Raises:
        Timeout: it took longer than a statement may.
        Unavailable: the database cannot be reached, or the connection was lost.
    """
    assert ask.arguments[0] is tenant
    async with reading as connection:
        return await connection.fetchrow(ask.sql, *ask.arguments)
