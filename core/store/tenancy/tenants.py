"""Who is isolated from whom: making tenants and finding them by key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asyncpg import Connection
from asyncpg.exceptions import InvalidParameterValueError
from tortoise.exceptions import IntegrityError

from core.errors import Conflict, NotFound, Problem, Refused
from core.identity import TenantId, new_id
from core.store.database import tables
from core.store.database.connections import Database
from core.store.database.engine import on
from metadata import currencies

KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LONGEST_TITLE = 200
LONGEST_SHOWN = 80
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tenant is made with. The currency is the one that amounts are compared in."""

    key: str
    title: str = ""
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as it stands."""

    id: TenantId
    key: str
    title: str
    currency: str
    time_zone: str
    language: str
    currency_frozen: bool
    created_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


COLUMNS = tuple(field.name for field in fields(Tenant))


def problems(settings: Settings) -> list[Problem]:
    """Everything that is wrong with these settings."""
    checks = (
        (
            "key",
            KEY.fullmatch(settings.key) is not None,
            "a lower case letter, then at most 62 lower case letters, digits, - or _",
        ),
        (
            "title",
            len(settings.title) <= LONGEST_TITLE,
            f"a title of at most {LONGEST_TITLE} characters",
        ),
        ("currency", settings.currency in currencies.CODES, "a currency of ISO 4217, such as CNY"),
        ("time_zone", _is_time_zone(settings.time_zone), "a time zone, such as Asia/Shanghai"),
        (
            "language",
            LANGUAGE.fullmatch(settings.language) is not None,
            "a language tag, such as en",
        ),
    )
    return [
        Problem(
            (name,),
            "INVALID_" + name.upper(),
            f"{_shown(getattr(settings, name))} is not {wanted}.",
        )
        for name, holds, wanted in checks
        if not holds
    ]


def made(settings: Settings) -> Tenant:
    """A tenant with these settings, in memory.

    Raises:
        Refused: the settings break rules.
    """
    wrong = problems(settings)
    if wrong:
        raise Refused(wrong)
    return Tenant(
        id=TenantId(new_id()),
        key=settings.key,
        title=settings.title or settings.key,
        currency=settings.currency,
        time_zone=settings.time_zone,
        language=settings.language,
        currency_frozen=False,
        created_at=datetime.now(UTC),
    )


async def insert(connection: Connection, tenant: Tenant) -> None:
    """Write a tenant's row.

    Raises:
        Refused: the database does not know the time zone.
        Conflict: the key is taken.
    """
    await _check_time_zone(connection, tenant.time_zone)
    values = {name: getattr(tenant, name) for name in COLUMNS}
    try:
        await tables.Tenant.create(using_db=on(connection), **values)
    except IntegrityError as error:
        raise Conflict(f"There is a tenant {tenant.key!r} already.") from error


async def _check_time_zone(connection: Connection, name: str) -> None:
    """PostgreSQL has time zones of its own: what Python knows may be unknown to it."""
    try:
        await connection.execute("select now() at time zone $1", name)
    except InvalidParameterValueError as error:
        message = f"{name!r} is no time zone to PostgreSQL; name one such as Asia/Shanghai."
        raise Refused([Problem(("time_zone",), "INVALID_TIME_ZONE", message)]) from error


async def create(database: Database, settings: Settings) -> Tenant:
    """A new tenant, empty.

    Raises:
        Refused: the settings break rules.
        Conflict: the key is taken.
    """
    tenant = made(settings)
    async with database.unscoped() as connection:
        await insert(connection, tenant)
    return tenant


async def freeze_currency(tenant: TenantId, connection: Connection) -> None:
    """Keep the tenant's currency as it is from now on: there are amounts."""
    await connection.execute(
        "update tenant set currency_frozen = true where id = $1 and not currency_frozen", tenant
    )


async def find(database: Database, key: str) -> Tenant | None:
    """The tenant with this key."""
    return await _one(database, key=key)


async def get(database: Database, id: TenantId) -> Tenant:
    """The tenant with this id.

    Raises:
        NotFound: there is none.
    """
    found = await _one(database, id=id)
    if found is None:
        raise NotFound("There is no such tenant.")
    return found


async def everyone(database: Database) -> list[Tenant]:
    """All tenants by key: for commands and jobs that go through them one by one."""
    async with database.unscoped() as connection:
        rows = await tables.Tenant.all().using_db(on(connection)).order_by("key").values(*COLUMNS)
    return [_of(row) for row in rows]


async def _one(database: Database, **match: Any) -> Tenant | None:
    async with database.unscoped() as connection:
        rows = await tables.Tenant.filter(**match).using_db(on(connection)).values(*COLUMNS)
    return _of(rows[0]) if rows else None


def _of(row: Mapping[str, Any]) -> Tenant:
    return Tenant(**row)


def _shown(given: str) -> str:
    return repr(given if len(given) <= LONGEST_SHOWN else f"{given[:LONGEST_SHOWN]}…")


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
