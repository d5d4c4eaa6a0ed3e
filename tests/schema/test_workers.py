"""Several processes on one socket."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading

import httpx2

from schema.serving import listening
from schema.workers import Workers
from tests.schema.a_server import a_server


def test_a_worker_that_hangs_does_not_keep_the_others_from_ending() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{taken.getsockname()[1]}/healthz"
    workers = Workers(listening(a_server), taken, 1, patience=0.1)
    running = threading.Thread(target=workers.run)
    running.start()
    assert httpx2.get(url, timeout=60).status_code == 200
    (worker,) = multiprocessing.active_children()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    workers.end()
    running.join(60)
    assert not running.is_alive()
    assert worker.exitcode == -signal.SIGKILL
