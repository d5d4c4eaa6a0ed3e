"""One JSON object a line: every request, and whatever else the process has to say."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import getrandbits
from select import PIPE_BUF
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENTRY: Final = "dealgraph.entry"
_SANE_ID = re.compile(rb"[A-Za-z0-9._:+/=-]{8,128}", re.ASCII)
_QUIET = ("/healthz", "/readyz", "/playground/")
_LONGEST = 200

_log = logging.getLogger("dealgraph")


@dataclass(slots=True)
class Entry:
    """What is learned about a request while it is answered: the line that the log gets."""

    request_id: str
    tenant: UUID | None = None
    operation: str | None = None
    cost: int | None = None
    codes: tuple[str, ...] = ()
    status: int = 0


def entry_of(scope: Scope) -> Entry:
    """The entry of this request; a fresh one where no log is listening."""
    entry = scope.get(ENTRY)
    if not isinstance(entry, Entry):
        entry = scope[ENTRY] = Entry(_request_id(scope))
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

    def __init__(self, app: ASGIApp, write: Callable[[bytes], object] | None = None) -> None:
        self.app = app
        self.write = write or Lines().write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        entry = entry_of(scope)
        header = (b"x-request-id", entry.request_id.encode())

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            unexpected(error, entry.request_id, tenant=entry.tenant)
            entry.codes = ("INTERNAL",)
            if entry.status:
                raise
            await _failed(noting)
        finally:
            self._note(scope, entry, time.perf_counter() - started)

    def _note(self, scope: Scope, entry: Entry, seconds: float) -> None:
        path = scope["path"]
        if entry.status < 400 and path.startswith(_QUIET):
            return
        line: dict[str, object] = {
            "time": datetime.now(UTC),
            "level": "error" if entry.status >= 500 or not entry.status else "info",
            "event": "request",
            "request_id": entry.request_id,
            "method": scope["method"],
            "path": path[:_LONGEST],
            "status": entry.status,
            "ms": round(seconds * 1000, 2),
        }
        _add(line, entry)
        self.write(orjson.dumps(line, option=_OPTIONS))


class Lines:
    """Standard output, written to once in each turn of the loop.

    With 32 connections a system call for every line took 4 % of a small answer's time. One takes
    no more than a pipe keeps together, so that lines of several workers never mix.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._fails = False

    def write(self, line: bytes) -> None:
        if len(self._held) + len(line) > PIPE_BUF:
            self._flush()
        if not self._held:
            asyncio.get_running_loop().call_soon(self._flush)
        self._held += line

    def _flush(self) -> None:
        held, self._held = self._held, bytearray()
        if not held:
            return
        try:
            sys.stdout.buffer.write(held)
            sys.stdout.buffer.flush()
            self._fails = False
        except OSError as error:  # whoever read it is gone, or its disk is full: requests go on
            if not self._fails:
                _log.error("Requests cannot be logged: %s", error.strerror)
            self._fails = True


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


def logging_settings(level: str = "INFO") -> dict[str, Any]:
    """For `logging.config.dictConfig` and uvicorn: JSON lines on stderr, no access log."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"uvicorn.access": {"level": "WARNING"}},
    }


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.fullmatch(value):
            return str(value, "ascii")
    return f"{getrandbits(128):032x}"


def _add(line: MutableMapping[str, object], entry: Entry) -> None:
    if entry.tenant is not None:
        line["tenant"] = entry.tenant
    if entry.operation is not None:
        line["operation"] = entry.operation[:_LONGEST]
    if entry.cost is not None:
        line["cost"] = entry.cost
    if entry.codes:
        line["codes"] = entry.codes


async def _failed(send: Send) -> None:
    body = b'{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL"}}]}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
