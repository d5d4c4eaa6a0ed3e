"""The whole of it, as it is run: server processes, commands beside them, clients over HTTP."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from core.store.database import migrating, roles
from core.store.embedded import postmaster
from core.store.embedded.server import Embedded
from tests.a_dealgraph import ADDRESS, PATIENCE, Server, Site, a_site
from tests.conftest import Urls

CREATE = """
mutation($name: String!) {
  createAccount(input: {name: $name}) { account { id name } errors { path code message } }
}
"""
NAMES = "{ accounts(orderBy: [{name: ASC}]) { nodes { name } } }"

FIELDS = '{ __type(name: "Account") { fields { name } } }'
ACCOUNT = {
    "$schema": "https://dealgraph.dev/schemas/object-1.json",
    "$id": "account",
    "properties": {"area__c": {"type": "string", "title": "Area", "x-index": True}},
}


@pytest.fixture(scope="module")
def site(made: Path) -> Iterator[Site]:
    with a_site(made) as site:
        yield site


@pytest.fixture(scope="module")
def quiet_site(made: Path) -> Iterator[Site]:
    """One where nothing runs between the tests."""
    with a_site(made) as site:
        yield site


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[Server]:
    with site.serving() as running:
        yield running


def create(server: Server, token: str, name: str) -> None:
    created = server.data(token, CREATE, {"name": name})["createAccount"]
    assert created["errors"] == []


def names(server: Server, token: str) -> list[str]:
    return [node["name"] for node in server.data(token, NAMES)["accounts"]["nodes"]]


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


def data_of(site: Site) -> Path:
    return Embedded(Path(site.surroundings["DEALGRAPH_DATA_DIR"])).data


def test_a_tenant_made_beside_the_server_is_served_at_once(site: Site, server: Server) -> None:
    token = site.tenant("beside")
    create(server, token, "Acme")
    assert names(server, token) == ["Acme"]


def test_two_servers_share_a_data_directory(site: Site, server: Server) -> None:
    token = site.tenant("shared")
    with site.serving() as other:
        create(other, token, "Acme")
        assert names(server, token) == ["Acme"]
    create(server, token, "Bolt")


def test_what_a_command_publishes_is_served_at_once(site: Site, server: Server) -> None:
    token = site.tenant("declaring")
    create(server, token, "Acme")
    (site.folder / "account.json").write_text(json.dumps(ACCOUNT))
    site.dealgraph("metadata", "publish", "--tenant", "declaring", "account.json")
    assert server.data(token, FIELDS)["__type"]["fields"].count({"name": "area__c"}) == 1
    renamed = server.data(token, "{ accounts(filter: {area__c: {isNull: true}}) { nodes { id } } }")
    assert len(renamed["accounts"]["nodes"]) == 1
    site.dealgraph("metadata", "rollback", "--tenant", "declaring", "--to", "1")
    gone = server.answer(token, "{ accounts { nodes { area__c } } }")
    assert codes(gone) == ["GRAPHQL_VALIDATION_FAILED"]


def test_a_taken_port_is_told(site: Site, server: Server) -> None:
    port = server.url.rpartition(":")[2]
    refused = site.run("dealgraph", "serve", "--port", port)
    assert refused.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be listened on" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert server.get("/readyz").json() == {"ready": True}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_an_output_that_cannot_be_written_is_told(site: Site) -> None:
    done = site.run("sh", "-c", "dealgraph tenant list > /dev/full")
    told = "The output cannot be written to: No space left on device.\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_what_an_outputs_encoding_lacks_is_written_as_an_escape(site: Site) -> None:
    site.dealgraph("tenant", "create", "zh", "--title", "中文")
    words = (sys.executable, "-c", "from cli.start import main; main()", "tenant", "list")
    done = site.run(*words, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u4e2d\\u6587" in done.stdout


def test_requests_are_logged_without_what_they_say(site: Site, server: Server) -> None:
    token = site.tenant("logged")
    create(server, token, "Secret name")
    server.get("/nowhere")
    lines = "".join(server.lines)
    assert "Secret name" not in lines
    assert token not in lines


def test_a_restart_keeps_everything(quiet_site: Site) -> None:
    with quiet_site.serving() as server:
        token = quiet_site.tenant("restarted")
        create(server, token, "Acme")
    assert postmaster.living(data_of(quiet_site)) is None
    with quiet_site.serving() as server:
        assert names(server, token) == ["Acme"]


ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize("ending", ENDINGS)
def test_can_be_stopped_as_soon_as_it_listens(quiet_site: Site, ending: signal.Signals) -> None:
    assert quiet_site.start("serve").stop(ending) == 0
    assert postmaster.living(data_of(quiet_site)) is None


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_several_workers_end_together(quiet_site: Site, ending: signal.Signals) -> None:
    token = quiet_site.tenant(f"several-{ending}")
    server = quiet_site.start("serve", "--workers", "2")
    create(server, token, "Acme")
    assert server.stop(ending) == 0
    assert postmaster.living(data_of(quiet_site)) is None


def children(parent: int) -> list[int]:
    """Its processes, by `ps`."""
    listing = subprocess.run(
        ["ps", "-axwwo", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == parent and "spawn_main" in row[2]]


def sent(server: Server, token: str, on: socket.socket | None = None) -> socket.socket:
    """A connection on which a request has been sent."""
    body = json.dumps({"query": NAMES}).encode()
    address = urlsplit(server.url)
    asked = on or socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
    asked.sendall(
        f"POST /graphql HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    )
    asked.sendall(body)
    return asked


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_is_connected_when_it_is_told_to_stop_is_answered(
    quiet_site: Site, workers: int
) -> None:
    token = quiet_site.tenant(f"connected-{workers}")
    server = quiet_site.start("serve", "--workers", str(workers))
    create(server, token, "Acme")
    kept = sent(server, token)
    assert kept.recv(65_536).endswith(b"}")
    serving = [server.process.pid, *children(server.process.pid)]
    for process in serving:
        os.kill(process, signal.SIGSTOP)
    asked = [sent(server, token, kept), *(sent(server, token) for _ in range(30))]
    os.kill(server.process.pid, signal.SIGTERM)
    for process in serving:
        os.kill(process, signal.SIGCONT)
    for each in asked:
        with each:
            answer = b"".join(iter(lambda: each.recv(65_536), b""))  # noqa: B023
        assert b'"Acme"' in answer
    assert server.stop() == 0


def test_whoever_is_connected_before_a_worker_is_up_is_answered(quiet_site: Site) -> None:
    token = quiet_site.tenant("early")
    server = quiet_site.start("serve", "--workers", "2")
    asked = [sent(server, token) for _ in range(3)]
    os.kill(server.process.pid, signal.SIGTERM)
    for each in asked:
        with each:
            answer = b"".join(iter(lambda: each.recv(65_536), b""))  # noqa: B023
        assert b'"accounts"' in answer
    assert server.stop() == 0


def test_a_log_that_nobody_takes_keeps_no_request_waiting(quiet_site: Site) -> None:
    process = quiet_site.begin("serve")
    assert process.stderr is not None
    url = next(found["url"] for line in process.stderr if (found := ADDRESS.search(line)))
    with httpx2.Client(timeout=PATIENCE) as client:
        for _ in range(1_000):  # a pipe takes some 300 lines
            assert client.get(url).status_code == 307
    process.terminate()
    lines, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert 0 < lines.count('"event":"request"') < 1_000


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serves_with_its_standard_streams_closed(quiet_site: Site, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    closing = ("sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', sys.executable, "-c")
    command = (*closing, "from cli.start import main; main()", "serve", "--workers", workers)
    surroundings = {**quiet_site.surroundings, "DEALGRAPH_PORT": port}
    with subprocess.Popen(command, cwd=quiet_site.folder, env=surroundings) as server:
        answered = 0
        while not answered:
            assert server.poll() is None
            with suppress(httpx2.TransportError):
                answered = httpx2.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE).status_code
        server.terminate()
        assert (answered, server.wait(PATIENCE)) == (307, 0)


def test_a_worker_that_dies_is_replaced(quiet_site: Site) -> None:
    token = quiet_site.tenant("replaced")
    server = quiet_site.start("serve", "--workers", "2")
    create(server, token, "Acme")
    killed = set(children(server.process.pid))
    for process in killed:
        os.kill(process, signal.SIGKILL)
    assert names(server, token) == ["Acme"]
    assert killed.isdisjoint(children(server.process.pid))
    assert server.stop() == 0
    assert "has ended with code -9" in "".join(server.lines)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_command_that_is_ended_leaves_no_database_running(
    quiet_site: Site, ending: signal.Signals
) -> None:
    command = quiet_site.begin("demo", "--only-load")
    while postmaster.living(data_of(quiet_site)) is None:
        assert command.poll() is None
    command.send_signal(ending)
    _, told = command.communicate(timeout=PATIENCE)
    assert command.returncode in (130, -ending)
    assert "Traceback" not in told
    assert postmaster.living(data_of(quiet_site)) is None


def test_a_demo_is_ended_at_once_while_it_makes_up_its_rows(made: Path) -> None:
    with a_site(made) as site:
        command = site.begin("demo", "--only-load", "--accounts", "50000")  # takes minutes
        while "demo" not in site.dealgraph("tenant", "list"):
            assert command.poll() is None
        command.send_signal(signal.SIGINT)
        _, told = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130
    assert "Traceback" not in told


@pytest.mark.parametrize(("workers", "database_too"), [("1", True), ("2", False)])
def test_a_killed_server_leaves_a_directory_that_starts_again(
    quiet_site: Site, workers: str, database_too: bool
) -> None:
    token = quiet_site.tenant(f"killed-{workers}")
    server = quiet_site.start("serve", "--workers", workers)
    create(server, token, "Acme")
    running = postmaster.living(data_of(quiet_site))
    assert running is not None
    server.stop(signal.SIGKILL)
    if database_too:
        os.kill(running.pid, signal.SIGKILL)
    with quiet_site.serving() as again:
        assert names(again, token) == ["Acme"]


def test_a_database_that_was_killed_is_started_again(quiet_site: Site) -> None:
    token = quiet_site.tenant("revived")
    with quiet_site.serving() as server:
        create(server, token, "Acme")
        running = postmaster.living(data_of(quiet_site))
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while "errors" in (answer := server.answer(token, NAMES)):
            assert codes(answer) == ["UNAVAILABLE"]
            assert time.monotonic() < deadline
        assert names(server, token) == ["Acme"]
        assert server.get("/readyz").json() == {"ready": True}
    assert postmaster.living(data_of(quiet_site)) is None
    assert "was started again" in "".join(server.lines)


async def test_says_when_the_database_is_away_and_goes_on_when_it_is_back(
    site: Site, directory: Path
) -> None:
    database = Embedded(directory, durable=False)
    cluster = database.start()
    await roles.set_up(cluster.url("postgres", "postgres"), "sales")
    await migrating.migrate(cluster.url(roles.OWNER, "sales"))
    url = {"DEALGRAPH_DATABASE_URL": cluster.url(roles.APP, "sales")}
    with site.serving(**url) as server:
        site.dealgraph("tenant", "create", "acme", "--pack", "crm", **url)
        token = site.dealgraph("token", "create", "--tenant=acme", "--role=admin", **url).strip()
        create(server, token, "Acme")
        database.release()
        away = server.get("/readyz")
        assert (away.status_code, away.json()["code"]) == (503, "UNAVAILABLE")
        assert roles.APP not in away.text
        assert server.get("/healthz").status_code == 200
        assert codes(server.answer(token, NAMES)) == ["UNAVAILABLE"]
        database.start()
        assert server.get("/readyz").status_code == 200
        assert names(server, token) == ["Acme"]
    database.release()


def test_a_login_that_sees_everyone_is_refused(site: Site, fresh_urls: Urls) -> None:
    refused = site.run("dealgraph", "serve", DEALGRAPH_DATABASE_URL=fresh_urls.superuser)
    assert refused.returncode == 1
    assert "is a superuser" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this system keeps the two apart")
def test_listens_in_every_network_to_many_connections(site: Site) -> None:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        server = site.start("serve", "--host", "::")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    port = urlsplit(server.url).port
    with ExitStack() as stack:
        for host in ["::1", *["127.0.0.1"] * 300]:
            kept = stack.enter_context(socket.create_connection((host, port), timeout=PATIENCE))
        kept.sendall(b"GET /readyz HTTP/1.1\r\nhost: here\r\n\r\n")
        assert kept.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    assert server.stop() == 0


def test_a_stranger_learns_nothing(server: Server) -> None:
    with httpx2.Client() as client:
        answer = client.post(f"{server.url}/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 401


def test_a_token_that_is_revoked_before_the_body_has_arrived_writes_nothing(
    site: Site, server: Server
) -> None:
    admin = site.tenant("slow")
    made = server.data(admin, "mutation { createToken(role: MEMBER) { secret token { key } } }")
    secret, key = made["createToken"]["secret"], made["createToken"]["token"]["key"]
    body = json.dumps({"query": CREATE, "variables": {"name": "Late"}}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {secret}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        "expect: 100-continue\r\nconnection: close\r\n\r\n"
    )
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as sender:
        sender.sendall(head.encode())
        assert b"100 Continue" in sender.recv(65_536)  # the head has let it in
        revoking = "mutation ($key: ID!) { revokeToken(key: $key) { revokedKey } }"
        server.data(admin, revoking, {"key": key})
        sender.sendall(body)
        answer = b"".join(iter(lambda: sender.recv(65_536), b""))
    assert b" 401 " in answer.splitlines()[0]
    assert names(server, admin) == []
