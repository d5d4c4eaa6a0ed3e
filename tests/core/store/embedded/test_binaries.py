"""Which PostgreSQL is run, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Unavailable
from core.store.embedded import binaries


def a_postgres(folder: Path, version: str) -> Path:
    """A folder with programs that tell this version."""
    for name in ("postgres", "initdb", "pg_ctl"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_finds_one_that_is_new_enough() -> None:
    assert binaries.major(binaries.find()) >= binaries.OLDEST


@pytest.mark.parametrize(
    ("version", "major"), [("18.6", 18), ("19beta1", 19), ("18.1 (Debian 18.1-1)", 18)]
)
def test_reads_the_version(tmp_path: Path, version: str, major: int) -> None:
    assert binaries.major(a_postgres(tmp_path, version)) == major


def test_the_setting_comes_first(tmp_path: Path) -> None:
    assert binaries.find(str(a_postgres(tmp_path, "18.0"))) == tmp_path


def test_refuses_an_old_one_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"DEALGRAPH_POSTGRES_BIN .* tells 17"):
        binaries.find(str(a_postgres(tmp_path, "17.2")))


def test_refuses_a_folder_without_programs(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("")
    with pytest.raises(Unavailable, match="initdb and pg_ctl cannot be found"):
        binaries.find(str(tmp_path))


def test_a_folder_that_is_not_there_tells_no_version(tmp_path: Path) -> None:
    assert binaries.major(tmp_path) == 0
