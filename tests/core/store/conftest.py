"""What only tests of the store need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import postmaster
from core.store.embedded import Embedded


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty data directory that any account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="dealgraph-"))
    folder.chmod(0o755)
    yield folder
    data = Embedded(folder).data
    postmaster.end_orphans(data)
    shutil.rmtree(folder)
