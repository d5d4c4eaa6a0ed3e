"""A private server for coroutines: started and stopped in threads, and kept alive in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import DealgraphError
from core.store.embedded.server import Cluster, Embedded

LOOKING = 0.25
"""Seconds between looks at whether PostgreSQL lives."""
TRYING_AGAIN = 10.0

_log = logging.getLogger("dealgraph")


@asynccontextmanager
async def kept(embedded: Embedded) -> AsyncIterator[Cluster]:
    """The running server, started again whenever it ends before this does.

    Raises:
        Unavailable: it cannot be run here, and what to do about it.
    """
    starting = asyncio.create_task(asyncio.to_thread(embedded.start))
    try:
        cluster = await asyncio.shield(starting)
        keeping = asyncio.create_task(_keep(embedded))
        try:
            yield cluster
        finally:
            keeping.cancel()
    finally:
        await asyncio.wait([starting])  # whoever is cancelled leaves a thread that goes on
        await asyncio.to_thread(embedded.release)


async def _keep(embedded: Embedded) -> None:
    while True:
        await asyncio.sleep(LOOKING)
        try:
            if not embedded.is_gone:
                continue
        except OSError as error:
            _log.error("Whether PostgreSQL lives cannot be told: %s", error)
            await asyncio.sleep(TRYING_AGAIN)
            continue
        try:
            await asyncio.to_thread(embedded.revive)
            _log.warning("PostgreSQL had ended, and was started again")
        except (DealgraphError, OSError) as error:
            _log.error("PostgreSQL has ended, and cannot be started again: %s", error)
            await asyncio.sleep(TRYING_AGAIN)
