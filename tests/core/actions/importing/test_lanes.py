"""Work side by side."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from core.actions.importing.lanes import Lanes


class Work:
    """Pieces of work that end when they are told to, and notes of what was going on."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.ends = {name: asyncio.Event() for name in "abcd"}

    async def __call__(self, name: str) -> None:
        self.begun.append(name)
        await self.ends[name].wait()
        self.ended.append(name)


async def settled() -> None:
    """Everything that can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_than_there_are_lanes() -> None:
    work = Work()
    async with Lanes(2) as lanes:
        await lanes.start(frozenset(), work("a"))
        await lanes.start(frozenset(), work("b"))
        third = asyncio.create_task(lanes.start(frozenset(), work("c")))
        await settled()
        assert work.begun == ["a", "b"]
        work.ends["b"].set()
        await third
        await settled()
        assert work.begun == ["a", "b", "c"]
        work.ends["a"].set()
        work.ends["c"].set()
    assert sorted(work.ended) == ["a", "b", "c"]


async def test_what_shares_a_key_waits() -> None:
    work = Work()
    async with Lanes(3) as lanes:
        await lanes.start(frozenset("x"), work("a"))
        second = asyncio.create_task(lanes.start(frozenset("xy"), work("b")))
        await settled()
        assert work.begun == ["a"]
        work.ends["a"].set()
        await second
        work.ends["b"].set()
    assert work.ended == ["a", "b"]


async def test_a_failure_ends_the_others_and_is_told() -> None:
    work = Work()

    async def fail() -> None:
        raise ValueError("no")

    async def run() -> None:
        async with Lanes(2) as lanes:
            await lanes.start(frozenset(), work("a"))
            await lanes.start(frozenset(), fail())
            await lanes.start(frozenset(), work("b"))

    with pytest.raises(ValueError, match="no"):
        await run()
    assert work.ended == []
    assert "b" not in work.begun


async def test_of_several_failures_at_once_one_is_told_and_none_is_left_behind() -> None:
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: unseen.append(told))

    async def fail() -> None:
        raise ValueError("no")

    async def run() -> None:
        async with Lanes(3) as lanes:
            for _ in range(3):
                await lanes.start(frozenset(), fail())

    with pytest.raises(ValueError, match="no"):
        await run()
    gc.collect()
    await settled()
    assert unseen == []
