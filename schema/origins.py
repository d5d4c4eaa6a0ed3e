"""Which web pages may call the API from a browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

ANY: Final = "*"
_TOLD: Final = ("x-request-id", "www-authenticate")
_SECONDS: Final = 600


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
