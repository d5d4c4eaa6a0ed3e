"""Which web pages may call the API from a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

ANY: Final = "*"
_TOLD: Final = ("x-request-id", "www-authenticate")
_SECONDS: Final = 600
_ORIGIN: Final = re.compile(r"https?://[^/\s?#@]+")


def origins_of(text: str) -> tuple[str, ...]:
    """Origins that stand between commas or white space.

    Raises:
        ValueError: one of them is none.
    """
    found = tuple(dict.fromkeys(filter(None, re.split(r"[,\s]+", text))))
    for origin in found:
        if origin != ANY and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin such as https://crm.example.com")
    return found


def open_to(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application for scripts of pages from these origins (`https://crm.example.com`).

    A browser asks before it sends; pages from elsewhere never see an answer. No cookie is ever
    read, so `ANY` gives nobody rights: a caller needs a token. Any header may be sent, as
    tracing adds its own.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=tuple(origins),
        allow_methods=("GET", "POST"),
        allow_headers=(ANY,),
        expose_headers=_TOLD,
        max_age=_SECONDS,
    )
