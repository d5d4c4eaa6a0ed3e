"""The files of a private server: made once by PostgreSQL itself, and set up at each start."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from core.errors import Unavailable
from core.identity import new_id
from core.store.embedded import accounts, binaries, commands

PORT = 5432
_LONGEST_SOCKET_PATH = 107
_PLAIN = re.compile(r"[\w/ .-]+")
_SHARED_MEMORY = Path("/dev/shm")
LEAST_SHARED = 1_000_000_000
"""Bytes of it that are enough for queries on several processors; Docker's 64 MB are not."""
_SETTINGS = {
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
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_CARELESSLY = ("--no-sync", "--wal-segsize=1")
"""How files are made that nobody minds losing: half as much to write, and to copy."""


def initialise(data: Path, programs: Path, account: accounts.Account, *, durable: bool) -> None:
    """Make the data folder, under another name first: half of one must not look whole.

    A name of its own: the program of somebody who was killed may still be writing.

    Raises:
        Unavailable: something else is there, or PostgreSQL cannot make it.
    """
    if data.exists() and any(data.iterdir()):
        raise Unavailable(
            f"{data} is not a whole data folder of PostgreSQL: PG_VERSION is missing. Put"
            " it back from a copy, or set DEALGRAPH_DATA_DIR to another folder."
        )
    _sweep(data)
    making = data.with_name(f"{data.name}.making-{new_id().hex}")
    accounts.make_private(making, account)
    answer = commands.run(
        [
            *(programs / "initdb", "--username=postgres"),
            *("--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
            *("--builtin-locale=C.UTF-8", *(() if durable else _CARELESSLY)),
            *("--set", f"dynamic_shared_memory_type={_shared()}"),
        ],
        account,
        making,
    )
    if answer.returncode:
        told = f"PostgreSQL cannot make its files in {making}: {commands.told(answer)}{commands.room(making)}"
        raise Unavailable(told)
    with (making / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'dealgraph.conf'\n")
    making.rename(data)
    _sweep(data)


def _sweep(data: Path) -> None:
    """Take away what was left half made."""
    for left in data.parent.glob(f"{data.name}.making*"):
        shutil.rmtree(left, ignore_errors=True)


def check_version(data: Path, programs: Path) -> None:
    """See that the programs can read the data.

    Raises:
        Unavailable: they are of another major version.
    """
    made_by, have = (data / "PG_VERSION").read_text().strip(), binaries.major(programs)
    if made_by != str(have):
        raise Unavailable(
            f"The data in {data} is of PostgreSQL {made_by}, the programs in {programs}"
            f" are {have}. Point {binaries.SETTING} to the programs of PostgreSQL {made_by}, or"
            " set DEALGRAPH_DATA_DIR to another folder."
        )


def socket_folder(directory: Path, home: Path, account: accounts.Account) -> Path:
    """The folder for the server's socket: in its home, or one with a short and plain name."""
    short = "dealgraph-" + sha256(os.fsencode(directory)).hexdigest()[:16]
    folders = (home / "run", Path(tempfile.gettempdir()) / short, Path("/tmp") / short)
    folder = next(filter(_takes_a_socket, folders), folders[-1])
    accounts.make_private(folder, account)
    return folder


def configure(data: Path, sockets: Path, account: accounts.Account, *, durable: bool) -> None:
    """Write our settings for this start; whoever runs it has theirs in `postgresql.conf`."""
    settings = _SETTINGS | ({} if durable else _CARELESS)
    settings["dynamic_shared_memory_type"] = _shared()
    settings["unix_socket_directories"] = f"'{_quoted(sockets)}'"
    text = "".join(f"{name} = {value}\n" for name, value in settings.items())
    conf = data / "dealgraph.conf"
    conf.write_text("# Written at each start; your own settings go into postgresql.conf.\n" + text)
    accounts.give(conf, account)


def socket_in(folder: Path) -> Path:
    """The server's socket in its folder."""
    return folder / f".s.PGSQL.{PORT}"


def _takes_a_socket(folder: Path) -> bool:
    """Whether PostgreSQL and its clients read this name as that of one folder."""
    if not _PLAIN.fullmatch(str(folder)):
        return False
    return len(os.fsencode(socket_in(folder))) <= _LONGEST_SOCKET_PATH


def _shared() -> str:
    """Where processes share what a query or a new index takes: in files if there is little room."""
    try:
        return "posix" if shutil.disk_usage(_SHARED_MEMORY).total >= LEAST_SHARED else "mmap"
    except OSError:  # as on macOS, where it is no folder
        return "posix"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
