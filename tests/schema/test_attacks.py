"""Hostile requests, sent as they come: each is told what is wrong, and the next one is answered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.schema.a_server import AUTHORIZED, a_server

HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}
TEXT = "query($v: Text) { text(of: $v) }"
HALF = "query($v: Float) { half(of: $v) }"


def body(query: str, variables: str = "{}") -> bytes:
    """A request with its variables written out."""
    return f'{{"query":{json.dumps(query)},"variables":{variables}}}'.encode()


def deep(levels: int) -> str:
    """A query so many levels deep."""
    return '{account(id:"1"){' + "parent{" * levels + "id" + "}" * levels + "}}"


def short(value: object) -> str:
    """The name of a case: the beginning of what is sent."""
    return repr(value)[:60]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(a_server(), headers=AUTHORIZED | HEADERS) as client:
        yield client
        answer = client.post("/graphql", content=body("{ __typename }"))
        assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b'{"query": "{ __typename }"', 400, "BAD_REQUEST"),
        (b'[{"query": "{ __typename }"}]', 400, "BAD_REQUEST"),
        (b"\x00" * 1000, 400, "BAD_REQUEST"),
        (b" " * 10_000_000, 413, "BODY_TOO_LARGE"),
        (b"[" * 100_000, 400, "LIMIT_EXCEEDED"),
        (body(deep(200)), 400, "LIMIT_EXCEEDED"),
        (body(deep(6000)), 400, "LIMIT_EXCEEDED"),
        (body("{" * 40_000), 400, "GRAPHQL_PARSE_FAILED"),
        (body("{text(of:" + "[" * 20_000), 400, "LIMIT_EXCEEDED"),
        (body("#" * 60_000), 400, "LIMIT_EXCEEDED"),
        (body("{" + "#\n" * 20_000 + "a}"), 400, "LIMIT_EXCEEDED"),
        (body(TEXT, '{"v": "a\\u0000b"}'), 400, "BAD_TEXT"),
        (body(TEXT, '{"v": "\\ud800"}'), 400, "BAD_TEXT"),
        (body('{ text(of: "\\ud800") }'), 400, "GRAPHQL_PARSE_FAILED"),
        (body("{ text(of: \0) }"), 400, "BAD_TEXT"),
        (b"\xef\xbb\xbf" + body("{ __typename }"), 400, "BAD_TEXT"),
        (b'{"query": "\xc3\x28"}', 400, "BAD_TEXT"),
        (body(HALF, '{"v": 1e400}'), 400, "BAD_NUMBER"),
        (body(HALF, '{"v": NaN}'), 400, "BAD_NUMBER"),
        (
            body("{ accounts(first: " + "9" * 5000 + ") { totalCount } }"),
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (body(HALF, '{"v": "1"}'), 400, "BAD_USER_INPUT"),
        (body(HALF, '{"v": 1, "v": 2}'), 400, "DUPLICATE_KEY"),
        (
            body("query($v: Int) { accounts(first: $v) { totalCount } }", '{"v": 3000000000}'),
            400,
            "BAD_USER_INPUT",
        ),
        (body("{ nothing }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (body("subscription { a }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (gzip.compress(body("{ __typename }"), mtime=0), 400, "BAD_TEXT"),
    ],
    ids=short,
)
def test_is_told_what_is_wrong(client: TestClient, sent: bytes, status: int, code: str) -> None:
    response = client.post("/graphql", content=sent)
    errors = response.json()["errors"]
    assert (response.status_code, errors[0]["extensions"]["code"]) == (status, code)
    assert len(response.content) < 20_000
    assert "data" not in response.json()


def test_exact_numbers_arrive_as_they_were_written(client: TestClient) -> None:
    for number in ("12345678901234567.89", "1.10", "0.1e1"):
        response = client.post("/graphql", content=body(TEXT, f'{{"v": {number}}}'))
        assert response.json() == {"data": {"text": number}}
