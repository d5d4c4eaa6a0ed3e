"""PostgreSQL's programs, run as the server's account, and what they said."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.store.embedded.accounts import Account

_LEAST_ROOM = 32_000_000
"""Bytes: two segments of the log that PostgreSQL writes ahead."""

# Planning allocates and frees about a megabyte, which the C library would return to the system and
# fetch again each time: a list with two joins took 1.7 ms, and takes 1.1 with these.
_ALLOCATION = {
    "MALLOC_TRIM_THRESHOLD_": "8388608",
    "MALLOC_TOP_PAD_": "1048576",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
}


def run(
    command: Sequence[str | Path], account: Account, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs for a data folder, as the server's account.

    The folder is no argument: `pg_ctl` hands those to a shell, quoted for plain names only. The
    output goes to a file: a server that is started would hold a pipe open for ever.
    """
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=_ALLOCATION | surroundings | {"LC_ALL": "C", "PGDATA": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **account.run_as(),
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def told(answer: subprocess.CompletedProcess[str]) -> str:
    """What a program said, on one line."""
    return " ".join(answer.stdout.split())[-500:] or f"exit code {answer.returncode}"


def last_lines(log: Path) -> str:
    """The end of a log, on one line."""
    try:
        return " ".join(log.read_text(errors="replace").splitlines()[-3:])
    except OSError:
        return ""


def room(folder: Path) -> str:
    """That the disk is full, where it is: PostgreSQL may be unable to say so."""
    free = shutil.disk_usage(folder).free
    return "" if free > _LEAST_ROOM else f" Its disk has {free // 1_000_000} MB left; make room."
