"""A private PostgreSQL in the data directory, shared by every process that uses the directory.

It runs detached. Each process holds a shared lock while it needs the server, the last one out
stops it, and a start mends whatever a kill has left: a stale pid file, orphaned backends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

from core.errors import Unavailable
from core.store.embedded import accounts, commands, homes, making, postmaster

PATIENCE = 60.0
GRACE = 15.0
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the running server listens."""

    socket_folder: Path
    port: int = making.PORT

    def url(self, user: str, database: str) -> str:
        """A URL for that user; who can enter the socket's folder needs no password."""
        folder = quote(str(self.socket_folder), safe="")
        return f"postgresql://{user}@/{database}?host={folder}&port={self.port}"


class Embedded:
    """The server of one data directory, as this process holds it.

    `durable=False` trades the data's safety in a power cut for speed: for tests. A stop in good
    order gets `grace` seconds; then it is cut short, and the next start recovers.
    """

    def __init__(
        self,
        directory: Path,
        *,
        postgres_bin: str | None = None,
        durable: bool = True,
        refuge: Path = homes.REFUGE,
        grace: float = GRACE,
    ) -> None:
        self.directory = _placed(directory.expanduser())
        self._postgres_bin = postgres_bin
        self._durable = durable
        self._refuge = refuge
        self._grace = grace
        self._users: IO[bytes] | None = None

    def start(self) -> Cluster:
        """The running server: found if another process has started it, else started.

        Raises:
            Unavailable: it cannot be run here, and what to do about it.
        """
        accounts.current()
        self._make_directory()
        with self._alone():
            self._users = (self.directory / "users.lock").open("ab")
            accounts.leave(self.directory / "users.lock")
            shared = not _locked(self._users)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                return self._find_running() or self._launch(shared=shared)
            except BaseException:
                self._leave()
                raise

    def release(self) -> None:
        """Stop needing the server; whoever is the last stops it."""
        if self._users is None:
            return
        if not self.directory.exists():  # someone removed it, and the server ends by itself
            self._leave()
            return
        with self._alone():
            if self._is_last():
                self._stop()
            self._leave()

    @property
    def is_gone(self) -> bool:
        """Whether the server has ended although this process needs it."""
        return self._users is not None and postmaster.living(self.data) is None

    def revive(self) -> None:
        """Start the server again if it is gone.

        Raises:
            Unavailable: it cannot be run any more, and what to do about it.
        """
        if not (self.data / "PG_VERSION").exists():  # a new one would be empty
            raise Unavailable(
                f"The data of PostgreSQL in {self.data} is not there any more. Put it back, or stop"
                " what uses it."
            )
        with self._alone():
            if self.is_gone:
                self._launch(shared=True)

    def __enter__(self) -> Cluster:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _make_directory(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(
                f"The data directory {self.directory} cannot be made: {error.strerror}."
                " Set DEALGRAPH_DATA_DIR to a folder that you may write to."
            ) from error
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise Unavailable(
                f"The data directory {self.directory} is not yours to write to."
                " Set DEALGRAPH_DATA_DIR to one that is."
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While one process starts or stops the server, the others wait.

        Raises:
            Unavailable: they wait for too long, or a file is not as it must be.
        """
        try:
            with (self.directory / "start.lock").open("ab") as lock:
                accounts.leave(self.directory / "start.lock")
                self._wait_for(lock)
                yield
        except OSError as error:
            raise Unavailable(
                f"The data directory {self.directory} cannot be used: {error.filename}:"
                f" {error.strerror}. Mend that, or set DEALGRAPH_DATA_DIR to another folder."
            ) from error

    def _wait_for(self, lock: IO[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Another process has been starting or stopping PostgreSQL in"
                    f" {self.directory} for {PATIENCE:.0f} seconds; try again when it is done."
                )
            time.sleep(0.02)

    def _is_last(self) -> bool:
        return self._users is not None and _locked(self._users)

    def _leave(self) -> None:
        if self._users is not None:
            self._users.close()
            self._users = None

    def _find_running(self) -> Cluster | None:
        begun = time.monotonic()
        while (running := postmaster.living(self.data)) is not None:
            if running.ready:
                return Cluster(running.socket_folder, running.port)
            waited = time.monotonic() - begun
            if running.stopping and waited > self._grace:  # whoever stopped it has given up
                self._stop(["immediate"])
            elif waited > PATIENCE:
                raise Unavailable(
                    f"PostgreSQL in {self.data} (process {running.pid}) is not ready after"
                    f" {PATIENCE:.0f} seconds; see {self._log}."
                )
            time.sleep(0.05)
        return None

    def _launch(self, *, shared: bool) -> Cluster:
        if shared and self._is_elsewhere():
            raise Unavailable(
                f"The data directory {self.directory} is in use from another machine or container,"
                " whose processes cannot be seen from here. Set DEALGRAPH_DATA_DIR to another"
                " folder, or DEALGRAPH_DATABASE_URL to one server for both."
            )
        account = accounts.for_server(self.data)
        home = homes.home_of(self.directory, account, self._refuge)
        programs = homes.programs_for(account, self._postgres_bin, home)
        if not (self.data / "PG_VERSION").exists():
            making.initialise(self.data, programs, account, durable=self._durable)
        making.check_version(self.data, programs)
        sockets = making.socket_folder(self.directory, home, account)
        making.configure(self.data, sockets, account, durable=self._durable)
        self._place.write_text(postmaster.whereabouts())
        accounts.leave(self._place)
        self._start_with_backoff(programs, account, sockets)
        return Cluster(sockets)

    def _start_with_backoff(self, programs: Path, account: accounts.Account, sockets: Path) -> None:
        for attempt in range(ATTEMPTS):
            self._clear_what_a_kill_left(sockets)
            answer = commands.run(
                [
                    *(programs / "pg_ctl", "start", "--log", self._log.name, "--silent"),
                    *("--wait", "--timeout", str(int(PATIENCE))),
                    *("--options", f"-c {postmaster.title(self.data)}"),
                ],
                account,
                self.data,
            )
            if answer.returncode == 0:
                return
            time.sleep(0.1 * 2**attempt)
        reason = (
            self._complaints(programs, account)
            or commands.last_lines(self._log)
            or commands.told(answer)
        )
        room = commands.room(self.data)
        raise Unavailable(f"PostgreSQL does not start in {self.data}: {reason}{room}")

    def _complaints(self, programs: Path, account: accounts.Account) -> str:
        """What PostgreSQL says of its settings where it cannot read them; its log is too quiet."""
        asked = (programs / "postgres", "-C", "cluster_name", "-c", "log_min_messages=warning")
        answer = commands.run(asked, account, self.data)
        return commands.told(answer) if answer.returncode else ""

    def _clear_what_a_kill_left(self, sockets: Path) -> None:
        """Orphans, and files with the number of a process that is gone, a zombie or another's."""
        if postmaster.living(self.data) is None:
            postmaster.end_orphans(self.data)
            socket = making.socket_in(sockets)
            for stale in (self.data / "postmaster.pid", socket, Path(f"{socket}.lock")):
                stale.unlink(missing_ok=True)

    def _stop(self, modes: Sequence[str] = ("fast", "immediate")) -> None:
        """Stop the server: in the middle of a recovery a fast stop may never end."""
        if postmaster.living(self.data) is None:
            return
        account = accounts.for_server(self.data)
        programs = homes.programs_for(account, self._postgres_bin, self.data.parent)
        wait = ("--silent", "--wait", "--timeout", str(int(self._grace)))
        for mode in modes:
            answer = commands.run(
                (programs / "pg_ctl", "stop", f"--mode={mode}", *wait), account, self.data
            )
            if answer.returncode == 0 or postmaster.living(self.data) is None:
                return  # it may have ended by itself
        raise Unavailable(f"PostgreSQL does not stop in {self.data}: {commands.told(answer)}")

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return (self.directory / homes.LINK).resolve()

    def _is_elsewhere(self) -> bool:
        return self._place.exists() and self._place.read_text() != postmaster.whereabouts()

    @property
    def _place(self) -> Path:
        return self.directory / "place"

    @property
    def _log(self) -> Path:
        return self.data / "server.log"


def _placed(directory: Path) -> Path:
    try:
        return directory.absolute()
    except FileNotFoundError as error:
        raise Unavailable(
            f"The data directory {directory} is nowhere: the folder that this was started in is"
            " gone. Go to another, or set DEALGRAPH_DATA_DIR to a whole path."
        ) from error


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
