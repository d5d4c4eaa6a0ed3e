"""Tortoise on a connection of ours: its models query through `using_db(engine.on(connection))`.

Tortoise keeps its own state in a context variable, which a request does not inherit, and would
open a second pool. So its registry is set up once for the process, with an engine that reaches
no database, and each query names the connection that it runs on, with the tenant that is set
there.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from asyncpg import Connection
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import ConnectionWrapper
from tortoise.context import TortoiseContext, get_current_context, set_global_context

APP = "platform"
MIGRATIONS = {
    APP: {"models": ["core.store.database.tables"], "migrations": "core.store.database.migrations"}
}


class OneConnection(AsyncpgDBClient):
    """Tortoise's client over a single connection that someone else opens and closes."""

    def __init__(self, connection: Connection | None, **parameters: Any) -> None:
        super().__init__(**{"connection_name": "default", **parameters})
        self._connection = connection
        self._lock = asyncio.Lock()

    def acquire_connection(self) -> ConnectionWrapper[Connection]:
        return ConnectionWrapper(self._lock, self)


class Nowhere(OneConnection):
    """What a query meets that names no connection."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(None, **parameters)

    def acquire_connection(self) -> NoReturn:
        raise RuntimeError("a query of a Tortoise model names its connection: using_db(on(…))")


client_class = Nowhere


def on(connection: Connection) -> OneConnection:
    """The client for `using_db`."""
    return OneConnection(connection)


async def prepare() -> None:
    """Make the models usable in this process, from whatever task; again does nothing."""
    if get_current_context() is not None:
        return
    context = TortoiseContext()
    set_global_context(context)
    await context.init(
        config={
            "connections": {"default": {"engine": "core.store.database.engine", "credentials": {}}},
            "apps": {
                APP: {"models": ["core.store.database.tables"], "default_connection": "default"}
            },
        }
    )
