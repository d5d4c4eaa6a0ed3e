"""The processes of a private PostgreSQL: which live in its folder, and which are only said to."""

from __future__ import annotations

import errno
import os
import platform
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` says; nothing in it is true until the process has been looked at."""

    pid: int
    port: int
    socket_folder: Path
    ready: bool
    stopping: bool = False


def read_pid_file(data: Path) -> PidFile | None:
    """The pid file of a data folder; None where it is missing or was not written to its end.

    Raises:
        OSError: this process has no room to look, which says nothing of the other.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        state = lines[7].strip() if len(lines) > 7 else ""
        return PidFile(
            pid=abs(int(lines[0])),
            port=int(lines[3]),
            socket_folder=Path(lines[4]),
            ready=state == "ready",
            stopping=state == "stopping",
        )
    except (OSError, ValueError, IndexError) as error:
        _let_rise(error)
        return None


def _let_rise(error: Exception) -> None:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        raise error


_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""A server that is taken for dead then would have its processes ended."""


def living(data: Path) -> PidFile | None:
    """The pid file, if the process that it names is PostgreSQL in this very folder.

    Raises:
        OSError: as for `read_pid_file`.
    """
    said = read_pid_file(data)
    return said if said is not None and _is_at_home(said.pid, data) else None


def _is_at_home(pid: int, data: Path) -> bool:
    if _are_shown():
        return _works_in(PROCESSES / str(pid), os.path.realpath(data))
    return pid in set(by_command_line(data))


def processes_in(data: Path) -> Iterator[int]:
    """Every PostgreSQL process whose home is this folder, backends included."""
    return by_working_folder(data) if _are_shown() else by_command_line(data)


def _are_shown() -> bool:
    return (PROCESSES / "self" / "cwd").exists()


def whereabouts() -> str:
    """Where process numbers mean what they mean here: this boot of this machine or container."""
    try:
        boot = (PROCESSES / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(PROCESSES / 'self/ns/pid')}"
    except OSError:
        return platform.node()


def end_orphans(data: Path, patience: float = 5.0) -> None:
    """End every process that still lives in the folder after its postmaster died.

    A busy backend outlives a killed postmaster and holds its shared memory, and while it does no
    server starts there. None of them can lose anything: what they wrote is in the log or is not.
    """
    deadline = time.monotonic() + patience
    number = signal.SIGQUIT
    while orphans := list(processes_in(data)):
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(0.02)
        if time.monotonic() > deadline - patience / 2:
            number = signal.SIGKILL
        if time.monotonic() > deadline:
            return


def by_working_folder(data: Path) -> Iterator[int]:
    """As Linux tells it: PostgreSQL works in its data folder."""
    home = os.path.realpath(data)
    for folder in PROCESSES.iterdir():
        if folder.name.isdigit() and _works_in(folder, home):
            yield int(folder.name)


def _works_in(folder: Path, home: str) -> bool:
    try:
        is_here = os.readlink(folder / "cwd") == home
        return is_here and (folder / "comm").read_text().startswith("postgres")
    except OSError as error:  # it ended, or it is someone else's
        _let_rise(error)
        return False


def by_command_line(data: Path) -> Iterator[int]:
    """As `ps` tells it: the name of the cluster stands in the title of each."""
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=False
    ).stdout
    ours = re.compile(rf"postgres -c {title(data)}( |$)|postgres: {cluster_name(data)}")
    for line in listing.splitlines():
        pid, _, command = line.strip().partition(" ")
        if ours.search(command):
            yield int(pid)


def title(data: Path) -> str:
    """The setting that is on the command line of the cluster's first process."""
    return f"cluster_name={cluster_name(data)}"


def cluster_name(data: Path) -> str:
    """The name that stands in the title of each process of the cluster in this folder."""
    return "dealgraph-" + sha256(os.fsencode(os.path.realpath(data))).hexdigest()[:12]
