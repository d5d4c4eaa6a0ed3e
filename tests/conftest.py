"""One PostgreSQL for the whole run, a database of its own for each worker, tenants for each test."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import importlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

import server
from core.identity import TenantId
from core.store.database import migrating, roles
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.database.ways import Options
from core.store.embedded import postmaster
from core.store.embedded.server import Cluster, Embedded
from core.store.tenancy import tenants


def live_in_memory(folder: str = "/dev/shm") -> None:
    """Have temporary files there, if it has room and may hold programs.

    A data directory has 1,500 files, and the file system of a disk looks long for places for so
    many where as many were deleted just before: the tests of embedded servers took 64 seconds,
    and take 26.
    """
    if "TMPDIR" in os.environ or not os.path.isdir(folder):
        return
    found = os.statvfs(folder)
    if found.f_bavail * found.f_frsize > 4 << 30 and not found.f_flag & os.ST_NOEXEC:
        tempfile.tempdir = os.environ["TMPDIR"] = folder


live_in_memory()
gc.disable()  # until all is collected: it stays, and looking through it takes a fifth of that time
settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")  # what lands does not hang on luck; other runs go on looking

TEMPLATE = "dealgraph_template"
CITUS = "citus"
"""The file in the run's folder that tells of a Citus cluster, if one was started."""
KEYS = itertools.count(1)


LONG = ("test_docs.py", "test_serving.py", "test_equivalence.py")
"""Modules whose tests take half a minute: begun last, one would keep all but one worker waiting."""


def pytest_configure(config: pytest.Config) -> None:
    """Have each worker compile a share of the tests before all of them read what the others have.

    Of a tree that is new four would compile every module side by side, for ten seconds each.
    """
    given = getattr(config, "workerinput", None)
    if given and not sys.dont_write_bytecode:
        share = slice(int(given["workerid"].removeprefix("gw")), None, given["workercount"])
        top = Path(__file__).parent
        for path in sorted(top.rglob("test_*.py"))[share]:
            importlib.import_module(".".join(path.relative_to(top.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish() -> None:
    """What was collected stays: looking through it for garbage took a fifth of the API tests."""
    server.collect_seldom()
    gc.enable()


def run_folder(config: pytest.Config) -> Path:
    """The folder of this run's server, the same one for all its workers."""
    given = getattr(config, "workerinput", None)
    name = given["testrunuid"] if given else f"{os.getpid()}"
    return Path(tempfile.gettempdir()) / f"dealgraph-tests-{name}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The process that started the workers removes what they shared."""
    config = session.config
    if hasattr(config, "workerinput"):
        return
    uid = getattr(config.pluginmanager.get_plugin("dsession"), "nodemanager", None)
    names = [f"{os.getpid()}", *([uid.testrunuid] if uid else [])]
    for folder in (Path(tempfile.gettempdir()) / f"dealgraph-tests-{name}" for name in names):
        if folder.exists():
            stop_citus(folder / CITUS)
            data = Embedded(folder).data
            postmaster.end_orphans(data)  # there is none, unless a worker was killed
            shutil.rmtree(data.parent, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


def stop_citus(said: Path) -> None:
    """Stop the cluster that the file tells of."""
    if said.exists():
        _, command, folder = said.read_text().splitlines()
        subprocess.run([command, "stop", folder], check=False)


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, as each role reaches it."""

    app: str
    owner: str
    superuser: str


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies of the migrated database; making one wants nobody else at the template."""

    cluster: Cluster
    lock: Path

    async def make(self, name: str, template: str = TEMPLATE) -> Urls:
        with locked(self.lock):
            # Two thirds of the time that the usual strategy takes, which goes through the log.
            how = f"template {template} strategy file_copy owner {roles.OWNER}"
            await self._run(f"create database {name} {how}")
        return Urls(
            app=self.cluster.url(roles.APP, name),
            owner=self.cluster.url(roles.OWNER, name),
            superuser=self.cluster.url("postgres", name),
        )

    async def drop(self, name: str) -> None:
        await self._run(f"drop database {name} with (force)")

    async def _run(self, command: str) -> None:
        async with connected(self.cluster.url("postgres", "postgres")) as connection:
            await connection.execute(command)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The running server."""
    folder = run_folder(request.config)
    with Embedded(folder, durable=False) as running:
        yield running


@pytest.fixture(scope="session")
async def copies(cluster: Cluster, request: pytest.FixtureRequest) -> Copies:
    """Makes databases that have all the tables, from one that was migrated once for all workers."""
    lock = run_folder(request.config) / "template.lock"
    with locked(lock):
        await roles.set_up(cluster.url("postgres", "postgres"), TEMPLATE)
        await migrating.migrate(cluster.url(roles.OWNER, TEMPLATE))
    return Copies(cluster, lock)


@pytest.fixture(scope="session")
async def urls(copies: Copies, worker_id: str) -> Urls:
    """This worker's own database."""
    return await copies.make(f"dealgraph_{worker_id}")


@pytest.fixture
async def fresh_urls(copies: Copies) -> AsyncIterator[Urls]:
    """A database for one test that nobody else writes to."""
    name = f"dealgraph_{uuid4().hex}"
    yield await copies.make(name)
    await copies.drop(name)


@pytest.fixture(scope="session")
async def database(urls: Urls) -> AsyncIterator[Database]:
    """Connections as the application, a session remembering its tenant."""
    opened = await Database.open(urls.app, Options(statement_timeout=20))
    yield opened
    await opened.close()


@pytest.fixture
async def tenant(database: Database) -> TenantId:
    """A tenant that nobody else has."""
    return await a_tenant(database)


@pytest.fixture
async def other_tenant(database: Database) -> TenantId:
    """Another one."""
    return await a_tenant(database)


async def a_tenant(database: Database) -> TenantId:
    """A new, empty tenant."""
    settings = tenants.Settings(key=f"t{os.getpid()}-{next(KEYS)}")
    return (await tenants.create(database, settings)).id


@pytest.fixture
async def empty_urls(copies: Copies) -> AsyncIterator[Urls]:
    """A database with nothing in it."""
    name = f"dealgraph_{uuid4().hex}"
    yield await copies.make(name, "template0")
    await copies.drop(name)


@pytest.fixture(scope="session")
def made(request: pytest.FixtureRequest) -> Path:
    """A data directory with a migrated database whose server is stopped: to be copied.

    Making one takes 4 seconds of processor time, and a dozen modules want one of their own.
    """
    run = run_folder(request.config)
    run.mkdir(exist_ok=True)
    with locked(run / "made.lock"):
        if not (run / "made").exists():
            making = run / "making"
            making.mkdir(0o755)
            with Embedded(making, durable=False):
                asyncio.run(server.migrate(server.Settings(data_dir=making)))
            making.rename(run / "made")
    return run / "made"


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty data directory that any account can enter."""
    with a_directory() as folder:
        yield folder


@contextmanager
def a_directory(made: Path | None = None) -> Iterator[Path]:
    """A data directory, empty or as one was made, that is gone in the end with its server."""
    folder = Path(tempfile.mkdtemp(prefix="dealgraph-"))
    folder.chmod(0o755)
    if made is not None:
        copy(made, folder)
    yield folder
    postmaster.end_orphans(Embedded(folder).data)
    shutil.rmtree(folder)


def copy(made: Path, folder: Path) -> None:
    """Copy a data directory, owners included: root's server runs under another account."""
    subprocess.run(["cp", "-a", f"{made}/.", folder], check=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among the workers."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
