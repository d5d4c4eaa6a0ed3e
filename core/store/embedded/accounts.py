"""As whom the private PostgreSQL runs: as us, or, since it refuses root, as someone who owns little.

Folders above ours are never opened to anyone.
"""

from __future__ import annotations

import os
import pwd
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from core.errors import Unavailable

STAND_INS = ("nobody", "postgres", "daemon")


class RunAs(TypedDict, total=False):
    """Arguments of `subprocess.run`."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user whose processes and files the server's are; ours unless we are root."""

    name: str
    user: int
    group: int

    @property
    def is_ours(self) -> bool:
        return self.user == os.geteuid()

    def may_reach(self, folder: Path) -> bool:
        """Whether it may enter this folder and every one above."""
        return self.is_ours or all(
            self._may_enter(each) for each in (folder.resolve(), *folder.resolve().parents)
        )

    def _may_enter(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.user:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.group:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)

    def run_as(self) -> RunAs:
        """What makes a child process run as this account."""
        if self.is_ours:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}


def current(user: int | None = None) -> Account:
    """Who runs this process; one whom the system does not know is refused, as PostgreSQL would.

    Raises:
        Unavailable: there is no such user.
    """
    user = os.geteuid() if user is None else user
    try:
        return _account(pwd.getpwuid(user))
    except KeyError as error:
        raise Unavailable(
            f"The user {user} has no entry in the password file, so PostgreSQL cannot run as it."
            " Set DEALGRAPH_DATABASE_URL to a server, or run as a user that exists."
        ) from error


def for_server(data: Path) -> Account:
    """The owner of the data folder; before it is there we, or a stand-in for root.

    The owner of the folder around it stands in first, and can go on without root.

    Raises:
        Unavailable: nobody can stand in.
    """
    ours = current()
    if data.exists() and (owner := data.stat().st_uid) not in (0, ours.user):
        return current(owner)
    if ours.user != 0:
        return ours
    with suppress(KeyError):
        around = pwd.getpwuid(data.parent.stat().st_uid)
        if around.pw_uid != 0:
            return _account(around)
    for name in STAND_INS:
        with suppress(KeyError):
            return _account(pwd.getpwnam(name))
    raise Unavailable(
        "PostgreSQL does not run as root, and there is no user nobody, postgres or daemon to run it"
        " as. Start as another user, or set DEALGRAPH_DATABASE_URL to a server."
    )


def make_private(folder: Path, account: Account) -> None:
    """A folder that only the account can enter; one that someone else owns is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.user, os.geteuid()):
        raise Unavailable(
            f"{folder} belongs to someone else; remove it, or set DEALGRAPH_DATA_DIR."
        )
    give(folder, account)
    folder.chmod(0o700)


def give(path: Path, account: Account) -> None:
    """Make the account the owner of one of our files."""
    if not account.is_ours:
        os.chown(path, account.user, account.group, follow_symlinks=False)


def leave(path: Path) -> None:
    """Make a file of root's that lies in someone's folder theirs."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        with suppress(OSError):  # who is unknown in this container gets nothing
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
