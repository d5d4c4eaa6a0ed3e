"""Several processes that answer on one socket."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from schema.serving import GRACE, Serving

PATIENCE = GRACE + 10.0
"""Seconds in which a worker that was told to end has to: it gives running requests its own."""
PAUSE = 1.0
"""Seconds before another process is started in the place of one that has died."""
ENDING = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
"""Signals that end a worker, which are held back until it can answer who is connected."""

_log = logging.getLogger("dealgraph")
_spawn = multiprocessing.get_context("spawn")


class Workers:
    """Processes that serve until they are told to end; one that dies is replaced.

    uvicorn's own kill whichever gives no sign of life for 5 seconds, which on a slow machine is
    one that is still about its imports.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        taken: socket.socket,
        count: int,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._config = config
        self._patience = patience
        self._taken = taken
        self._count = count
        self._told, self._tell = _spawn.Pipe(duplex=False)

    def end(self, *_: object) -> None:
        """Have all of them finish what runs: for a signal to call, at any time."""
        self._tell.send_bytes(b"!")

    def run(self) -> bool:
        """Serve to the end; False if one of the first could not even start."""
        resource_tracker.ensure_running()  # it lets signals through when the first worker starts it
        first = [self._begun() for _ in range(self._count)]
        running = list(first)
        while not self._told.poll() and not _any_failed(first):
            wait([self._told, *(each.sentinel for each in running)])
            dead = [each for each in running if not each.is_alive()]
            for each in dead:
                _log.error("worker %s has ended with code %s", each.pid, each.exitcode)
                running.remove(each)
            if dead and not _any_failed(first) and not self._told.poll(PAUSE):
                running += [self._begun() for _ in dead]
        self._taken.close()  # or the system would go on to take connections that nobody answers
        self._end(running)
        return not _any_failed(first)

    def _end(self, running: Sequence[SpawnProcess]) -> None:
        """Have all finish what runs; one that hangs would hear of no end."""
        for each in running:
            each.terminate()
        deadline = time.monotonic() + self._patience
        for each in running:
            each.join(max(0.0, deadline - time.monotonic()))
            if each.is_alive():
                _log.error("worker %s does not end, and is killed", each.pid)
                each.kill()
                each.join()

    def _begun(self) -> SpawnProcess:
        process = _spawn.Process(target=_serve, args=(self._config, self._taken))
        known = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, known)
        return process


def _any_failed(processes: list[SpawnProcess]) -> bool:
    return any(each.exitcode == STARTUP_FAILURE for each in processes)


def _serve(config: uvicorn.Config, taken: socket.socket) -> None:
    """Serve in this process, which ends with the one that started it."""
    server = Serving(config)

    def end(*_: object) -> None:  # before it serves; then uvicorn has its own
        server.should_exit = True

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the parent gets it too, and ends us
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_follow, args=(parent.join,), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    config.configure_logging()
    server.run([taken])


def _follow(wait: Callable[[], None]) -> None:
    wait()
    os.kill(os.getpid(), signal.SIGTERM)
