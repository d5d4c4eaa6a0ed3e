"""A page calls the API from a browser only where its origin is named."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from schema.origins import open_to
from tests.schema.a_server import AUTHORIZED, a_server

HERE, ELSEWHERE = "https://crm.example.com", "https://elsewhere.example.com"
ASKING = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,traceparent",
}
QUERY = {"query": "{ __typename }"}


def a_client(*origins: str) -> TestClient:
    return TestClient(open_to(a_server(), origins))


def test_a_browser_that_asks_is_told_yes() -> None:
    told = a_client(HERE).options("/graphql", headers={"origin": HERE, **ASKING})
    assert told.status_code == 200
    assert told.headers["access-control-allow-origin"] == HERE
    allowed = told.headers["access-control-allow-headers"]
    assert {"authorization", "traceparent"} <= set(allowed.replace(" ", "").split(","))


def test_an_answer_may_be_read_with_its_request_id() -> None:
    answer = a_client(HERE).post("/graphql", json=QUERY, headers={"origin": HERE, **AUTHORIZED})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == HERE
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


def test_a_refusal_may_be_read_too() -> None:
    answer = a_client(HERE).post("/graphql", json=QUERY, headers={"origin": HERE})
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["access-control-allow-origin"] == HERE


@pytest.mark.parametrize("origins", [(), (HERE,)])
def test_pages_from_elsewhere_are_told_nothing(origins: tuple[str, ...]) -> None:
    client = a_client(*origins)
    asked = client.options("/graphql", headers={"origin": ELSEWHERE, **ASKING})
    assert asked.status_code >= 400
    assert "access-control-allow-origin" not in asked.headers
    answer = client.post("/graphql", json=QUERY, headers={"origin": ELSEWHERE, **AUTHORIZED})
    assert "access-control-allow-origin" not in answer.headers
