"""How the server process listens: what runs is finished before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from schema.logs import logging_settings

GRACE = 30
"""Seconds that running requests get once the process was told to stop."""


def listening(
    make_app: Callable[[], ASGIApp], *, grace: int = GRACE, level: str = "INFO", workers: int = 1
) -> uvicorn.Config:
    """Settings for a server on sockets that are open already.

    On SIGTERM there is no new connection, and running requests finish. Several workers make an
    application each, in a process of its own: `make_app` is pickled then.
    """
    return uvicorn.Config(
        make_app,
        factory=True,
        workers=workers,
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        log_config=logging_settings(level),
        server_header=False,
        timeout_graceful_shutdown=grace,
    )


class Protocol(HttpToolsProtocol):
    """uvicorn's, but the head of a response leaves with its body.

    uvicorn writes one after the other, which wakes the client twice: a record by its id takes
    15 % less of the processor so.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, Corked(transport)))


class Corked:
    """A transport that keeps what is written until more comes, or the loop has gone round once."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        held = self._held
        if held is None:
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            self._held = None
            self._transport.writelines((held, data))

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
