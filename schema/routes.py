"""Every path that the server answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import DealgraphError
from schema import errors
from schema.limits import Limits
from schema.playground.pages import playground
from schema.requests import Answering, Authenticating
from schema.transport import GraphQLEndpoint

_API: Final = "/graphql"
_SECONDS: Final = 2.0
_UNKEPT: Final = {"cache-control": "no-store"}


class Paths(Router):
    """Starlette's router, which requests of the API are led around.

    Finding a way that is nearly always the same took 5 % of a small answer's time.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = self._api if scope["type"] == "http" and scope["path"] == _API else None
        await (api or super().__call__)(scope, receive, send)

    def open(self, routes: Sequence[BaseRoute]) -> None:
        """Answer these from now on."""
        self.routes[:] = routes
        found = (it.app for it in routes if isinstance(it, Route) and it.path == _API)
        self._api = next(found, None)

    _api: ASGIApp | None = None


def routes(
    answer: Answering,
    authenticate: Authenticating,
    ready: Callable[[], Awaitable[None]],
    limits: Limits,
) -> list[BaseRoute]:
    """`/graphql`, the playground's assets, `/healthz`, `/readyz`; `/` leads to the playground.

    Any other path, and any other way of asking, is told where the API is.

    `ready` returns when requests can be served, and raises a `DealgraphError` otherwise.
    """

    async def readiness(request: Request) -> Response:
        try:
            async with asyncio.timeout(_SECONDS):
                await ready()
        except DealgraphError as error:
            return _state(503, ready=False, code=error.code, reason=error.message)
        except TimeoutError:
            reason = f"No answer within {_SECONDS:.0f} seconds."
            return _state(503, ready=False, code="TIMEOUT", reason=reason)
        return _state(200, ready=True)

    ours = playground(_nowhere)
    return [
        Route(_API, GraphQLEndpoint(answer, authenticate, limits, ours.page)),
        Route("/playground/{path:path}", ours),
        Route("/healthz", _alive),
        Route("/readyz", readiness),
        Route("/", _front),
        Elsewhere(),
    ]


class Elsewhere(BaseRoute):
    """Any other path: one with a line break fits no pattern."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _nowhere(scope, receive, send)


async def _alive(request: Request) -> Response:
    return _state(200, alive=True)


async def _front(request: Request) -> Response:
    return RedirectResponse("graphql")


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    told = errors.told("Nothing answers this here: the API is at /graphql.", "NOT_FOUND")
    await Response(errors.body_of((told,)), 404, _UNKEPT, "application/json")(scope, receive, send)


def _state(status: int, **what: object) -> Response:
    return JSONResponse(what, status, headers=_UNKEPT)
