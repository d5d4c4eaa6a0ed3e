"""Work in threads during which nobody looks for garbage."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from core.building import built


async def test_garbage_is_looked_for_again_once_the_last_of_several_has_built() -> None:
    first_may_end, seen = threading.Event(), []

    def first() -> str:
        first_may_end.wait()
        seen.append(gc.isenabled())
        return "first"

    task = asyncio.create_task(built(first))
    assert await built(lambda: gc.isenabled()) is False
    first_may_end.set()
    assert await task == "first"
    assert seen == [False]
    assert gc.isenabled()


async def test_garbage_is_looked_for_again_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError):
        await built(lambda: 1 // 0)
    assert gc.isenabled()


async def test_who_has_switched_the_look_for_garbage_off_finds_it_off() -> None:
    gc.disable()
    try:
        assert await built(str, 7) == "7"
        assert not gc.isenabled()
    finally:
        gc.enable()
