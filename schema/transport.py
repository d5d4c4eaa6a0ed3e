"""`/graphql` by the GraphQL-over-HTTP specification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import DealgraphError, Unauthenticated
from schema import errors, media
from schema.bodies import body_of
from schema.leaving import Disconnected
from schema.limits import Limits
from schema.logs import Entry, entry_of, unexpected
from schema.reading import asked, posted
from schema.requests import Answering, Authenticating, BadRequest, Request

Header = tuple[bytes, bytes]

_ALLOW: Final[Header] = (b"allow", b"GET, POST")
_ALWAYS: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_LEFT: Final = 499
"""What proxies log where nobody waits for an answer any more."""
_CHALLENGE: Final = b'Bearer realm="dealgraph"'


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """Reads a request, has it answered, and gives the answer the status that its client expects.

    Who asks is known before a body is read, and asked again once it is there: it may be long in
    coming. `page` is what a browser gets.
    """

    answer: Answering
    authenticate: Authenticating
    limits: Limits
    page: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if scope["method"] in ("GET", "HEAD") and media.wants_page(headers.get(b"accept")):
            await self.page(scope, receive, send)
            return
        entry = entry_of(scope)
        wanted = media.JSON
        try:
            wanted = media.accepted(headers.get(b"accept"))
            token = _token(scope["headers"])
            entry.tenant = (await self.authenticate(token)).tenant
            request = await self._request(scope, headers, receive, entry)
            request = request._replace(receive=receive)
            actor = await self.authenticate(token)
            answer = await self.answer(actor, request)
        except Disconnected:
            entry.status, entry.codes = _LEFT, ("CLIENT_LEFT",)
        except DealgraphError as error:
            await _refuse(send, error, wanted, entry, sent=b"authorization" in headers)
        except Exception as error:  # noqa: BLE001 - the last border: logged, masked, answered
            unexpected(error, entry.request_id, tenant=entry.tenant)
            told = (errors.masked(entry.request_id),)
            entry.codes = errors.codes_of(told)
            await _respond(send, 500, wanted.header, errors.body_of(told))
        else:
            entry.operation, entry.cost = answer.operation, answer.cost
            entry.codes = answer.codes
            status = answer.status if wanted.strict and not answer.executed else 200
            coding = _GZIP if answer.gzip else ()
            await _respond(send, status, wanted.header, answer.body, coding)

    async def _request(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, entry: Entry
    ) -> Request:
        gzip = media.takes_gzip(headers.get(b"accept-encoding"))
        if scope["method"] == "POST":
            media.check_sent(headers.get(b"content-type"), headers.get(b"content-encoding"))
            body = await body_of(receive, headers, self.limits.body)
            return posted(body, entry.request_id, self.limits, gzip=gzip)
        if scope["method"] == "GET":
            return asked(scope["query_string"], entry.request_id, self.limits, gzip=gzip)
        raise BadRequest("Send a GET or a POST.", code="METHOD_NOT_ALLOWED", status=405)


def _token(headers: Iterable[Header]) -> str:
    """The one token that is sent. Of two, a proxy may have looked at the other."""
    found = [value for name, value in headers if name == b"authorization"]
    given = found[0] if len(found) == 1 else b""
    if given[:7].lower() != b"bearer " or not given.isascii():
        raise Unauthenticated("Send one token: `Authorization: Bearer dg_…`.")
    return given[7:].strip().decode("ascii")


async def _refuse(
    send: Send, error: DealgraphError, wanted: media.Media, entry: Entry, *, sent: bool
) -> None:
    told = errors.of_failure(error)
    entry.codes = errors.codes_of(told)
    status = errors.status_of(error, strict=wanted.strict)
    extra: list[Header] = []
    if status == 401:
        reason = b', error="invalid_token"' if sent else b""
        extra.append((b"www-authenticate", _CHALLENGE + reason))
    elif status == 405:
        extra.append(_ALLOW)
    elif status == 413:
        extra.append((b"connection", b"close"))
    await _respond(send, status, wanted.header, errors.body_of(told), extra)


async def _respond(
    send: Send, status: int, media_type: bytes, body: bytes, extra: Iterable[Header] = ()
) -> None:
    headers = [
        (b"content-type", media_type),
        (b"content-length", b"%d" % len(body)),
        *_ALWAYS,
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_GZIP: Final[tuple[Header, ...]] = ((b"content-encoding", b"gzip"),)
