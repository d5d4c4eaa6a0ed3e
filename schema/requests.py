"""What the transport hands on, and what it gets back.

Named tuples: every request makes one of each, at a fourth of what a frozen dataclass takes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, NamedTuple

from starlette.types import Receive

from core.errors import DealgraphError
from core.identity import Actor

Method = Literal["GET", "POST"]
WireError = Mapping[str, object]


class Request(NamedTuple):
    """One operation to answer, read from a body or a URL, its numbers exact."""

    query: str
    operation_name: str | None
    variables: Mapping[str, object]
    extensions: Mapping[str, object]
    method: Method
    request_id: str
    gzip: bool = False  # the client takes a compressed body
    receive: Receive | None = None  # tells when the client leaves


class Answer(NamedTuple):
    """A finished response body, and what the log should know of it.

    `executed` is False for a request error: there is no `data`, and the status is `status`
    for clients that accept `application/graphql-response+json`.
    """

    body: bytes
    executed: bool = True
    status: int = 400
    operation: str | None = None
    cost: int | None = None
    codes: tuple[str, ...] = ()
    gzip: bool = False  # `body` is compressed; only for a request that takes it


class BadRequest(DealgraphError):
    """No operation could be read from the request, or not this way. Nothing ran."""

    code = "BAD_REQUEST"

    def __init__(
        self,
        message: str,
        *,
        code: str = "BAD_REQUEST",
        status: int = 400,
        well_formed: bool = False,
        errors: tuple[WireError, ...] = (),
    ) -> None:
        """`errors` replaces the message where several things are wrong; `well_formed` tells
        that the HTTP request itself was sound, so `application/json` clients get a 200."""
        super().__init__(message)
        self.code = code
        self.status = status
        self.well_formed = well_formed
        self.errors = errors


Answering = Callable[[Actor, Request], Awaitable[Answer]]
Authenticating = Callable[[str], Awaitable[Actor]]
