"""How the server process listens: what runs is finished before it ends."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

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
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        log_config=logging_settings(level),
        server_header=False,
        timeout_graceful_shutdown=grace,
    )
