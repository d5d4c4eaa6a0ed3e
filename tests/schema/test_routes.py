"""Health, readiness, the way to the playground."""

from __future__ import annotations

import asyncio

import pytest
from starlette.testclient import TestClient

from core.errors import Unavailable
from schema import routes
from tests.schema.a_server import a_server


def test_is_alive_without_asking_anyone() -> None:
    async def never() -> None:
        raise AssertionError

    assert TestClient(a_server(ready=never)).get("/healthz").json() == {"alive": True}


def test_is_ready_when_what_it_needs_is() -> None:
    response = TestClient(a_server()).get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True})
    assert response.headers["cache-control"] == "no-store"


def test_is_not_ready_and_says_why() -> None:
    async def missing() -> None:
        raise Unavailable("Run `dealgraph migrate`.")

    response = TestClient(a_server(ready=missing)).get("/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "code": "UNAVAILABLE",
        "reason": "Run `dealgraph migrate`.",
    }


def test_is_not_ready_when_nobody_answers_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(routes, "_SECONDS", 0.01)
    response = TestClient(a_server(ready=stuck)).get("/readyz")
    assert (response.status_code, response.json()["code"]) == (503, "TIMEOUT")


def test_leads_from_the_root_to_the_playground() -> None:
    response = TestClient(a_server()).get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (307, "graphql")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin"),
        ("GET", "/graphql/"),
        ("POST", "/"),
        ("POST", "/api"),
        ("PUT", "/%ff"),
        ("GET", "/a%0ab"),
        ("GET", "/playground/nothing.js"),
        ("POST", "/playground/"),
    ],
)
def test_any_other_path_is_told_where_the_api_is(method: str, path: str) -> None:
    response = TestClient(a_server()).request(method, path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert "/graphql" in error["message"]


def test_the_head_of_the_page_is_that_of_the_page() -> None:
    client = TestClient(a_server(), headers={"accept": "text/html"})
    page, head = client.get("/graphql"), client.head("/graphql")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == page.headers["content-type"]
