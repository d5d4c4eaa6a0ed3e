"""Server processes to ask, each on a port of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

START_UP = 30.0


def dealgraph(directory: Path, port: int) -> list[str]:
    """The command that serves a data directory."""
    ours = [sys.executable, "-c", "from cli.main import main; main()", "serve"]
    return [*ours, "--data-dir", str(directory), "--port", str(port)]


@contextlib.contextmanager
def running(
    commands: Mapping[str, Sequence[str]],
    ports: Mapping[str, int],
    folder: Path,
    surroundings: Mapping[str, str],
) -> Iterator[dict[str, int]]:
    """The servers until the end; their process numbers by name. Their logs lie in the folder."""
    logs = {name: folder / f"{name}.log" for name in commands}
    processes = {}
    for name, command in commands.items():
        with logs[name].open("wb") as file:
            processes[name] = subprocess.Popen(
                command, env={**os.environ, **surroundings}, stdout=file, stderr=file
            )
    try:
        for port in ports.values():
            _wait_for(port)
        yield {name: process.pid for name, process in processes.items()}
    except BaseException:
        for name, log in logs.items():
            sys.stderr.write(f"--- {name}\n{log.read_text()[-1500:]}\n")
        raise
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        for process in processes.values():
            process.wait()


def megabytes(process: int) -> float:
    """The memory that a process holds."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True
    )
    return int(told.stdout) / 1024


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_UP
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")
