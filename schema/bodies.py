"""The bytes that a client sends, within the limit and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.types import Message, Receive

from schema import errors
from schema.leaving import Disconnected
from schema.limits import exceeded
from schema.requests import BadRequest

_SECONDS: Final = 30.0  # for a body that arrives in pieces
_LINGER: Final = 4  # times the limit: so much is read and dropped, so that the refusal is seen


async def body_of(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The whole body, of at most `limit` bytes.

    Raises:
        BadRequest: it is larger, or takes too long to arrive.
        Disconnected: the client left before it had sent everything.
    """
    most = limit if b"expect" in headers else limit * _LINGER
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > most:
        raise _too_large(int(announced[:20]), limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise _too_large(len(body), limit)
        return body
    try:
        async with asyncio.timeout(_SECONDS):
            return await _collected(message, receive, limit)
    except TimeoutError:
        raise BadRequest(
            f"The body did not arrive within {_SECONDS:.0f} seconds.", code="TIMEOUT", status=408
        ) from None


async def _collected(message: Message, receive: Receive, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while message["type"] == "http.request":
        piece = message.get("body", b"")
        size += len(piece)
        if size <= limit:
            pieces.append(piece)
        else:
            pieces.clear()
        if size > limit * _LINGER or not message.get("more_body", False):
            break
        message = await receive()
    else:
        raise Disconnected
    if size > limit:
        raise _too_large(size, limit)
    return b"".join(pieces)


def _too_large(size: int, limit: int) -> BadRequest:
    error = exceeded("body", size, limit)
    details = {"limit": "body", "value": size, "allowed": limit}
    told = errors.told(error.message, "BODY_TOO_LARGE", details=details)
    return BadRequest(error.message, code="BODY_TOO_LARGE", status=413, errors=(told,))
