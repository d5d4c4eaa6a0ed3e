"""Dealgraph as people run it: commands and servers in processes of their own, on one data directory."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx2

from core.store.embedded import postmaster
from core.store.embedded.server import Embedded
from tests.a_forkserver import ROOT, shim
from tests.conftest import copy

PATIENCE = 60
ADDRESS = re.compile(r"(?P<url>http://(?:[\w.]+|\[[\w:]+\]):\d+)/graphql(?:#token=(?P<token>\S+))?")


@dataclass(frozen=True, slots=True)
class Site:
    """An empty folder to work in, and the surroundings of what runs there."""

    folder: Path
    surroundings: dict[str, str]

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        return subprocess.run(
            words,
            cwd=self.folder,
            env={**self.surroundings, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def dealgraph(self, *words: str, **more: str) -> str:
        """What a command of ours prints, which must succeed."""
        done = self.run("dealgraph", *words, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tenant(self, key: str, *, role: str = "admin", packs: tuple[str, ...] = ("crm",)) -> str:
        """A new tenant's token."""
        self.dealgraph("tenant", "create", key, *(f"--pack={pack}" for pack in packs))
        return self.dealgraph("token", "create", "--tenant", key, "--role", role).strip()

    @contextmanager
    def serving(self, *flags: str, **more: str) -> Iterator[Server]:
        """A running server, stopped in the end."""
        server = self.start("serve", *flags, **more)
        try:
            yield server
        finally:
            server.stop()

    def start(self, *words: str, **more: str) -> Server:
        """A server that listens."""
        return Server(self.begin(*words, **more))

    def begin(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """A command that runs."""
        return subprocess.Popen(
            ["dealgraph", *words],
            cwd=self.folder,
            env={**self.surroundings, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass(slots=True)
class Server:
    """A serving process, its address, the token that it printed, and all that it has logged."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    url: str = ""
    token: str = ""
    _readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.process.stderr is not None
        assert self.process.stdout is not None
        announcing = self.process.stdout if self._is_demo() else self.process.stderr
        for line in announcing:
            self.lines.append(line)
            if found := ADDRESS.search(line):
                self.url, self.token = found["url"], found["token"] or ""
                break
        assert self.url, "".join([*self.lines, self.process.stderr.read()])
        for stream in (self.process.stderr, self.process.stdout):
            reader = threading.Thread(target=self._drain, args=(stream,))
            reader.start()
            self._readers.append(reader)

    def _is_demo(self) -> bool:
        assert isinstance(self.process.args, list)
        return self.process.args[1] == "demo"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code, once it has ended."""
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
            assert not reader.is_alive(), "a process of the server has outlived it"
        for stream in (self.process.stderr, self.process.stdout):
            if stream is not None:
                stream.close()
        return code

    def get(self, path: str) -> httpx2.Response:
        with httpx2.Client() as client:
            return client.get(self.url + path, timeout=PATIENCE)

    def answer(self, token: str, query: str, variables: object = None) -> dict[str, Any]:
        """The whole answer to one operation."""
        body = {"query": query, "variables": variables or {}}
        with httpx2.Client(headers={"authorization": f"Bearer {token}"}) as client:
            response = client.post(f"{self.url}/graphql", json=body, timeout=PATIENCE)
        found: dict[str, Any] = response.json()
        return found

    def data(self, token: str, query: str, variables: object = None) -> dict[str, Any]:
        """What an operation gives, which must have no errors."""
        answer = self.answer(token, query, variables)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    def faults(self) -> str:
        """The tracebacks that it has logged."""
        return "".join(json.loads(it)["traceback"] for it in self.lines if '"traceback"' in it)

    def _drain(self, stream: IO[str]) -> None:
        self.lines.extend(stream)


@contextmanager
def a_site(made: Path | None = None) -> Iterator[Site]:
    """A new folder, with a data directory beside it; gone in the end, with what was left running.

    The data directory is there once something runs, unless one that was made is to be copied.
    """
    top = Path(tempfile.mkdtemp(prefix="dealgraph-"))
    top.chmod(0o755)
    data = Embedded(top / "data")
    if made is not None:
        data.directory.mkdir()
        copy(made, data.directory)
    try:
        yield _site(top)
    finally:
        postmaster.end_orphans(data.data)
        for folder in (data.data.parent, top):
            shutil.rmtree(folder, ignore_errors=True)


def _site(top: Path) -> Site:
    programs, work = top / "bin", top / "work"
    for folder in (programs, work):
        folder.mkdir()
    command = programs / "dealgraph"
    command.write_text(shim())
    command.chmod(0o755)
    kept = {key: text for key, text in os.environ.items() if not key.startswith("DEALGRAPH_")}
    path = os.pathsep.join((str(programs), str(Path(sys.executable).parent), kept["PATH"]))
    ours = {"DEALGRAPH_DATA_DIR": str(top / "data"), "DEALGRAPH_PORT": "0"}
    found = os.pathsep.join((str(ROOT), kept.get("PYTHONPATH", "")))
    python = {"PYTHONPATH": found, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}
    return Site(work, kept | ours | python | {"PATH": path})
