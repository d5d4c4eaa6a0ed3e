"""The whole of it, as it is run: a server process, commands beside it, clients over HTTP."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.a_dealgraph import Server, Site, a_site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with a_site() as made:
        yield made


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[Server]:
    with site.serving() as running:
        yield running


CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { account { id name } errors { path code message } } }"
NAMES = "{ accounts(orderBy: {name: ASC}) { totalCount nodes { name } } }"


def test_a_tenant_made_beside_the_server_is_served_at_once(site: Site, server: Server) -> None:
    token = site.tenant("beside")
    created = server.data(token, CREATE, {"name": "Acme"})["createAccount"]
    assert created["errors"] == []
    assert server.data(token, NAMES)["accounts"] == {"totalCount": 1, "nodes": [{"name": "Acme"}]}
