"""A private server that is there whenever someone needs it, whatever happened to it before."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import asyncpg
import pytest

from core.errors import Unavailable
from core.store.embedded import making, postmaster
from core.store.embedded.server import PATIENCE, Cluster, Embedded
from tests.conftest import copy, run_folder

USER = """
import sys
from pathlib import Path
from core.store.embedded.server import Embedded
embedded = Embedded(Path(sys.argv[1]), durable=False)
embedded.start()
print("started", flush=True)
sys.stdin.readline()
embedded.release()
"""


@pytest.fixture
def embedded(directory: Path, made: Path) -> Embedded:
    """One whose files are there already: making them takes longer than most of what is tried."""
    copy(made, directory)
    return an_embedded(directory)


def an_embedded(directory: Path) -> Embedded:
    return Embedded(directory, durable=False, refuge=directory / "refuge")


def another_user(directory: Path) -> subprocess.Popen[str]:
    """Another process that uses the same directory, until it reads a line or is killed."""
    process = starting_user(directory)
    assert line_of(process.stdout) == "started"
    return process


def starting_user(directory: Path) -> subprocess.Popen[str]:
    """The same, on its way there."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )


def a_stranger() -> subprocess.Popen[bytes]:
    """A process that has nothing to do with us, until it reads a line."""
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)


async def asked(cluster: Cluster, question: str) -> object:
    """The answer of the server to one question."""
    connection = await a_connection(cluster)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def a_connection(cluster: Cluster) -> asyncpg.Connection:
    return await asyncpg.connect(cluster.url("postgres", "postgres"))


def kill_server(embedded: Embedded) -> None:
    """What a power cut or an out-of-memory killer does to the postmaster alone."""
    running = postmaster.living(embedded.data)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: postmaster.living(embedded.data) is None)


def until(holds: object, patience: float = 10) -> None:
    assert callable(holds)
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        os.sched_yield()


async def test_data_survives_a_restart(embedded: Embedded) -> None:
    with embedded as cluster:
        await asked(cluster, "create table kept as select 7 as number")
    assert postmaster.living(embedded.data) is None
    with embedded as cluster:
        assert await asked(cluster, "select number from kept") == 7


async def test_folds_and_compares_text_alike_everywhere(embedded: Embedded) -> None:
    with embedded as cluster:
        assert await asked(cluster, "select lower('ÄΣ' collate pg_c_utf8)") == "äσ"
        assert await asked(cluster, "show server_encoding") == "UTF8"


async def test_shares_memory_in_files_where_the_system_has_little(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for least, shared in ((0, "posix"), (10**18, "mmap")):
        monkeypatch.setattr(making, "LEAST_SHARED", least)
        with embedded as cluster:
            assert await asked(cluster, "show dynamic_shared_memory_type") == shared


async def test_only_its_owner_can_reach_it(embedded: Embedded) -> None:
    with embedded as cluster:
        assert await asked(cluster, "show listen_addresses") == ""
        assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700


async def test_the_last_one_out_stops_it(directory: Path, embedded: Embedded) -> None:
    embedded.start()
    other = another_user(directory)
    before = postmaster.living(embedded.data)
    embedded.release()
    assert postmaster.living(embedded.data) == before
    leave(other)
    assert postmaster.living(embedded.data) is None


async def test_whoever_comes_second_is_served_by_the_same_server(
    directory: Path, embedded: Embedded
) -> None:
    other = another_user(directory)
    first = postmaster.living(embedded.data)
    with embedded as cluster:
        assert postmaster.living(embedded.data) == first
        assert await asked(cluster, "select 1") == 1
        leave(other)
        assert await asked(cluster, "select 2") == 2


async def test_several_that_start_at_once_share_one_server(directory: Path) -> None:
    users = [an_embedded(directory) for _ in range(3)]
    clusters = await asyncio.gather(*(asyncio.to_thread(user.start) for user in users))
    assert len({await asked(each, "select pg_postmaster_start_time()") for each in clusters}) == 1
    await asyncio.gather(*(asyncio.to_thread(user.release) for user in users))
    assert postmaster.living(users[0].data) is None


async def test_a_killed_user_leaves_the_server_to_the_next(
    directory: Path, embedded: Embedded
) -> None:
    other = another_user(directory)
    other.kill()
    other.communicate()
    assert postmaster.living(embedded.data) is not None
    with embedded as cluster:
        assert await asked(cluster, "select 1") == 1
    assert postmaster.living(embedded.data) is None


async def test_a_killed_server_leaves_a_directory_that_starts_again(directory: Path) -> None:
    embedded = Embedded(directory, refuge=directory / "refuge")
    cluster = embedded.start()
    await asked(cluster, "create table kept as select 7 as number")
    kill_server(embedded)
    embedded.release()
    with embedded as cluster:
        assert await asked(cluster, "select number from kept") == 7


async def test_starts_again_beside_a_process_that_lost_its_server(
    directory: Path, embedded: Embedded
) -> None:
    other = another_user(directory)
    kill_server(embedded)
    with embedded as cluster:
        assert await asked(cluster, "select 1") == 1
    leave(other)


async def test_a_backend_that_outlived_the_server_is_ended(embedded: Embedded) -> None:
    cluster = embedded.start()
    connection = await asyncpg.connect(cluster.url("postgres", "postgres"))
    backend = connection.get_server_pid()
    busy = asyncio.create_task(
        connection.execute("do $$ begin raise notice 'busy'; loop end loop; end $$")
    )
    started = asyncio.Event()
    connection.add_log_listener(lambda *_: started.set())
    await started.wait()
    kill_server(embedded)
    assert backend in postmaster.processes_in(embedded.data)
    embedded.release()
    with embedded as cluster:
        assert backend not in postmaster.processes_in(embedded.data)
        assert await asked(cluster, "select 1") == 1
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await busy
    connection.terminate()


async def test_a_stale_pid_file_harms_nobody_who_has_the_number_now(embedded: Embedded) -> None:
    with embedded:
        said = (embedded.data / "postmaster.pid").read_text().splitlines()
    stranger = a_stranger()
    stale = "\n".join([str(stranger.pid), *said[1:], ""])
    (embedded.data / "postmaster.pid").write_text(stale)
    with embedded as cluster:
        assert await asked(cluster, "select 1") == 1
    assert stranger.poll() is None
    stranger.communicate(b"\n")


async def test_half_made_files_are_made_anew(directory: Path) -> None:
    half = directory / "postgres.making"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with an_embedded(directory) as cluster:
        assert await asked(cluster, "select 1") == 1


async def test_files_are_made_beside_what_the_program_of_a_killed_user_still_makes(
    directory: Path,
) -> None:
    embedded = an_embedded(directory)
    killed = starting_user(directory)
    until(lambda: any(embedded.data.parent.glob("*.making*/base")))
    killed.kill()
    killed.communicate()
    with embedded as cluster:
        assert await asked(cluster, "select 1") == 1
    assert (embedded.data / "base").is_dir()


async def test_a_long_path_gets_a_short_socket(directory: Path) -> None:
    deep = directory / ("long" * 25)
    with an_embedded(deep) as cluster:
        assert await asked(cluster, "select 1") == 1
        assert len(str(cluster.socket_folder)) < len(str(deep))
    shutil.rmtree(cluster.socket_folder)


async def test_a_long_folder_for_temporary_files_is_passed_over(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = directory / ("long" * 25)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with an_embedded(deep) as cluster:
        assert await asked(cluster, "select 1") == 1
        assert cluster.socket_folder.parent == Path("/tmp")
    shutil.rmtree(cluster.socket_folder)


@pytest.mark.parametrize(
    "name", ["客户 数据", 'it\'s "here", \\b', "$(touch owned) `touch owned` $HOME"]
)
async def test_a_directory_may_have_any_name(directory: Path, name: str) -> None:
    embedded = an_embedded(directory / name)
    for _ in range(2):
        with embedded as cluster:
            assert await asked(cluster, "select 1") == 1
    assert postmaster.living(embedded.data) is None
    assert not (embedded.data / "owned").exists()
    shutil.rmtree(cluster.socket_folder)


async def test_stops_at_once_after_a_backend_was_killed_and_loses_nothing(directory: Path) -> None:
    embedded = Embedded(directory, refuge=directory / "refuge", grace=PATIENCE)
    with embedded as cluster:
        await asked(cluster, "create table kept as select generate_series(1, 200000) as number")
        watching, killed = await a_connection(cluster), await a_connection(cluster)
        os.kill(killed.get_server_pid(), signal.SIGKILL)
        with pytest.raises(asyncpg.PostgresError):  # all connections end, and the recovery begins
            await watching.execute("select pg_sleep(60)")
        crashed = time.monotonic()
    assert time.monotonic() - crashed < PATIENCE / 2
    assert postmaster.living(embedded.data) is None
    with embedded as cluster:
        assert await asked(cluster, "select count(*) from kept") == 200_000


async def test_is_revived_while_someone_needs_it(embedded: Embedded) -> None:
    with embedded as cluster:
        assert not embedded.is_gone
        kill_server(embedded)
        assert embedded.is_gone
        embedded.revive()
        assert await asked(cluster, "select 1") == 1
    assert not embedded.is_gone
    assert postmaster.living(embedded.data) is None


def test_nothing_empty_is_started_where_data_was(embedded: Embedded) -> None:
    with embedded:
        kill_server(embedded)
        postmaster.end_orphans(embedded.data)
        shutil.rmtree(embedded.data)
        with pytest.raises(Unavailable, match="is not there any more"):
            embedded.revive()


def test_refuses_the_data_of_another_version(embedded: Embedded) -> None:
    with embedded:
        pass
    (embedded.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match=r"is of PostgreSQL 17.*DEALGRAPH_POSTGRES_BIN"):
        embedded.start()


def test_refuses_a_directory_that_is_in_use_elsewhere(directory: Path, embedded: Embedded) -> None:
    other = another_user(directory)
    kill_server(embedded)
    (directory / "place").write_text("another container")
    with pytest.raises(Unavailable, match="another machine or container"):
        embedded.start()
    leave(other)


def test_tells_which_setting_of_postgresql_is_wrong(embedded: Embedded) -> None:
    with embedded:
        pass
    with (embedded.data / "postgresql.conf").open("a") as conf:
        conf.write("shared_buffers = lots\n")
    with pytest.raises(Unavailable, match='"shared_buffers": "lots"'):
        embedded.start()


def test_refuses_data_that_is_not_whole(embedded: Embedded) -> None:
    with embedded:
        pass
    (embedded.data / "PG_VERSION").unlink()
    with pytest.raises(Unavailable, match="PG_VERSION is missing"):
        embedded.start()


def test_tells_which_file_cannot_be_used(directory: Path) -> None:
    (directory / "users.lock").mkdir()
    with pytest.raises(Unavailable, match=r"users\.lock: Is a directory"):
        an_embedded(directory).start()


def test_refuses_a_directory_that_cannot_be_made(directory: Path) -> None:
    (directory / "file").write_text("")
    with pytest.raises(Unavailable, match="DEALGRAPH_DATA_DIR"):
        an_embedded(directory / "file" / "data").start()


def test_a_directory_below_a_folder_that_is_gone_is_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = directory / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(Unavailable, match="data is nowhere: the folder that this was started in"):
        an_embedded(Path("data"))


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root has folders that its stand-in cannot enter"
)
async def test_lives_in_a_refuge_where_its_account_cannot_enter(directory: Path) -> None:
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    embedded = Embedded(closed / "data", durable=False, refuge=directory / "refuge")
    for _ in range(2):
        with embedded as cluster:
            assert await asked(cluster, "select 1") == 1
    assert embedded.data.is_relative_to(directory / "refuge")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len(list((directory / "refuge").iterdir())) == 1
    shutil.copytree(closed / "data", closed / "copy", symlinks=True)
    copy = Embedded(closed / "copy", durable=False, refuge=directory / "refuge")
    with pytest.raises(Unavailable, match=r"where the data of .*/closed/data is"):
        copy.start()
    (closed / "data").rename(closed / "moved")
    with Embedded(closed / "moved", durable=False, refuge=directory / "refuge") as cluster:
        assert await asked(cluster, "select 1") == 1


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root has folders that its stand-in cannot enter"
)
def test_lives_in_a_refuge_that_is_open_though_new_folders_are_closed(directory: Path) -> None:
    before = os.umask(0o077)
    try:
        embedded = Embedded(directory / "data", durable=False, refuge=directory / "refuge")
        with embedded:
            assert embedded.data.is_relative_to(directory / "refuge")
    finally:
        os.umask(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works in the folders of others")
def test_what_root_starts_in_someones_folder_is_theirs(directory: Path) -> None:
    owner = pwd.getpwnam("daemon").pw_uid
    os.chown(directory, owner, -1)
    with Embedded(directory, durable=False):
        found = {each.name: each.stat().st_uid for each in directory.iterdir()}
    assert set(found) > {"start.lock", "users.lock", "place", "postgres"}
    assert set(found.values()) == {owner}


def test_finds_its_processes_where_there_is_no_proc(embedded: Embedded) -> None:
    with embedded:
        found = set(postmaster.by_command_line(embedded.data))
        assert found == set(postmaster.by_working_folder(embedded.data))
        assert len(found) > 3


def test_whoever_has_no_room_to_look_takes_no_server_for_dead(
    cluster: Cluster, request: pytest.FixtureRequest
) -> None:
    data = Embedded(run_folder(request.config)).data
    looking = """
import resource, sys
from pathlib import Path
from core.store.embedded import postmaster
print(postmaster.living(Path(sys.argv[1])) is not None)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
try:
    print(postmaster.living(Path(sys.argv[1])))
except OSError as error:
    print(error.strerror)
"""
    looked = subprocess.run(
        [sys.executable, "-c", looking, data], capture_output=True, text=True, check=True
    )
    assert looked.stdout.splitlines() == ["True", "Too many open files"]
