"""Work that takes long and makes what stays, beside the requests that are being answered."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Built = TypeVar("Built")


async def built(make: Callable[Given, Built], *args: Given.args, **kwargs: Given.kwargs) -> Built:
    """What `make` returns, made in a thread: the loop goes on meanwhile."""
    return await asyncio.to_thread(_uncollected, make, *args, **kwargs)


def _uncollected(
    make: Callable[Given, Built], /, *args: Given.args, **kwargs: Given.kwargs
) -> Built:
    with _PAUSE.held():
        return make(*args, **kwargs)


class _Pause:
    """Garbage is not looked for while somebody builds: what is built is none, and looking through
    it again and again was a sixth of the time that a large publish took.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._builders = 0
        self._resumes = False

    @contextmanager
    def held(self) -> Iterator[None]:
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._builders == 0:
                self._resumes = gc.isenabled()
                gc.disable()
            self._builders += 1

    def _leave(self) -> None:
        with self._lock:
            self._builders -= 1
            if self._builders == 0 and self._resumes:
                gc.enable()


_PAUSE = _Pause()
