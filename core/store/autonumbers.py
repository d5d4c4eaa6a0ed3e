"""Numbers that only go up, given out from blocks so that writers don't wait for each other.

A block is taken in a transaction of its own, and what is left of it when the process ends is lost:
numbers have gaps.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable

from core.identity import TenantId
from core.store.connections import Database
from core.store.recent import Recent

SMALLEST = 10
"""So many are taken ahead at first, later as many as were asked for so far."""
LARGEST = 1_000
MOST_BEGUN = 10_000

TAKE = """
    insert into counter as c (tenant_id, key, value) values ($1, $2, $3)
    on conflict (tenant_id, key) do update set value = c.value + excluded.value
    returning value
"""
_ZEROS = re.compile(r"\{(0+)\}")


class Blocks:
    """The blocks that this process has begun."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: Recent[tuple[TenantId, str], _Block] = Recent(MOST_BEGUN)

    async def take(self, tenant: TenantId, key: str, count: int) -> list[int]:
        """The next numbers of a counter; they are never given again."""
        if count <= 0:
            return []
        block = self._begun.get_or((tenant, key), _Block)
        async with block.lock:
            missing = count - len(block.left)
            if missing > 0:
                size = missing + min(max(block.asked, SMALLEST), LARGEST)
                block.left.extend(await self._reserve(tenant, key, size))
            block.asked += count
            return [block.left.popleft() for _ in range(count)]

    def give_back(self, tenant: TenantId, key: str, numbers: Iterable[int]) -> None:
        """Let others have numbers that were taken and not used."""
        self._begun.get_or((tenant, key), _Block).left.extendleft(reversed([*numbers]))

    async def _reserve(self, tenant: TenantId, key: str, size: int) -> range:
        """The next block. Not from the connections that writes hold: some of them wait for it."""
        async with self._database.transaction(tenant, plan="custom") as connection:
            last: int = await connection.fetchval(TAKE, tenant, key, size)
        return range(last - size + 1, last + 1)


class _Block:
    __slots__ = ("asked", "left", "lock")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.left: deque[int] = deque()
        self.asked = 0


def spelled(number: int, format: str | None) -> str:
    """The text of an autonumber: 'OPP-{0000}' makes 'OPP-0042' of 42, and 'OPP-12345' of 12345."""
    if format is None:
        return str(number)
    return _ZEROS.sub(lambda zeros: str(number).rjust(len(zeros[1]), "0"), format)
