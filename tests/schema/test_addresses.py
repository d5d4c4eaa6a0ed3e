"""The address that a server listens on: this machine's, and free, or it is told why not."""

from __future__ import annotations

import socket

import pytest

from core.errors import Unavailable
from schema.addresses import listener, url_of


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("192.0.2.1", "Cannot assign requested address|Can't assign requested address"),
        ("256.1.1.1", "that is no host here"),
        ("a..b", "that is no host here"),
    ],
)
def test_a_host_that_is_not_ours_is_told(host: str, reason: str) -> None:
    told = rf"Port 0 of {host} cannot be listened on: ({reason})\. .* --host of this machine\."
    with pytest.raises(Unavailable, match=told):
        listener(host, 0)


def test_a_port_that_is_taken_is_told() -> None:
    with listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"Port {port} of 127.0.0.1 .* in use"):
            listener("127.0.0.1", port)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_the_address_is_one_that_a_browser_takes(host: str, shown: str) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this system has no such network")
    with listener(host, 0) as taken:
        assert url_of(host, taken) == f"http://{shown}:{taken.getsockname()[1]}"
