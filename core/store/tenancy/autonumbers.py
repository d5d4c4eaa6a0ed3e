"""Numbers that only go up, given out from blocks so that writers don't wait for each other.

A block is taken in a transaction of its own, and what is left of it when the process ends is lost:
numbers have gaps. Numbers that an import brings are passed over, also in blocks that other
processes have begun: beside each counter stands the largest number that was brought.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Iterable

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.recent import Recent

SMALLEST = 10
"""So many are taken ahead at first, later as many as were asked for so far."""
LARGEST = 1_000
MOST_BEGUN = 10_000
LOOKING = 1.0
"""Seconds for which a process gives out what is left of a block without a look at what came in."""
BROUGHT = "brought/"

TAKE = """
    insert into counter as c (tenant_id, key, value) values ($1, $2, $3)
    on conflict (tenant_id, key) do update set value = c.value + excluded.value
    returning value
"""
_HOLD = "select value from counter where tenant_id = $1 and key = $2 for update"
_PUT_BACK = "update counter set value = $3 where tenant_id = $1 and key = $2"
_PASS = """
    insert into counter as c (tenant_id, key, value) values ($1, $2, $4), ($1, $3, $4)
    on conflict (tenant_id, key) do update set value = greatest(c.value, excluded.value)
"""
_LARGEST_BROUGHT = "select value from counter where tenant_id = $1 and key = $2"
_MOST_DIGITS = 18
_ZEROS = re.compile(r"\{(0+)\}")


class Blocks:
    """The blocks that this process has begun."""

    def __init__(self, database: Database, *, looking: float = LOOKING) -> None:
        self._database = database
        self._looking = looking
        self._begun: Recent[tuple[TenantId, str], _Block] = Recent(MOST_BEGUN)

    async def take(self, tenant: TenantId, key: str, count: int) -> list[int]:
        """The next numbers of a counter; they are never given again."""
        if count <= 0:
            return []
        block = self._begun.get_or((tenant, key), _Block)
        async with block.lock:
            await self._drop_brought(tenant, key, block)
            missing = count - len(block.left)
            if missing > 0:
                size = missing + min(max(block.asked, SMALLEST), LARGEST)
                block.left.extend(await self._reserve(tenant, key, size))
                block.seen = time.monotonic()
            block.asked += count
            return [block.left.popleft() for _ in range(count)]

    def give_back(self, tenant: TenantId, key: str, numbers: Iterable[int]) -> None:
        """Let others have numbers that were taken and not used."""
        self._begun.get_or((tenant, key), _Block).left.extendleft(reversed([*numbers]))

    async def put_back(self, tenant: TenantId, key: str) -> None:
        """Have the counter stand before the last numbers of a block, if it stands at their end."""
        block = self._begun.get_or((tenant, key), _Block)
        async with block.lock:
            left = deque(sorted(block.left))
            if not left:
                return
            last = before = left[-1]
            while left and left[-1] == before:
                before = left.pop() - 1
            async with self._database.transaction(tenant, plan="custom") as connection:
                if await connection.fetchval(_HOLD, tenant, key) != last:
                    return
                # Looked at once the counter is held: whoever brings numbers passes it over first.
                brought = await connection.fetchval(_LARGEST_BROUGHT, tenant, BROUGHT + key) or 0
                await connection.execute(_PUT_BACK, tenant, key, max(before, brought))
            block.left = deque(number for number in left if number > brought)

    async def pass_over(self, tenant: TenantId, key: str, number: int) -> None:
        """Give out no number of a counter any more up to this one, which an import has brought."""
        async with self._database.transaction(tenant, plan="custom") as connection:
            await connection.execute(_PASS, tenant, key, BROUGHT + key, number)
        self._begun.get_or((tenant, key), _Block).seen = 0.0

    async def _drop_brought(self, tenant: TenantId, key: str, block: _Block) -> None:
        """Forget the numbers of a block that others have been given by an import since."""
        if not block.left or time.monotonic() - block.seen < self._looking:
            return
        async with self._database.transaction(tenant, plan="custom") as connection:
            brought = await connection.fetchval(_LARGEST_BROUGHT, tenant, BROUGHT + key) or 0
        block.left = deque(number for number in block.left if number > brought)
        block.seen = time.monotonic()

    async def _reserve(self, tenant: TenantId, key: str, size: int) -> range:
        """The next block. Not from the connections that writes hold: some of them wait for it."""
        async with self._database.transaction(tenant, plan="custom") as connection:
            last: int = await connection.fetchval(TAKE, tenant, key, size)
        return range(last - size + 1, last + 1)


class _Block:
    __slots__ = ("asked", "left", "lock", "seen")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.left: deque[int] = deque()
        self.asked = 0
        self.seen = 0.0  # when it was last looked at what imports have brought


def spelled(number: int, format: str | None) -> str:
    """The text of an autonumber: 'OPP-{0000}' makes 'OPP-0042' of 42, and 'OPP-12345' of 12345."""
    if format is None:
        return str(number)
    return _ZEROS.sub(lambda zeros: str(number).rjust(len(zeros[1]), "0"), format)


def numbered(text: object, format: str | None) -> int | None:
    """The number that a text is spelled with; None where it is of another form."""
    before, zeros, after = _ZEROS.split(format, 1) if format is not None else ("", "", "")
    digits = rf"[0-9]{{1,{_MOST_DIGITS}}}"
    found = re.fullmatch(f"{re.escape(before)}({digits}){re.escape(after)}", str(text))
    return int(found[1]) if found is not None and len(found[1]) >= len(zeros) else None
