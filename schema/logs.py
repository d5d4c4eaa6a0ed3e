"""One JSON object a line: every request, and whatever else the process has to say."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from random import getrandbits
from select import PIPE_BUF, select
from typing import Any, Final, TextIO
from uuid import UUID

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENTRY: Final = "dealgraph.entry"
_SANE_ID = re.compile(rb"[A-Za-z0-9._:+/=-]{8,128}", re.ASCII)
_QUIET = ("/healthz", "/readyz", "/playground/")
_LONGEST = 200
_TOKEN = re.compile(r"dg_[A-Za-z0-9_-]{20,}")  # whoever puts one in a path has it written nowhere
_SOON: Final = 0.02  # seconds
_PATIENCE: Final = 1.0  # seconds, once, for whoever takes the lines

_log = logging.getLogger("dealgraph")


@dataclass(slots=True)
class Entry:
    """What is learned about a request while it is answered: the line that the log gets."""

    request_id: str
    method: str
    path: str
    tenant: UUID | None = None
    operation: str | None = None
    cost: int | None = None
    codes: tuple[str, ...] = ()
    status: int = 0
    ended: float = 0.0  # seconds since 1970
    seconds: float = 0.0

    def line(self) -> bytes:
        """What the log gets."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(self.ended, UTC),
            "level": "error" if self.status >= 500 or not self.status else "info",
            "event": "request",
            "request_id": self.request_id,
            "method": self.method,
            "path": _TOKEN.sub("dg_…", self.path)[:_LONGEST],
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
        }
        if self.tenant is not None:
            said["tenant"] = self.tenant
        if self.operation is not None:
            said["operation"] = self.operation[:_LONGEST]
        if self.cost is not None:
            said["cost"] = self.cost
        if self.codes:
            said["codes"] = self.codes
        return orjson.dumps(said, option=_OPTIONS)


def entry_of(scope: Scope) -> Entry:
    """The entry of this request; a fresh one where no log is listening."""
    entry = scope.get(ENTRY)
    if not isinstance(entry, Entry):
        entry = scope[ENTRY] = Entry(_request_id(scope), scope["method"], scope["path"])
    return entry


def unexpected(error: BaseException, request_id: str, *, tenant: UUID | None = None) -> None:
    """Write down a fault of ours, with its traceback."""
    _log.error(
        "unexpected error",
        exc_info=error,
        extra={"said": {"request_id": request_id, "tenant": tenant}},
    )


class RequestLog:
    """Gives each request an id, answers it in `X-Request-Id`, and writes a line when done.

    A line has no token, no variable, no query text. Health checks and assets are logged only
    when they fail.
    """

    def __init__(self, app: ASGIApp, write: Callable[[Entry], object] | None = None) -> None:
        self.app = app
        self._lines = Lines()
        self._write = write or self._lines.write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            try:
                await self.app(scope, receive, send)
            finally:
                self._lines.flush()
            return
        started = time.perf_counter()
        entry = entry_of(scope)
        header = (b"x-request-id", entry.request_id.encode())

        def noting(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                message["headers"] = [*message["headers"], header]
            return send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            unexpected(error, entry.request_id, tenant=entry.tenant)
            entry.codes = ("INTERNAL",)
            if entry.status:
                raise
            await _failed(noting)
        finally:
            if entry.status >= 400 or not entry.path.startswith(_QUIET):
                entry.ended, entry.seconds = time.time(), time.perf_counter() - started
                self._write(entry)


class Lines:
    """Standard output, which gets the lines of some milliseconds together.

    Made and written in each turn, between cold caches, they took 5 % of a small answer's
    time with 32 connections. One write takes no more than a pipe keeps together, so that lines of
    several workers never mix.
    """

    def __init__(self) -> None:
        self._held: list[Entry] = []
        self._fails = False
        self._lost = 0

    def write(self, entry: Entry) -> None:
        """Have its line written soon."""
        if not self._held:
            asyncio.get_running_loop().call_later(_SOON, self.flush)
        self._held.append(entry)

    def flush(self) -> None:
        """Write what is held."""
        held, self._held = self._held, []
        together = bytearray()
        for line in map(Entry.line, held):
            if len(together) + len(line) > PIPE_BUF:
                self._put(together)
                together.clear()
            together += line
        if together:
            self._put(together)

    def _put(self, lines: bytearray) -> None:
        try:
            if not _is_taken(sys.stdout, lines, 0 if self._lost else _PATIENCE):
                self._lost += lines.count(b"\n")
                return
            self._fails = False
            self._tell_of_lost()
        except OSError as error:  # whoever read it is gone, or its disk is full: requests go on
            if not self._fails:
                _log.error("Requests cannot be logged: %s", error.strerror)
            self._fails = True

    def _tell_of_lost(self) -> None:
        """Once lines are taken again: until then, standard error may be what is full."""
        lost, self._lost = self._lost, 0
        if lost:
            _log.error("%d requests were not logged: nobody took their lines", lost)


class Messages(logging.Handler):
    """Standard error, for all other messages, in the same way: what nobody takes is dropped.

    A write to a pipe that nobody empties would hold all requests, and strangers can fill one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message, and before it how many were lost."""
        message = self.format(record).encode(errors="backslashreplace") + b"\n"
        with suppress(OSError, ValueError):  # it was closed
            if self._lost and self._is_taken(_LOST % self._lost):
                self._lost = 0
            if self._lost or not self._is_taken(message):
                self._lost += 1

    def _is_taken(self, message: bytes) -> bool:
        """Write it in pieces, each of which a pipe with any room takes."""
        patience = 0 if self._lost else _PATIENCE
        starts = range(0, len(message), PIPE_BUF)
        return all(_is_taken(sys.stderr, message[it : it + PIPE_BUF], patience) for it in starts)


_LOST: Final = b'{"level":"error","event":"%d messages were lost: nobody took them"}\n'


UNREADABLE: Final = "Invalid HTTP request received."
"""uvicorn's words for bytes that are no request."""


class NoStrangers(logging.Filter):
    """Without what anybody can have written as often as they like: it was answered."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != UNREADABLE


def _is_taken(stream: TextIO, lines: bytes | bytearray, patience: float) -> bool:
    """Write the lines, unless they would wait for longer."""
    if not _has_room(stream, patience):
        return False
    stream.buffer.write(lines)
    stream.buffer.flush()
    return True


def _has_room(stream: TextIO, patience: float) -> bool:
    """Whether a write returns: one to a pipe that nobody empties would not."""
    try:
        return bool(select([], [stream.fileno()], [], patience)[1])
    except (OSError, ValueError):  # it is no file: the write tells
        return True


class JsonLines(logging.Formatter):
    """The same shape for everything that goes through `logging`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        said = getattr(record, "said", None)
        if isinstance(said, dict):
            line |= {key: value for key, value in said.items() if value is not None}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, option=orjson.OPT_UTC_Z, default=str).decode()


def logging_settings(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig` and uvicorn: JSON lines on stderr, no access log."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "filters": {"answered": {"()": NoStrangers}},
        "handlers": {"stderr": {"()": Messages, "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "uvicorn.access": {"level": "WARNING"},
            "uvicorn.error": {"filters": ["answered"]},
        },
    }


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.fullmatch(value):
            return str(value, "ascii")
    return f"{getrandbits(128):032x}"


async def _failed(send: Send) -> None:
    body = b'{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL"}}]}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
