"""One PostgreSQL for the whole run, a database of its own for each worker, tenants for each test."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from core.identity import TenantId
from core.store import migrating, roles, tenants
from core.store.connections import Database
from core.store.embedded import Cluster, Embedded
from core.store.ways import Options

TEMPLATE = "dealgraph_template"
KEYS = itertools.count(1)


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
            Embedded(folder).stop_if_unused()
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, as each role reaches it."""

    app: str
    owner: str
    superuser: str


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The running server."""
    folder = run_folder(request.config)
    with Embedded(folder, durable=False) as running:
        yield running


@pytest.fixture(scope="session")
async def urls(cluster: Cluster, request: pytest.FixtureRequest, worker_id: str) -> Urls:
    """This worker's own database, copied from one that was migrated once."""
    name = f"dealgraph_{worker_id}"
    with locked(run_folder(request.config) / "template.lock"):
        await roles.set_up(cluster.url("postgres", "postgres"), TEMPLATE)
        await migrating.migrate(cluster.url(roles.OWNER, TEMPLATE))
        await copy_database(cluster, TEMPLATE, name)
    return urls_of(cluster, name)


@pytest.fixture(scope="session")
async def database(urls: Urls) -> AsyncIterator[Database]:
    """Connections as the application, a session remembering its tenant."""
    opened = await Database.open(urls.app, Options(statement_timeout=20))
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def database_by_transaction(urls: Urls) -> AsyncIterator[Database]:
    """Connections as the application, the tenant set anew in each transaction."""
    options = Options(tenant_setting="transaction", statement_timeout=20)
    opened = await Database.open(urls.app, options)
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


async def copy_database(cluster: Cluster, template: str, name: str) -> None:
    """A new database with the template's tables."""
    connection = await asyncpg.connect(cluster.url("postgres", "postgres"))
    try:
        await connection.execute(
            f"create database {name} template {template} owner {roles.OWNER} strategy file_copy"
        )
    finally:
        await connection.close()


def urls_of(cluster: Cluster, name: str) -> Urls:
    """A database of the cluster, as each role reaches it."""
    return Urls(
        app=cluster.url(roles.APP, name),
        owner=cluster.url(roles.OWNER, name),
        superuser=cluster.url("postgres", name),
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among the workers."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
