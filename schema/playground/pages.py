"""Serving the playground: one page, and its assets under a path that names their content."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from schema.media import takes_gzip

_TYPES: Final = {
    "html": b"text/html; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "svg": b"image/svg+xml",
}
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"
_PAGE: Final = "index.html"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent: plain and compressed, with the tag of its content."""

    type: bytes
    plain: bytes
    compressed: bytes
    tag: bytes
    caching: bytes


@dataclass(frozen=True, slots=True)
class Playground:
    """An ASGI application that gives its assets by path; `page` gives the page on any.

    What it does not have is for `otherwise` to answer.
    """

    assets: Mapping[str, Asset]
    otherwise: ASGIApp

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _give(scope, send, self.assets[_PAGE])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.assets.get(scope["path_params"]["path"])
        if found is None:
            await self.otherwise(scope, receive, send)
        else:
            await _give(scope, send, found)


def playground(otherwise: ASGIApp) -> Playground:
    """Everything read, compressed and tagged once.

    Assets live under a folder named by the digest of them all, so that a browser keeps them
    for ever and a new release is seen at once; the page asks again each time.
    """
    contents = {
        it.name: it.read_bytes()
        for it in (files(__package__) / "assets").iterdir()
        if it.name.rpartition(".")[2] in _TYPES
    }
    digest = _digest(b"".join(contents[name] for name in sorted(contents)))
    page = re.sub(
        rb'(href|src)="assets/', rb'\1="playground/%s/' % digest.encode(), contents.pop(_PAGE)
    )
    assets = {f"{digest}/{name}": _asset(name, body, _FOR_EVER) for name, body in contents.items()}
    return Playground({_PAGE: _asset(_PAGE, page, _ASK_AGAIN), **assets}, otherwise)


def _asset(name: str, body: bytes, caching: bytes) -> Asset:
    return Asset(
        type=_TYPES[name.rpartition(".")[2]],
        plain=body,
        compressed=gzip.compress(body, mtime=0),
        tag=f'"{_digest(body)}"'.encode(),
        caching=caching,
    )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


async def _give(scope: Scope, send: Send, asset: Asset) -> None:
    asked = dict(scope["headers"])
    headers = [
        (b"content-type", asset.type),
        (b"cache-control", asset.caching),
        (b"etag", asset.tag),
        (b"vary", b"accept, accept-encoding"),
        (b"content-security-policy", _POLICY),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
    ]
    if asset.tag in asked.get(b"if-none-match", b""):
        await _send(send, 304, headers, b"")
        return
    body = asset.plain
    if takes_gzip(asked.get(b"accept-encoding")):
        body = asset.compressed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", b"%d" % len(body)))
    await _send(send, 200, headers, body if scope["method"] != "HEAD" else b"")


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
