"""GraphQL over HTTP: media types, statuses, methods, tokens."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from core.errors import Forbidden, Timeout, Unavailable
from core.identity import Actor
from schema.requests import Answer, Request
from tests.schema.a_server import AUTHORIZED, TOKEN, a_server

MODERN = "application/graphql-response+json"
LEGACY = "application/json"
TYPENAME = {"query": "{ __typename }"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(a_server(), headers=AUTHORIZED) as client:
        yield client


def code_of(response: object) -> str:
    """The code of the first error."""
    return str(response.json()["errors"][0]["extensions"]["code"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (MODERN, MODERN),
        (LEGACY, LEGACY),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        (f"{MODERN}, {LEGACY};q=0.9", MODERN),
        (f"{LEGACY};q=0.5, {MODERN};q=0.4", LEGACY),
        (f"text/html;q=0.1, {MODERN}", MODERN),
        (f"{LEGACY};q=0, {MODERN};q=0.1", MODERN),
        (f"{LEGACY};q=0, */*", MODERN),
        (f"*/*;q=0.1, {LEGACY};q=0", MODERN),
        (f"{LEGACY};q=0.5, */*", MODERN),
        (f"*/*;q=0.5, application/*;q=0.1, {LEGACY}", LEGACY),
        ("APPLICATION/JSON; charset=utf-8", LEGACY),
    ],
)
def test_answers_in_the_media_type_that_the_client_prefers(
    client: TestClient, accept: str, answered: str
) -> None:
    response = client.post("/graphql", json=TYPENAME, headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{answered}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("accept", ["text/csv", f"{LEGACY};q=0, {MODERN};q=0, */*"])
def test_refuses_a_client_that_takes_neither_media_type(client: TestClient, accept: str) -> None:
    response = client.post("/graphql", json=TYPENAME, headers={"accept": accept})
    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($of: Float) { half(of: $of) }", {"of": "x"}, "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", None, "OPERATION_RESOLUTION_FAILURE"),
        ("{ accounts(first: 1001) { totalCount } }", None, "LIMIT_EXCEEDED"),
    ],
)
def test_gives_a_request_error_no_data_and_the_status_that_the_media_type_asks_for(
    client: TestClient, query: str, variables: object, code: str
) -> None:
    sent = {"query": query, "variables": variables}
    for accept, status in ((MODERN, 400), (LEGACY, 200)):
        response = client.post("/graphql", json=sent, headers={"accept": accept})
        assert response.status_code == status
        assert code_of(response) == code
        assert "data" not in response.json()


@pytest.mark.parametrize("accept", [MODERN, LEGACY])
def test_an_executed_request_is_200_even_when_a_field_failed(
    client: TestClient, accept: str
) -> None:
    response = client.post("/graphql", json={"query": "{ broken }"}, headers={"accept": accept})
    assert response.status_code == 200
    assert response.json()["data"] == {"broken": None}


def test_masks_what_nobody_foresaw_and_names_the_request(client: TestClient) -> None:
    headers = {"x-request-id": "req-12345678"}
    response = client.post("/graphql", json={"query": "{ broken }"}, headers=headers)
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "req-12345678"}
    assert error["path"] == ["broken"]
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Forbidden("Only admins."), 403, "FORBIDDEN"),
        (Timeout("Too slow."), 504, "TIMEOUT"),
        (Unavailable("Start the database."), 503, "UNAVAILABLE"),
        (RuntimeError("secret"), 500, "INTERNAL"),
    ],
)
def test_gives_a_failure_of_the_whole_request_a_status_and_a_code(
    failure: Exception, status: int, code: str
) -> None:
    async def failing(actor: Actor, request: Request) -> Answer:
        raise failure

    client = TestClient(a_server(answer=failing), headers=AUTHORIZED)
    response = client.post("/graphql", json=TYPENAME, headers={"accept": MODERN})
    assert (response.status_code, code_of(response)) == (status, code)
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, 'Bearer realm="dealgraph"'),
        ("Basic dXNlcjpwYXNz", 'Bearer realm="dealgraph", error="invalid_token"'),
        ("Bearer dg_unknown", 'Bearer realm="dealgraph", error="invalid_token"'),
        ("Bearer", 'Bearer realm="dealgraph", error="invalid_token"'),
        ("Bearer dg_\xff", 'Bearer realm="dealgraph", error="invalid_token"'),
    ],
)
@pytest.mark.parametrize("accept", [MODERN, LEGACY])
def test_asks_for_a_token_before_it_reads_anything(
    authorization: str | None, challenge: str, accept: str
) -> None:
    headers = {"accept": accept, "content-type": "application/json"}
    if authorization is not None:
        headers["authorization"] = authorization
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = TestClient(a_server()).post("/graphql", content=b"not json", headers=sent)
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == challenge


@pytest.mark.parametrize("others", [[TOKEN, "dg_unknown"], ["dg_unknown", TOKEN], [TOKEN, TOKEN]])
def test_refuses_two_tokens_at_once(others: list[str]) -> None:
    sent = [(b"authorization", f"Bearer {token}".encode()) for token in others]
    response = TestClient(a_server()).post("/graphql", json=TYPENAME, headers=sent)
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")


def test_answers_queries_by_get_with_variables_in_the_url(client: TestClient) -> None:
    parameters = {
        "query": "query Of($of: Float) { half(of: $of) }",
        "variables": '{"of": 3.5}',
        "operationName": "Of",
    }
    response = client.get("/graphql", params=parameters)
    assert response.json() == {"data": {"half": 1.75}}
    assert response.headers["cache-control"] == "no-store"


def test_refuses_a_mutation_by_get(client: TestClient) -> None:
    query = "mutation { createAccounts(inputs: []) { accounts { id } } }"
    response = client.get("/graphql", params={"query": query})
    assert (response.status_code, code_of(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_refuses_other_methods(client: TestClient, method: str) -> None:
    response = client.request(method, "/graphql")
    assert (response.status_code, code_of(response)) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("*/*", False),
        (f"{LEGACY}, text/html", False),
        (f"text/html;q=0.2, {MODERN}", False),
    ],
)
def test_gives_the_playground_to_browsers_alone(
    client: TestClient, accept: str, page: bool
) -> None:
    response = client.get("/graphql", params=TYPENAME, headers={"accept": accept})
    assert response.headers["content-type"].startswith("text/html") is page


def test_the_page_needs_no_token() -> None:
    response = TestClient(a_server()).get("/graphql", headers={"accept": "text/html"})
    assert response.status_code == 200


def test_hands_on_a_compressed_body_as_it_is() -> None:
    async def compressed(actor: Actor, request: Request) -> Answer:
        assert request.gzip
        return Answer(gzip.compress(b'{"data":{}}'), gzip=True)

    client = TestClient(a_server(answer=compressed), headers=AUTHORIZED)
    response = client.post("/graphql", json=TYPENAME, headers={"accept-encoding": "br, gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.json() == {"data": {}}
