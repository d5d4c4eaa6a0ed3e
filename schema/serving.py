"""How the server process listens: what runs is finished before it ends."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from schema.logs import logging_settings

GRACE = 30
"""Seconds that running requests get once the process was told to stop."""
LONGEST_HEAD = 262_144
"""Bytes of a request line with its headers; what has arrived with them is not counted."""
LONGEST_URL = 65_535
"""Bytes of a URL that the parser can tell the parts of."""
HEAD_SECONDS = 30
"""Seconds in which a head has to arrive."""
KEPT_SECONDS = 75
"""Seconds that an idle connection is kept: longer than proxies do, which would send into its end."""
LAST_SECONDS = 0.5
"""Seconds in which a connection may send its last request once the process was told to stop."""


def listening(
    make_app: Callable[[], ASGIApp], *, grace: int = GRACE, level: str = "INFO"
) -> uvicorn.Config:
    """Settings for a server on sockets that are open already.

    On SIGTERM there is no new connection, and running requests finish. Several workers make an
    application each, in a process of its own: `make_app` is pickled then.
    """
    return uvicorn.Config(
        make_app,
        factory=True,
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        log_config=logging_settings(level),
        server_header=False,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=grace,
    )


class Serving(uvicorn.Server):
    """uvicorn's, but whoever is connected when it is told to stop is answered.

    uvicorn closes what is idle, though a request may be on its way there, and the system resets
    the connections that it has taken and nobody has fetched.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Fetch who waits, let everyone send what is on its way, and end as uvicorn does."""
        taken = [each.dup() for each in sockets or ()]
        for server in self.servers:
            server.close()
        for each in taken:
            await self._fetch(each)
        await self._part()
        await super().shutdown(sockets)

    async def _fetch(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with taken:
            waiting = _waiting(taken, self.config.backlog)
        for each in waiting:
            with suppress(OSError):  # it has gone away meanwhile
                await loop.connect_accepted_socket(self._protocol, each)

    def _protocol(self) -> Protocol:
        return Protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def _part(self) -> None:
        deadline = asyncio.get_running_loop().time() + LAST_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            for each in self.server_state.connections:
                cast(Protocol, each).part()
            await asyncio.sleep(0.02)


def _waiting(taken: socket.socket, most: int) -> Sequence[socket.socket]:
    """The connections that the system has taken and nobody has fetched."""
    taken.setblocking(False)
    found: list[socket.socket] = []
    with suppress(OSError):  # there is none any more, or no room for it
        while len(found) < most:
            found.append(taken.accept()[0])
    return found


_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_IGNORED = b"\r\nignored:"


class Protocol(HttpToolsProtocol):
    """uvicorn's, but heads have bounds, and that of a response leaves with its body.

    Java's client and `curl --http2` offer to go on in another protocol. The parser would end such
    a request with its head, and take its body for the next one.

    uvicorn keeps a head of any length for any time, from a client that has shown no token yet.
    And it writes a response's head and body one after the other: two system calls and two packets
    where one does (3 % of the processor's time, with one record by its id).
    """

    url = b""
    _head_size = 0
    _head_timer: asyncio.TimerHandle | None = None
    _is_parting = False
    _is_between = True

    def part(self) -> None:
        """Answer what runs, or one request more, and close."""
        self._is_parting = True
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, Corked(transport)))
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._head_size > LONGEST_HEAD:
            self._refuse(TOO_LONG)
            return
        if self._is_between and b"pgrade" in data:
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(_IGNORED, head) + end + rest
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_size >= 0:
            self._head_size += len(data)
            self._await_head()
        elif self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # A blank line, or what was left of a body: uvicorn takes it for the next request.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = 0

    def on_headers_complete(self) -> None:
        self._head_size = -1  # until the next message begins
        self._is_between = False
        self._stop_timer()
        super().on_headers_complete()
        if self._is_parting:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_between = True

    def _unsupported_upgrade_warning(self) -> None:
        """A head in pieces has asked for it: what follows may be the body, and is not read."""
        self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        self._refuse(BROKEN if len(self.url) <= LONGEST_URL else TOO_LONG_A_URL)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, TOO_SLOW)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, response: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:  # else it would answer that one
            self.transport.write(response)
        self.transport.close()


def _refusal(status: bytes, code: bytes, message: bytes) -> bytes:
    body = b'{"errors":[{"message":"%s","extensions":{"code":"%s"}}]}' % (message, code)
    head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d" % len(body)
    return b"HTTP/1.1 %s\r\n%s\r\n\r\n%s" % (status, head, body)


TOO_LONG = _refusal(
    b"431 Request Header Fields Too Large",
    b"HEAD_TOO_LARGE",
    b"The URL and the headers have more than %d bytes." % LONGEST_HEAD,
)
TOO_LONG_A_URL = _refusal(
    b"414 URI Too Long",
    b"HEAD_TOO_LARGE",
    b"The URL has more than %d bytes: send a POST." % LONGEST_URL,
)
TOO_SLOW = _refusal(
    b"408 Request Timeout", b"TIMEOUT", b"No request within %d seconds." % HEAD_SECONDS
)

BROKEN = _refusal(b"400 Bad Request", b"BAD_REQUEST", b"That is no request of HTTP/1.1.")


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
