"""One data directory in use, beside which the commands of a run are typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.embedded.server import Cluster, Embedded
from tests.conftest import a_directory


@pytest.fixture(scope="session")
def running(made: Path) -> Iterator[tuple[Path, Cluster]]:
    """A data directory that a process is serving from."""
    with a_directory(made) as folder, Embedded(folder, durable=False) as cluster:
        yield folder, cluster
