"""One JSON line for each request, and for whatever goes wrong."""

from __future__ import annotations

import inspect
import json
import logging
import os
from contextlib import suppress
from datetime import datetime
from logging.config import DictConfigurator

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http import httptools_impl

from schema.logs import (
    UNREADABLE,
    Entry,
    JsonLines,
    Lines,
    Messages,
    NoStrangers,
    RequestLog,
    logging_settings,
)
from tests.schema.a_server import AUTHORIZED, TENANT, TOKEN, a_server

SECRET = "a-secret-value"
QUERY = "query Named($of: Text) { text(of: $of) }"


def logged(method: str, path: str, **sent: object) -> list[dict[str, object]]:
    """The lines that a request leaves."""
    entries: list[Entry] = []
    client = TestClient(a_server(write=entries.append), headers=AUTHORIZED)
    client.request(method, path, **sent)  # type: ignore[arg-type]
    lines = [entry.line() for entry in entries]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the server says; the client of the tests has a log of its own."""
    return [record for record in caplog.records if record.name == "dealgraph"]


def test_writes_who_asked_what_and_how_it_went() -> None:
    sent = {"query": QUERY, "variables": {"of": "x"}, "operationName": "Named"}
    headers = {"x-request-id": "abc-12345"}
    (line,) = logged("POST", "/graphql", json=sent, headers=headers)
    assert datetime.fromisoformat(str(line.pop("time"))).utcoffset() is not None
    assert float(str(line.pop("ms"))) >= 0
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": "abc-12345",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "tenant": str(TENANT),
        "operation": "Named",
        "cost": 1,
    }


def test_never_writes_tokens_variables_or_queries() -> None:
    sent = {"query": QUERY, "variables": {"of": SECRET}, "operationName": "Named"}
    for how in ({"json": sent}, {"json": {**sent, "variables": SECRET}}):
        text = json.dumps(logged("POST", "/graphql", **how))
        assert SECRET not in text
        assert TOKEN not in text
        assert "$of" not in text
    text = json.dumps(logged("GET", f"/graphql?query={SECRET}&token={TOKEN}"))
    assert SECRET not in text
    assert TOKEN not in text


def test_writes_a_token_not_even_where_it_stands_in_a_path() -> None:
    token = "dg_" + "aB3-_" * 13
    (line,) = logged("GET", f"/graphql/{token}/x")
    assert line["path"] == "/graphql/dg_…/x"


@pytest.mark.parametrize(
    ("query", "status", "codes"),
    [
        ("{ nothing }", 200, ["GRAPHQL_VALIDATION_FAILED"]),
        ("{ broken }", 200, ["INTERNAL"]),
        (None, 400, ["BAD_REQUEST"]),
    ],
)
def test_writes_the_codes_of_what_went_wrong(
    query: str | None, status: int, codes: list[str]
) -> None:
    (line,) = logged("POST", "/graphql", json={"query": query})
    assert (line["status"], line["codes"]) == (status, codes)


def test_a_clients_error_leaves_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    for query in ("{", "{ nothing }", "{ accounts(first: 5000) { totalCount } }"):
        logged("POST", "/graphql", json={"query": query})
    assert told(caplog) == []


async def test_a_client_that_leaves_before_its_body_is_there_is_no_fault_of_ours() -> None:
    entries: list[Entry] = []
    sent = iter(({"type": "http.request", "more_body": True}, {"type": "http.disconnect"}))

    async def receive() -> Message:
        return next(sent)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [
        (b"authorization", f"Bearer {TOKEN}".encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
    await a_server(write=entries.append)(scope, receive, send)
    line = json.loads(entries[0].line())
    assert (line["level"], line["status"], line["codes"]) == ("info", 499, ["CLIENT_LEFT"])


def test_a_fault_of_ours_leaves_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = logged("POST", "/graphql", json={"query": "{ broken }"})
    (record,) = told(caplog)
    written = json.loads(JsonLines().format(record))
    assert written["event"] == "unexpected error"
    assert written["request_id"] == line["request_id"]
    assert "RuntimeError: secret" in written["traceback"]


def test_messages_that_nobody_takes_are_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    handler = Messages()
    handler.setFormatter(JsonLines())

    def say(event: str) -> None:
        handler.emit(logging.LogRecord("dealgraph", logging.ERROR, "", 0, event, None, None))

    with open(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        for number in range(1_000):  # a pipe takes some 500
            say(f"message {number} 名")
        taken = os.read(reading, 1 << 20)
        say("the last one")
        taken += os.read(reading, 1 << 20)
    os.close(reading)

    events = [json.loads(line)["event"] for line in taken.splitlines()]
    assert 0 < len(events) - 2 < 1_000
    lost = 1_000 - (len(events) - 2)
    assert events[0] == "message 0 名"
    assert events[-2:] == [f"{lost} messages were lost: nobody took them", "the last one"]


def test_strangers_cannot_fill_the_log() -> None:
    refused = logging.LogRecord("", logging.WARNING, "", 0, UNREADABLE, None, None)
    assert not NoStrangers().filter(refused)
    source = inspect.getsource(httptools_impl)
    assert UNREADABLE in source


@pytest.mark.parametrize("given", ["short", "x" * 129, "with space!", "a\tb-12345"])
def test_makes_an_id_where_the_given_one_is_not_sane(given: str) -> None:
    client = TestClient(a_server(), headers=AUTHORIZED)
    answered = client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
    assert answered != given
    assert len(answered) == 32


def test_answers_with_the_id_that_was_given() -> None:
    client = TestClient(a_server())
    answered = client.get("/healthz", headers={"x-request-id": "trace/1234:a=b"})
    assert answered.headers["x-request-id"] == "trace/1234:a=b"


def test_is_silent_about_health_and_assets() -> None:
    assert logged("GET", "/healthz") == []
    assert logged("GET", "/readyz") == []
    (line,) = logged("GET", "/playground/nothing")
    assert line["status"] == 404


def test_long_names_are_cut() -> None:
    name = "A" * 5000
    sent = {"query": f"query {name} {{ __typename }}", "operationName": name}
    (line,) = logged("POST", "/graphql", json=sent)
    assert line["operation"] == "A" * 200


def test_answers_and_logs_when_the_application_itself_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raise RuntimeError("secret")

    entries: list[Entry] = []
    response = TestClient(RequestLog(failing, entries.append)).get("/graphql")
    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"] == {"code": "INTERNAL"}
    assert json.loads(entries[0].line())["level"] == "error"
    assert len(told(caplog)) == 1


def test_everything_that_is_logged_is_one_json_line() -> None:
    record = logging.LogRecord("a.b", logging.WARNING, "f", 1, "two\nlines %s", (SECRET,), None)
    assert json.loads(JsonLines().format(record)) | {"time": ""} == {
        "time": "",
        "level": "warning",
        "event": f"two\nlines {SECRET}",
        "logger": "a.b",
    }
    assert "\n" not in JsonLines().format(record)


def test_settings_suit_the_logging_module() -> None:
    settings = logging_settings("WARNING")
    DictConfigurator(settings).configure_formatter(settings["formatters"]["json"])
    assert settings["disable_existing_loggers"] is False


async def test_lines_come_out_whole_and_in_their_order(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    lines = Lines()
    entries = [Entry(f"{at}", "GET", "x" * at) for at in range(200)]  # more than a pipe takes

    for entry in entries:
        lines.write(entry)
    lines.flush()

    assert capsysbinary.readouterr().out == b"".join(map(Entry.line, entries))


def test_what_was_asked_last_is_logged_before_the_application_ends(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        await Response()(scope, receive, send)

    with TestClient(RequestLog(Starlette(routes=[Mount("/", answering)]))) as client:
        client.get("/graphql")

    assert json.loads(capsysbinary.readouterr().out)["path"] == "/graphql"


async def test_that_nobody_takes_the_lines_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lines, broken = Lines(), os.fdopen(writer, "w")
    monkeypatch.setattr("sys.stdout", broken)

    for _ in range(3):
        lines.write(Entry("a", "GET", "/"))
        lines.flush()

    assert caplog.text.count("Requests cannot be logged: Broken pipe") == 1
    with suppress(BrokenPipeError):
        broken.close()
