"""A private PostgreSQL in the data directory, shared by every process that uses the directory.

It runs detached. Each process holds a shared lock while it needs the server, the last one out
stops it, and a start mends whatever a kill has left: a stale pid file, orphaned backends.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

from core.errors import Unavailable
from core.store.embedded import accounts, binaries, homes, postmaster

PORT = 5432
LONGEST_SOCKET_PATH = 107
PLAIN = re.compile(r"[\w/ .-]+")
PATIENCE = 60.0
GRACE = 15.0
ATTEMPTS = 5
SHARED_MEMORY = Path("/dev/shm")
LEAST_SHARED = 1_000_000_000
"""Bytes of it that are enough for queries on several processors; Docker's 64 MB are not."""
LEAST_ROOM = 32_000_000
"""Bytes: two segments of the log that PostgreSQL writes ahead."""

SETTINGS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "restart_after_crash": "off",  # `revive` does: a stop that meets PostgreSQL's own restart hangs
    "deadlock_timeout": "200ms",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}
# Planning allocates and frees about a megabyte, which the C library would return to the system and
# fetch again each time: a list with two joins took 1.7 ms, and takes 1.1 with these.
ALLOCATION = {
    "MALLOC_TRIM_THRESHOLD_": "8388608",
    "MALLOC_TOP_PAD_": "1048576",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
CARELESSLY = ("--no-sync", "--wal-segsize=1")
"""How files are made that nobody minds losing: half as much to write, and to copy."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the running server listens."""

    socket_folder: Path
    port: int = PORT

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

    def stop_if_unused(self) -> None:
        """Stop a server that its last user left running when it was killed."""
        with self._alone(), (self.directory / "users.lock").open("ab") as users:
            if _locked(users):
                self._stop()

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
            self._initialise(programs, account)
        self._check_version(programs)
        sockets = self._socket_folder(home, account)
        self._configure(sockets, account)
        self._place.write_text(postmaster.whereabouts())
        accounts.leave(self._place)
        self._start_with_backoff(programs, account, sockets)
        return Cluster(sockets)

    def _initialise(self, programs: Path, account: accounts.Account) -> None:
        """Make the data folder under another name first: half of one must not look whole."""
        if self.data.exists() and any(self.data.iterdir()):
            raise Unavailable(
                f"{self.data} is not a whole data folder of PostgreSQL: PG_VERSION is missing. Put"
                " it back from a copy, or set DEALGRAPH_DATA_DIR to another folder."
            )
        making = self.data.with_name("postgres.making")
        shutil.rmtree(making, ignore_errors=True)
        accounts.make_private(making, account)
        answer = _run(
            [
                *(programs / "initdb", "--username=postgres"),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
                *("--builtin-locale=C.UTF-8", *(() if self._durable else CARELESSLY)),
                *("--set", f"dynamic_shared_memory_type={_shared()}"),
            ],
            account,
            making,
        )
        if answer.returncode:
            told = f"PostgreSQL cannot make its files in {making}: {_told(answer)}{_room(making)}"
            raise Unavailable(told)
        with (making / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude 'dealgraph.conf'\n")
        making.rename(self.data)

    def _check_version(self, programs: Path) -> None:
        made_by, have = (self.data / "PG_VERSION").read_text().strip(), binaries.major(programs)
        if made_by != str(have):
            raise Unavailable(
                f"The data in {self.data} is of PostgreSQL {made_by}, the programs in {programs}"
                f" are {have}. Point {binaries.SETTING} to the programs of PostgreSQL {made_by}, or"
                " set DEALGRAPH_DATA_DIR to another folder."
            )

    def _socket_folder(self, home: Path, account: accounts.Account) -> Path:
        short = "dealgraph-" + sha256(os.fsencode(self.directory)).hexdigest()[:16]
        folders = (home / "run", Path(tempfile.gettempdir()) / short, Path("/tmp") / short)
        folder = next(filter(_takes_a_socket, folders), folders[-1])
        accounts.make_private(folder, account)
        return folder

    def _configure(self, sockets: Path, account: accounts.Account) -> None:
        settings = SETTINGS | ({} if self._durable else CARELESS)
        settings["dynamic_shared_memory_type"] = _shared()
        settings["unix_socket_directories"] = f"'{_quoted(sockets)}'"
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        conf = self.data / "dealgraph.conf"
        conf.write_text(
            "# Written at each start; your own settings go into postgresql.conf.\n" + text
        )
        accounts.give(conf, account)

    def _start_with_backoff(self, programs: Path, account: accounts.Account, sockets: Path) -> None:
        for attempt in range(ATTEMPTS):
            self._clear_what_a_kill_left(sockets)
            answer = _run(
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
        reason = self._complaints(programs, account) or _last_lines(self._log) or _told(answer)
        room = _room(self.data)
        raise Unavailable(f"PostgreSQL does not start in {self.data}: {reason}{room}")

    def _complaints(self, programs: Path, account: accounts.Account) -> str:
        """What PostgreSQL says of its settings where it cannot read them; its log is too quiet."""
        asked = (programs / "postgres", "-C", "cluster_name", "-c", "log_min_messages=warning")
        answer = _run(asked, account, self.data)
        return _told(answer) if answer.returncode else ""

    def _clear_what_a_kill_left(self, sockets: Path) -> None:
        """Orphans, and files with the number of a process that is gone, a zombie or another's."""
        if postmaster.living(self.data) is None:
            postmaster.end_orphans(self.data)
            socket = sockets / f".s.PGSQL.{PORT}"
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
            answer = _run(
                (programs / "pg_ctl", "stop", f"--mode={mode}", *wait), account, self.data
            )
            if answer.returncode == 0 or postmaster.living(self.data) is None:
                return  # it may have ended by itself
        raise Unavailable(f"PostgreSQL does not stop in {self.data}: {_told(answer)}")

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


def _run(
    command: Sequence[str | Path], account: accounts.Account, folder: Path
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
            env=ALLOCATION | surroundings | {"LC_ALL": "C", "PGDATA": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **account.run_as(),
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def _takes_a_socket(folder: Path) -> bool:
    """Whether PostgreSQL and its clients read this name as that of one folder."""
    if not PLAIN.fullmatch(str(folder)):
        return False
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH


def _told(answer: subprocess.CompletedProcess[str]) -> str:
    return " ".join(answer.stdout.split())[-500:] or f"exit code {answer.returncode}"


def _last_lines(log: Path, count: int = 3) -> str:
    try:
        return " ".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _room(folder: Path) -> str:
    """That the disk is full, where it is: PostgreSQL may be unable to say so."""
    free = shutil.disk_usage(folder).free
    return "" if free > LEAST_ROOM else f" Its disk has {free // 1_000_000} MB left; make room."


def _shared() -> str:
    """Where processes share what a query or a new index takes: in files if there is little room."""
    try:
        return "posix" if shutil.disk_usage(SHARED_MEMORY).total >= LEAST_SHARED else "mmap"
    except OSError:  # as on macOS, where it is no folder
        return "posix"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
