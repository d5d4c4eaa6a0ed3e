"""Whose processes and files the private server's are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.store.embedded import accounts
from core.store.embedded.accounts import Account

STRANGER = 2_000_000_123


def test_a_user_that_the_system_does_not_know_is_sent_to_a_server() -> None:
    with pytest.raises(Unavailable, match=f"{STRANGER}.*DEALGRAPH_DATABASE_URL"):
        accounts.current(STRANGER)


def test_is_never_root(tmp_path: Path) -> None:
    account = accounts.for_server(tmp_path / "new")
    assert account.user != 0
    assert account.is_ours == (os.geteuid() != 0)


def test_reaches_a_folder_only_through_open_ones(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    stranger = Account("stranger", STRANGER, STRANGER)
    for folder in (inner, *inner.parents):
        assert stranger.may_reach(folder) == all(
            each.stat().st_mode & 0o001 for each in (folder, *folder.parents)
        )
    (tmp_path / "closed").chmod(0o700)
    assert not stranger.may_reach(inner)


def test_a_private_folder_admits_its_account_alone(tmp_path: Path) -> None:
    account = accounts.for_server(tmp_path / "data")
    accounts.make_private(tmp_path / "data", account)
    found = (tmp_path / "data").stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o700, account.user)
    assert accounts.for_server(tmp_path / "data") == account


def test_a_link_in_the_place_of_a_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(Unavailable, match="belongs to someone else"):
        accounts.make_private(tmp_path / "link", accounts.for_server(tmp_path / "none"))
