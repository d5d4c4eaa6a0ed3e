"""A part of a transaction that can fail without the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.store.writing.transactions import Transaction


@asynccontextmanager
async def part_of(tx: Transaction) -> AsyncIterator[None]:
    """What is written inside is undone when it raises; what was written before stays.

    So it is with locks: those on trees that were taken inside are gone.
    """
    trees = set(tx.trees)
    await tx.connection.execute("savepoint part")
    try:
        yield
    except BaseException:
        tx.trees = trees
        await tx.connection.execute("rollback to savepoint part")
        raise
    await tx.connection.execute("release savepoint part")
