"""A real server process: it finishes what runs, and passes the audits of GraphQL over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from schema import serving
from tests.schema.a_server import AUTHORIZED, TOKEN, a_server

ROOT = Path(__file__).parents[2]
AUDITS = """
import { serverAudits } from 'graphql-http';
const [url, token] = process.argv.slice(1);
const fetchFn = (to, how = {}) =>
  fetch(to, { ...how, headers: { authorization: `Bearer ${token}`, ...how.headers } });
const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  results.push({ name: audit.name, status, reason });
}
console.log(JSON.stringify(results));
"""


@asynccontextmanager
async def a_process() -> AsyncIterator[tuple[Process, str]]:
    """A serving process and the URL of its API."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.schema.a_process", cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield process, f"http://127.0.0.1:{port}/graphql"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def serving_here() -> AsyncIterator[tuple[str, int]]:
    """The address of a server in this process, which goes by what a test has set."""
    taken = socket.create_server(("127.0.0.1", 0))
    server = serving.Serving(serving.listening(a_server, level="WARNING"))
    running = asyncio.create_task(server.serve([taken]))
    try:
        yield taken.getsockname()
    finally:
        server.should_exit = True
        await running


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    """The API of one process, for tests that leave it as it is."""
    async with a_process() as (_, url):
        yield url


async def line_with(process: Process, text: str) -> str:
    """The first line of its log that holds `text`."""
    assert process.stderr is not None
    async for line in process.stderr:
        if text in line.decode():
            return line.decode()
    raise AssertionError(f"no {text!r}")


async def test_finishes_what_runs_when_it_is_told_to_stop() -> None:
    query = {"query": "query Slow { slow(seconds: 0.5) }", "operationName": "Slow"}
    async with a_process() as (process, url), httpx2.AsyncClient(headers=AUTHORIZED) as client:
        answer = asyncio.create_task(client.post(url, json=query))
        await line_with(process, "started")
        process.send_signal(signal.SIGTERM)
        assert (await answer).json() == {"data": {"slow": "done"}}
        assert await process.wait() in (0, -signal.SIGTERM)
        with pytest.raises(httpx2.ConnectError):
            await client.post(url, json=query)


async def test_logs_in_json_lines() -> None:
    async with a_process() as (process, url), httpx2.AsyncClient(headers=AUTHORIZED) as client:
        await client.post(url, json={"query": "{ __typename }"})
        line = json.loads(await line_with(process, '"request"'))
        assert (line["status"], line["path"]) == (200, "/graphql")


async def test_a_client_sees_why_its_body_was_refused(url: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    headers = AUTHORIZED | {"content-type": "application/json"}
    async with httpx2.AsyncClient(headers=headers) as client:
        for body in (b" " * 10_000_000, pieces()):
            response = await client.post(url, content=body)
            assert response.status_code == 413
            assert response.json()["errors"][0]["extensions"]["value"] == 10_000_000
        assert (await client.post(url, content=b'{"query":"{__typename}"}')).status_code == 200


async def send(writer: asyncio.StreamWriter, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()


async def sent(host: str, port: int, pieces: Iterable[bytes]) -> bytes:
    """All that a server answers before it closes the connection."""
    reader, writer = await asyncio.open_connection(host, port)
    with suppress(ConnectionError):  # it may close before everything has been sent
        await send(writer, pieces)
    answer = bytearray()
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            answer += piece
    writer.close()
    return bytes(answer)


@pytest.mark.parametrize("head", [b"GET /", b"GET / HTTP/1.1\r\nhost: x\r\nx-endless: "])
async def test_does_not_listen_to_a_head_without_an_end(url: str, head: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(head)
    with pytest.raises(ConnectionError):
        await send(writer, [b"x" * 65_536] * 2_000)  # more than lies on the way
    writer.close()
    async with httpx2.AsyncClient(headers=AUTHORIZED) as client:
        response = await client.get(url, params={"query": "{__typename}"})
    assert response.status_code == 200


OFFERING = (
    b"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + TOKEN.encode() + b"\r\n"
    b"content-type: application/json\r\nconnection: Upgrade, HTTP2-Settings, close\r\n"
    b"upgrade: h2c\r\nhttp2-settings: AAEAAEAA\r\n"
)


@pytest.mark.parametrize("pieces", [1, 2])
async def test_who_offers_another_protocol_is_answered_in_this_one(url: str, pieces: int) -> None:
    body = b'{"query": "{ __typename }"}'
    request = OFFERING + b"content-length: %d\r\n\r\n%s" % (len(body), body)
    cut = len(request) - len(body) if pieces == 2 else len(request)
    answer = await sent("127.0.0.1", urlsplit(url).port or 0, [request[:cut], request[cut:]])
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b'{"data":{"__typename":"Query"}}')


async def test_tells_that_a_head_is_too_long(url: str) -> None:
    pieces = [b"GET / HTTP/1.1\r\nx-long: ", b"x" * serving.LONGEST_HEAD]
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    await send(writer, pieces)
    answer = bytearray()
    while not answer:  # byte by byte, so that none is lost on the way when it closes
        writer.write(b"x")
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                answer += await reader.read(65_536)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 431")
    assert b'"code":"HEAD_TOO_LARGE"' in answer


async def test_tells_that_a_url_is_too_long(url: str) -> None:
    request = b"GET /graphql?query=%s HTTP/1.1\r\nhost: x\r\n\r\n" % (b"x" * serving.LONGEST_URL)
    answer = await sent("127.0.0.1", urlsplit(url).port or 0, [request])
    assert answer.startswith(b"HTTP/1.1 414")
    assert b'"code":"HEAD_TOO_LARGE"' in answer


@pytest.mark.parametrize(
    "sent",
    [
        b"no request\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=["words", "length", "tls"],
)
async def test_what_is_no_request_is_told_in_json(url: str, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(sent)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code":"BAD_REQUEST"' in answer


async def test_a_head_in_pieces_is_read_to_its_end(url: str) -> None:
    wanted = "GET /graphql?query={__typename} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    token = f"authorization: {AUTHORIZED['authorization']}\r\nx-long: {'x' * 100_000}\r\n\r\n"
    pieces = [
        wanted.encode(),
        *(token[at : at + 9_999].encode() for at in range(0, len(token), 9_999)),
    ]
    answer = await sent("127.0.0.1", urlsplit(url).port or 0, pieces)
    assert answer.startswith(b"HTTP/1.1 200")


async def test_a_head_that_does_not_arrive_is_not_awaited_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.05)
    async with serving_here() as address:
        for pieces in ([], [b"POST /graphql HTTP/1.1\r\nhost:"]):
            answer = await sent(*address, pieces)
            assert answer.startswith(b"HTTP/1.1 408")
            assert b'"code":"TIMEOUT"' in answer


@pytest.mark.parametrize(
    ("request_", "beyond"),
    [
        (b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", b"\r\n"),
        (b"POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n", b"x"),
    ],
    ids=["blank", "body"],
)
async def test_who_says_no_more_than_a_byte_is_not_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch, request_: bytes, beyond: bytes
) -> None:
    monkeypatch.setattr(serving, "KEPT_SECONDS", 0.05)
    async with serving_here() as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(request_)
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.write(beyond)
        async with asyncio.timeout(30):
            await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 ")


async def test_passes_every_audit_of_graphql_over_http(url: str) -> None:
    modules = os.environ.get("DEALGRAPH_GRAPHQL_HTTP")
    node = shutil.which("node")
    if not modules or not node:
        pytest.skip(
            "needs node, and DEALGRAPH_GRAPHQL_HTTP with a node_modules that has graphql-http"
        )
    audits = await asyncio.create_subprocess_exec(
        *(node, "--input-type=module", "-e", AUDITS, url, TOKEN),
        cwd=Path(modules).parent,
        stdout=PIPE,
    )
    output, _ = await audits.communicate()
    results = json.loads(output)
    assert len(results) > 50
    assert [it for it in results if it["status"] != "ok"] == []
