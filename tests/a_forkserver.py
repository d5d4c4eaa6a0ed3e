"""Commands without their imports, which take a second each time: pages of the docs run dozens.

A process that has imported everything forks for each command, which gets its caller's files,
folder and surroundings. What serves is not run so: it is stopped by signals of its own.
"""

from __future__ import annotations

import functools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIM = """#!/bin/sh
case "$1" in
serve|demo) exec "{python}" -c "import sys; from cli.start import main; sys.argv[0] = 'dealgraph'; main()" "$@";;
*) exec "{python}" -S -E -c '
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect("{address}")
    socket.send_fds(asked, [b"!"], [0, 1, 2])
    asked.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    asked.shutdown(socket.SHUT_WR)
    sys.exit(int(asked.recv(10) or 70))
' "$@";;
esac
"""
"""What stands for the command: it asks the process, or is the command itself where that serves."""


def shim() -> str:
    """The text of the command."""
    _, folder = _started()
    return SHIM.format(python=sys.executable, address=f"{folder}/commands")


@functools.cache
def _started() -> tuple[subprocess.Popen[bytes], str]:
    """The process and its folder; it ends when its standard input does, with this process."""
    folder = tempfile.mkdtemp(prefix="dealgraph-")
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.a_forkserver", folder],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.read(1), "the process that forks does not start"
    return process, folder


def serve(folder: str) -> None:
    """Fork for each command, until whoever started this one is gone."""
    from cli import data, demo, main, metadata

    assert all((data, demo, metadata))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/commands")
        listening.listen()
        os.write(1, b"!")
        os.dup2(2, 1)  # and not closed, or a caller's file would get its number
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            asked, _ = listening.accept()
            with asked:
                if os.fork() == 0:
                    _answer(asked, main.main)
    shutil.rmtree(folder)


def _answer(asked: socket.socket, command: Callable[[], None]) -> None:
    """Have the command run by another process, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(asked, 1, 3)
    words, folder, surroundings = json.loads(asked.makefile().read())
    runs = os.fork()
    if runs == 0:
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        asked.close()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(surroundings)
        sys.argv = ["dealgraph", *words]
        os._exit(_code(command))
    code = os.waitstatus_to_exitcode(os.waitpid(runs, 0)[1])
    asked.sendall(str(code).encode())
    os._exit(0)


def _code(command: Callable[[], None]) -> int:
    """What the command ends with, everything that it has printed being out."""
    try:
        command()
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve(sys.argv[1])
