"""Sessions lent fairly, returned whole, and never more than there should be."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from core.errors import Unavailable
from core.identity import TenantId
from core.store.database.pool import Pool
from core.store.database.sessions import Session, opener
from tests.conftest import Urls

ONE, TWO = TenantId(uuid4()), TenantId(uuid4())


@pytest.fixture
async def pool(urls: Urls) -> AsyncIterator[Pool]:
    pool = Pool(opener(urls.app, {}), size=2)
    yield pool
    await pool.close()


async def test_lends_the_session_that_has_the_tenant(pool: Pool) -> None:
    first, second = await pool.take(ONE), await pool.take(TWO)
    first.tenant, second.tenant = ONE, TWO
    for order in ((first, second), (second, first)):
        for session in order:
            pool.give_back(session)
        assert (await pool.take(ONE), await pool.take(TWO)) == (first, second)
    pool.give_back(first)
    pool.give_back(second)


async def test_lends_what_was_idle_for_longest_when_nobody_has_the_tenant(pool: Pool) -> None:
    first, second = await pool.take(ONE), await pool.take(ONE)
    first.tenant = second.tenant = ONE
    pool.give_back(second)
    pool.give_back(first)
    assert await pool.take(TWO) is second
    pool.give_back(second)


async def test_who_waits_is_served_in_order(pool: Pool) -> None:
    lent = [await pool.take(None), await pool.take(None)]
    served: list[int] = []

    async def wait(number: int) -> None:
        session = await pool.take(None)
        served.append(number)
        pool.give_back(session)

    waiting = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    for session in lent:
        pool.give_back(session)
    await asyncio.gather(*waiting)
    assert served == [0, 1, 2, 3, 4]


async def test_a_tenant_that_asks_for_much_keeps_no_other_waiting(pool: Pool) -> None:
    lent = [await pool.take(ONE), await pool.take(ONE)]
    served: list[TenantId] = []

    async def wait(tenant: TenantId) -> None:
        session = await pool.take(tenant)
        served.append(tenant)
        pool.give_back(session)

    wanted = [ONE] * 20 + [TWO] * 2
    waiting = [asyncio.create_task(wait(tenant)) for tenant in wanted]
    await asyncio.sleep(0)
    for session in lent:
        pool.give_back(session)
    await asyncio.gather(*waiting)
    assert sorted(served) == sorted(wanted)
    assert served[:4].count(TWO) == 2


async def test_who_stops_waiting_loses_no_session(pool: Pool) -> None:
    lent = [await pool.take(None), await pool.take(None)]
    before, at = asyncio.create_task(pool.take(None)), asyncio.create_task(pool.take(None))
    await asyncio.sleep(0)
    before.cancel()
    pool.give_back(lent[0])
    at.cancel()
    await asyncio.gather(before, at, return_exceptions=True)
    assert await asyncio.wait_for(pool.take(None), 1) is lent[0]
    for session in lent:
        pool.give_back(session)


async def test_a_closed_session_makes_room_for_a_new_one(pool: Pool) -> None:
    lent = [await pool.take(None), await pool.take(None)]
    waiting = asyncio.create_task(pool.take(None))
    await asyncio.sleep(0)
    await lent[0].close()
    pool.give_back(lent[0])
    fresh = await waiting
    assert fresh not in lent
    assert not fresh.is_closed()
    pool.give_back(fresh)
    pool.give_back(lent[1])


async def test_an_unclean_session_is_mended_before_anyone_has_it(pool: Pool) -> None:
    session = await pool.take(ONE)
    await session.execute("begin")
    pool.give_back(session)
    other = await pool.take(ONE)
    again = await pool.take(ONE)
    assert {other, again} >= {session}
    assert not session.is_in_transaction()
    pool.give_back(other)
    pool.give_back(again)


async def test_a_failed_opening_leaves_room_to_try_again(
    urls: Urls, caplog: pytest.LogCaptureFixture
) -> None:
    right, attempts = opener(urls.app, {}), 0

    async def sometimes() -> Session:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise Unavailable("not now, at db.example.com")
        return await right()

    pool = Pool(sometimes, size=1)
    with pytest.raises(Unavailable, match="does not answer") as refusal:
        await pool.take(None)
    assert "db.example.com" not in refusal.value.message
    assert "db.example.com" in caplog.text
    pool.give_back(await pool.take(None))
    await pool.close()


async def test_tells_once_in_a_while_that_no_session_opens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = Pool(opener("postgresql://app@127.0.0.1:1/sales", {}), size=2)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await pool.take(None)
    assert caplog.text.count("127.0.0.1:1 cannot be reached") == 1


async def test_closing_waits_for_what_is_lent(urls: Urls) -> None:
    pool = Pool(opener(urls.app, {}), size=1)
    session = await pool.take(None)
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    assert await session.fetchval("select 1") == 1
    assert not closing.done()
    pool.give_back(session)
    await closing
    assert session.is_closed()


async def test_who_waits_too_long_is_told_and_takes_nothing_later(urls: Urls) -> None:
    pool = Pool(opener(urls.app, {}), size=1, patience=0.05)
    session = await pool.take(ONE)
    with pytest.raises(Unavailable, match="busy"):
        await pool.take(TWO)
    pool.give_back(session)
    assert await pool.take(TWO) is session
    pool.give_back(session)
    await pool.close()


async def test_closes_although_the_server_has_gone(pool: Pool) -> None:
    session = await pool.take(None)
    pool.give_back(session)
    session._transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    await pool.close()
