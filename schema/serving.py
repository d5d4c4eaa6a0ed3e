"""How the server process listens: what runs is finished before it ends."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

from schema.logs import logging_settings

GRACE = 30
"""Seconds that running requests get once the process was told to stop."""


def listening(
    app: ASGIApp, *, host: str, port: int, grace: int = GRACE, level: str = "INFO"
) -> uvicorn.Config:
    """Settings for `uvicorn.Server`: on SIGTERM no new connection, running requests finish."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=logging_settings(level),
        server_header=False,
        timeout_graceful_shutdown=grace,
    )
