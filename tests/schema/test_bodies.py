"""Bodies of every size and way of arriving."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from schema.bodies import Disconnected, body_of
from schema.limits import Limits
from schema.requests import BadRequest
from tests.schema.a_server import AUTHORIZED, a_server

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(a_server(), headers=AUTHORIZED) as client:
        yield client


def pieces(size: int) -> Iterator[bytes]:
    """A body without a Content-Length."""
    for _ in range(size // 100_000):
        yield b" " * 100_000


def test_refuses_ten_megabytes_and_says_how_much_is_allowed(client: TestClient) -> None:
    response = client.post("/graphql", content=b" " * 10_000_000, headers=JSON)
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"] == {
        "code": "BODY_TOO_LARGE",
        "limit": "body",
        "value": 10_000_000,
        "allowed": 5_000_000,
    }


def test_counts_a_body_that_announces_no_length(client: TestClient) -> None:
    response = client.post("/graphql", content=pieces(10_000_000), headers=JSON)
    assert response.status_code == 413
    assert response.headers["connection"] == "close"


def test_reads_a_body_in_pieces(client: TestClient) -> None:
    def spelled() -> Iterator[bytes]:
        yield b'{"query":'
        yield b'"{ __typename }"'
        yield b"}"

    response = client.post("/graphql", content=spelled(), headers=JSON)
    assert response.json() == {"data": {"__typename": "Query"}}


def test_reads_a_body_just_within_the_limit(client: TestClient) -> None:
    sent = json.dumps({"query": "{ __typename }"}).encode()
    sent += b" " * (Limits().body - len(sent))
    assert client.post("/graphql", content=sent, headers=JSON).status_code == 200
    assert client.post("/graphql", content=sent + b" ", headers=JSON).status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/graphql"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/json", "content-encoding": "br"},
    ],
)
def test_refuses_what_is_not_plain_json_in_utf_8(
    client: TestClient, headers: dict[str, str]
) -> None:
    body = gzip.compress(b'{"query":"{ __typename }"}')
    response = client.post("/graphql", content=body, headers=headers)
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_accepts_json_however_its_type_is_written(client: TestClient, kind: str) -> None:
    response = client.post(
        "/graphql", content=b'{"query":"{ __typename }"}', headers={"content-type": kind}
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {b"expect": b"100-continue", b"content-length": b"6000000"},
        {b"content-length": b"1000000000"},
    ],
)
async def test_does_not_ask_for_a_body_that_is_announced_as_too_large(
    headers: dict[bytes, bytes],
) -> None:
    async def receive() -> Message:
        raise AssertionError("nothing is sent before the refusal")

    with pytest.raises(BadRequest):
        await body_of(receive, headers, 5_000_000)


async def test_stops_reading_an_endless_body() -> None:
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 1000
        return {"type": "http.request", "body": b" " * 1000, "more_body": True}

    with pytest.raises(BadRequest):
        await body_of(receive, {}, 10_000)
    assert read < 50_000


async def test_notices_a_client_that_left() -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b"{", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Message:
        return next(messages)

    with pytest.raises(Disconnected):
        await body_of(receive, {}, 1000)
