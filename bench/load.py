"""A small HTTP load: some connections, each sending its next request when the last is answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httptools


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go: `body(n)` is the n-th request's body, so that writes can differ.

    With several `tokens` each request has the next one's.
    """

    port: int
    path: str
    body: Callable[[int], bytes]
    tokens: Sequence[str] = ("",)


@dataclass(frozen=True, slots=True)
class Load:
    """What one run saw. Latencies in milliseconds."""

    requests: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        return sorted(self.latencies)[min(int(len(self.latencies) * share), self.requests - 1)]


async def run(target: Target, *, connections: int, seconds: float, least: int = 0) -> Load:
    """Drive a target for some seconds, and until `least` requests have been sent.

    Raises RuntimeError at the first answer that is not 200.
    """
    clients = [_Client(target) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", target.port)  # type: ignore[misc]
    counter = iter(range(10**9))
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_drive(client, counter, until, least) for client in clients))
    elapsed = time.perf_counter() - started
    for client in clients:
        client.close()
    latencies = [latency for client in clients for latency in client.latencies]
    return Load(len(latencies), elapsed, tuple(latencies))


async def answer(target: Target, number: int) -> object:
    """The data that a target answers one request with."""
    client = _Client(target)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: client, "127.0.0.1", target.port)
    await client.ask(number)
    client.close()
    return json.loads(client.answer)["data"]


async def _drive(client: _Client, counter: Iterator[int], until: float, least: int) -> None:
    number = 0
    while (sent := time.perf_counter()) < until or number < least:
        number = next(counter)
        await client.ask(number)
        client.latencies.append((time.perf_counter() - sent) * 1000)


class _Client(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._heads = [self._head(token) for token in target.tokens]
        self._waiter: asyncio.Future[None] | None = None
        self._parts: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self.latencies: list[float] = []
        self.answer = b""

    def _head(self, token: str) -> bytes:
        return (
            f"POST {self._target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/json\r\nAccept: application/graphql-response+json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: "
        ).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(RuntimeError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self.answer = b"".join(self._parts)
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        assert self._waiter is not None
        if status != 200 or b'"errors":[{' in self.answer:
            self._waiter.set_exception(RuntimeError(f"{status}: {self.answer[:500]!r}"))
        else:
            self._waiter.set_result(None)

    async def ask(self, number: int) -> None:
        body = self._target.body(number)
        self._parts = []
        self._waiter = asyncio.get_running_loop().create_future()
        head = self._heads[number % len(self._heads)]
        self._transport.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        await self._waiter

    def close(self) -> None:
        self._transport.close()
