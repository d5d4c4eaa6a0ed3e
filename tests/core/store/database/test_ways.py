"""What stands between us and the database decides how the tenant is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import Unavailable
from core.store.database.connections import Database
from core.store.database.ways import Options
from tests.conftest import Urls

KEPT = (b"user", b"database", b"client_encoding", b"application_name", b"timezone")


async def test_a_pooler_that_drops_the_settings_of_a_session_is_refused(urls: Urls) -> None:
    async with a_pooler(urls.app) as pooled:
        with pytest.raises(Unavailable, match="set DEALGRAPH_TENANT_SETTING=transaction"):
            await Database.open(pooled)
        database = await Database.open(pooled, Options("transaction"))
        await database.ping()
        await database.close()


@asynccontextmanager
async def a_pooler(url: str) -> AsyncIterator[str]:
    """What leads to the server, and drops most of what a connection is opened with."""
    parts = urlsplit(url)
    socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4), "big")
        words = (await reader.readexactly(size - 4))[4:].split(b"\0")
        there, back = await asyncio.open_unix_connection(socket)
        back.write(_opening(dict(zip(words[::2], words[1::2], strict=False))))
        await asyncio.gather(_pass(reader, back), _pass(there, writer))

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}?sslmode=disable"


def _opening(asked: dict[bytes, bytes]) -> bytes:
    kept = b"".join(b"%s\0%s\0" % (name, asked[name]) for name in KEPT if name in asked)
    body = (196_608).to_bytes(4, "big") + kept + b"\0"
    return (len(body) + 4).to_bytes(4, "big") + body


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
