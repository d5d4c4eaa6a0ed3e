"""Settings and start-up: the one place where the parts meet."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from core.errors import Problem, Refused, Unavailable
from core.packs import loading as packs
from core.store import epoch, fitness, migrating, roles
from core.store.connections import Database
from core.store.embedded import Cluster, Embedded
from core.store.opening import Store
from core.store.ways import Options, TenantSetting
from plugins.built_in import BUILT_IN
from schema.limits import DEFAULTS, SETTABLE, Limits, limits_of

PREFIX = "DEALGRAPH_"
DATABASE = "dealgraph"


@dataclass(frozen=True, slots=True)
class Settings:
    """What whoever runs Dealgraph may choose; each is also `DEALGRAPH_<NAME>`."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    data_dir: Path = Path(".dealgraph")
    database_url: str = ""
    owner_url: str = ""
    postgres_bin: str = ""
    tenant_setting: TenantSetting = "auto"
    connections: int = 10
    statement_timeout: float = 5.0
    log_level: str = "INFO"
    limits: Limits = DEFAULTS

    @property
    def options(self) -> Options:
        return Options(self.tenant_setting, self.connections, self.statement_timeout)


def settings_of(
    flags: Mapping[str, object | None], surroundings: Mapping[str, str] = os.environ
) -> Settings:
    """Settings from flags that were given, then the environment, then their defaults.

    A limit is set by `DEALGRAPH_LIMIT_<NAME>`; that of the deadline is the statement timeout.

    Raises:
        Refused: some cannot be read; every one of them is named.
    """
    chosen: dict[str, object] = {}
    problems: list[Problem] = []
    for field in fields(Settings):
        if field.name == "limits":
            continue
        flag, variable = flags.get(field.name), PREFIX + field.name.upper()
        given = flag if flag is not None else surroundings.get(variable)
        if given is None or given == "":
            continue
        try:
            chosen[field.name] = _READ.get(field.name, str)(str(given))
        except ValueError as error:
            problems.append(Problem((field.name,), "INVALID_SETTING", f"{variable}: {error}"))
    if problems:
        raise Refused(problems)
    settings = Settings(**chosen)  # type: ignore[arg-type]
    given = {name: surroundings.get(f"{PREFIX}LIMIT_{name.upper()}") for name in SETTABLE}
    return replace(settings, limits=limits_of(given, deadline=settings.statement_timeout))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database that the settings name: the user's server, checked, or the embedded one.

    Raises:
        Unavailable: it is missing or not fit; the message says what to do.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if url:
            await fitness.check(url)
        else:
            url = await _embedded(settings, stack)
        database = await Database.open(url, settings.options)
        stack.push_async_callback(database.close)
        await epoch.settle(database)
        yield database


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store on that database, with every pack that plugins offer.

    Raises:
        Unavailable: the database is missing or not fit.
    """
    async with open_database(settings) as database:
        yield Store(database, packs.load(BUILT_IN))


async def migrate(settings: Settings) -> list[str]:
    """Bring the database up to date; the names of the migrations that were applied.

    Raises:
        Unavailable: no owner's URL is set, or the owner may not do all that is needed.
    """
    if not settings.database_url and not settings.owner_url:
        async with AsyncExitStack() as stack:
            return await _migrate_embedded(await _start(settings, stack))
    if not settings.owner_url:
        raise Unavailable(
            "Migrations run as the owner of the tables: set DEALGRAPH_OWNER_URL to a login that is"
            f" a member of {roles.OWNER}, or to a superuser for the first time."
        )
    login = urlsplit(settings.database_url).username if settings.database_url else None
    return await migrating.migrate(settings.owner_url, login)


async def _embedded(settings: Settings, stack: AsyncExitStack) -> str:
    """Start the embedded server until the stack ends, migrate it, and give the app's URL."""
    cluster = await _start(settings, stack)
    await _migrate_embedded(cluster)
    return cluster.url(roles.APP, DATABASE)


async def _start(settings: Settings, stack: AsyncExitStack) -> Cluster:
    embedded = Embedded(settings.data_dir, postgres_bin=settings.postgres_bin)
    cluster = await asyncio.to_thread(embedded.start)
    stack.push_async_callback(asyncio.to_thread, embedded.release)
    return cluster


async def _migrate_embedded(cluster: Cluster) -> list[str]:
    await roles.set_up(cluster.url("postgres", "postgres"), DATABASE)
    return await migrating.migrate(cluster.url(roles.OWNER, DATABASE))


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 86_400:
        raise ValueError(f"{text!r} is not a number of seconds from 0 to 86400")
    return seconds


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text

    return read


def _url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("it does not start with postgresql://")
    return text


_READ: Mapping[str, Callable[[str], object]] = {
    "port": _whole(0, 65_535),
    "workers": _whole(1, 64),
    "data_dir": Path,
    "database_url": _url,
    "owner_url": _url,
    "tenant_setting": _one_of(*get_args(TenantSetting)),
    "connections": _whole(1, 1_000),
    "statement_timeout": _seconds,
    "log_level": _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
}
