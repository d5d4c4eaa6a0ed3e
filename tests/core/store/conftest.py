"""What only tests of the store need."""

from __future__ import annotations

import os
import platform
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store.database import migrating
from core.store.database.connections import Database
from core.store.database.links import connected
from tests.conftest import CITUS, Urls, locked, run_folder

TRIES = 3


@pytest.fixture(scope="session")
def citus_url(request: pytest.FixtureRequest) -> str:
    """A Citus cluster for all workers, as its superuser; skipped where there is none to start."""
    beside = Path(__file__).parents[4] / "shared" / "citus"
    command = Path(os.environ.get("DEALGRAPH_TEST_CITUS", beside)) / "cluster"
    if not command.exists():
        pytest.skip("no Citus: DEALGRAPH_TEST_CITUS names no folder with a `cluster` command")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("no Citus: its build is for Linux on x86-64")
    run = run_folder(request.config)
    run.mkdir(exist_ok=True)
    with locked(run / "citus.lock"):
        said = run / CITUS
        if not said.exists():
            url = started(command, run / "cluster")
            said.write_text(f"{url}\n{command}\n{run / 'cluster'}\n")
        return said.read_text().splitlines()[0]


@pytest.fixture(scope="session")
async def citus_urls(citus_url: str, request: pytest.FixtureRequest) -> Urls:
    """The tables on Citus, few shards each."""
    with locked(run_folder(request.config) / "citus.lock"):
        async with connected(citus_url) as connection:
            await connection.execute("alter database dealgraph set citus.shard_count = 4")
        await migrating.migrate(citus_url)
        async with connected(citus_url) as connection:
            await connection.execute("alter role dealgraph_app login")
    return Urls(
        app=citus_url.replace("postgres@", "dealgraph_app@"),
        owner=citus_url.replace("postgres@", "dealgraph_owner@"),
        superuser=citus_url,
    )


@pytest.fixture(scope="session")
async def citus(citus_urls: Urls) -> AsyncIterator[Database]:
    """Connections to Citus as the application."""
    database = await Database.open(citus_urls.app)
    yield database
    await database.close()


def started(command: Path, folder: Path) -> str:
    """Start a cluster; its URL. Its ports lie below those that connections take by chance."""
    for base in random.sample(range(20_000, 30_000, 10), TRIES):
        done = subprocess.run(
            [command, "start", folder],
            env=os.environ
            | {"PYTHON": sys.executable, "PORT": str(base), "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout.split()[-1]
        subprocess.run([command, "stop", folder], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
    raise AssertionError(done.stderr)
