"""The playground as it is served: cached for ever by content, nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from schema.playground.pages import playground
from tests.schema.a_server import a_server

HTML = {"accept": "text/html"}
NOWHERE = Response(status_code=404)


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(a_server())


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    """The page's text."""
    return client.get("/graphql", headers=HTML).text


def assets(page: str) -> list[str]:
    """What the page links to."""
    return re.findall(r'(?:src|href)="([^"]+)"', page)


def test_the_page_links_to_assets_that_are_there(client: TestClient, page: str) -> None:
    linked = assets(page)
    assert {path.rpartition(".")[2] for path in linked} == {"css", "js", "svg"}
    for path in linked:
        response = client.get(f"/{path}")
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_every_module_imports_only_its_neighbours(client: TestClient) -> None:
    served = playground(NOWHERE).assets
    for path, asset in served.items():
        for name in re.findall(rb"from '([^']+)'", asset.plain):
            assert f"{path.rpartition('/')[0]}/{name.decode()[2:]}" in served


def test_nothing_comes_from_another_place(page: str) -> None:
    for path, asset in playground(NOWHERE).assets.items():
        urls = set(re.findall(rb"https?://[^\s'\"`)]+", asset.plain))
        assert urls <= {b"http://www.w3.org/2000/svg"}, path


def test_the_policy_allows_this_origin_alone(client: TestClient) -> None:
    headers = client.get("/graphql", headers=HTML).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_keeps_to_its_policy(page: str) -> None:
    found: list[str] = []

    class Inline(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(name for name, _ in attrs if name == "style" or name.startswith("on"))

    Inline().feed(page)
    assert found == []
    assert "<style" not in page
    assert "<script>" not in page


def test_the_page_is_asked_for_again_and_not_sent_again(client: TestClient) -> None:
    first = client.get("/graphql", headers=HTML)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/graphql", headers=HTML | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_is_compressed_for_those_who_can_read_it(client: TestClient, page: str) -> None:
    path = next(it for it in assets(page) if it.endswith(".css"))
    packed = client.get(f"/{path}", headers={"accept-encoding": "gzip"})
    plain = client.get(f"/{path}", headers={"accept-encoding": "gzip;q=0, identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


@pytest.mark.parametrize("path", ["nothing.js", "../pages.py", "..%2Fpages.py", "index.html"])
def test_gives_assets_alone(client: TestClient, path: str) -> None:
    response = client.get(f"/playground/{path}")
    assert "import" not in response.text
    assert response.status_code in (200, 404)


def test_answers_head_without_a_body(client: TestClient, page: str) -> None:
    response = client.head(f"/{assets(page)[0]}")
    assert response.status_code == 200
    assert int(response.headers["content-length"]) > 0
    assert response.content == b""
