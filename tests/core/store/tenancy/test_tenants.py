"""Tenants: made once, found by key, with settings that mean something."""

from __future__ import annotations

import struct
import zoneinfo
from pathlib import Path
from uuid import uuid4

import pytest

from core.errors import Conflict, NotFound, Refused
from core.identity import TenantId
from core.store.database.connections import Database
from core.store.tenancy import tenants
from core.store.tenancy.tenants import Settings

# A zone file with one kind of local time: no offset, called UTC.
_UTC = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + bytes(6) + b"UTC\0"


def a_key() -> str:
    return f"k{uuid4().hex[:12]}"


async def test_is_found_by_key_and_by_id(database: Database) -> None:
    made = await tenants.create(database, Settings(a_key(), "Acme", "EUR", "Europe/Paris", "fr"))
    assert await tenants.find(database, made.key) == made
    assert await tenants.get(database, made.id) == made
    assert made in await tenants.everyone(database)
    assert (made.currency, made.zone.key, made.currency_frozen) == ("EUR", "Europe/Paris", False)


async def test_is_called_by_its_key_until_it_has_a_title(database: Database) -> None:
    made = await tenants.create(database, Settings(a_key()))
    assert made.title == made.key


async def test_a_key_is_given_once(database: Database) -> None:
    made = await tenants.create(database, Settings(a_key()))
    with pytest.raises(Conflict, match=made.key):
        await tenants.create(database, Settings(made.key))


async def test_nobody_is_found_where_there_is_none(database: Database) -> None:
    assert await tenants.find(database, "nobody-here") is None
    with pytest.raises(NotFound):
        await tenants.get(database, TenantId(uuid4()))


def test_tells_everything_that_is_wrong_at_once() -> None:
    wrong = tenants.problems(Settings("Not a key", "t" * 201, "cny", "Moon/Base", "english!"))
    assert all(len(problem.message) < 200 for problem in wrong)
    assert [problem.path for problem in wrong] == [
        ("key",),
        ("title",),
        ("currency",),
        ("time_zone",),
        ("language",),
    ]


@pytest.mark.parametrize("zone", ["", "..", "/etc/passwd", "Europe", "Europe/Paris/", "\0", "中"])
def test_refuses_what_is_no_time_zone(zone: str) -> None:
    assert tenants.problems(Settings("a", time_zone=zone))


@pytest.mark.parametrize("tag", ["en", "zh-Hans", "zh-Hant-TW", "pt-BR"])
def test_takes_language_tags(tag: str) -> None:
    assert not tenants.problems(Settings("a", language=tag))


async def test_makes_nothing_of_bad_settings(database: Database) -> None:
    key = a_key()
    with pytest.raises(Refused, match="XAU"):
        await tenants.create(database, Settings(key, currency="XAU"))
    assert await tenants.find(database, key) is None


async def test_makes_nothing_in_a_time_zone_that_postgresql_does_not_know(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "Moon").mkdir()
    (tmp_path / "Moon" / "Landing").write_bytes(_UTC)
    known = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path, *known])
    request.addfinalizer(lambda: zoneinfo.reset_tzpath(known))
    key = a_key()
    with pytest.raises(Refused, match="PostgreSQL"):
        await tenants.create(database, Settings(key, time_zone="Moon/Landing"))
    assert await tenants.find(database, key) is None
