"""Settings and start-up: the one place where the parts meet."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, get_args
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from core.errors import Problem, Refused, Unavailable
from core.packs import loading as packs
from core.packs.neighbours import in_the_way
from core.store.database import fitness, links, migrating, roles
from core.store.database.connections import Database
from core.store.database.ways import PLANS, Options, TenantSetting
from core.store.embedded.keeping import kept
from core.store.embedded.server import Cluster, Embedded
from core.store.releases import resuming
from core.store.tenancy.opening import Store
from core.store.tenancy.tokens import Doorkeeper
from plugins.built_in import BUILT_IN
from schema.addresses import listener, url_of
from schema.limits import DEFAULTS, SETTABLE, Limits, limits_of
from schema.logs import RequestLog
from schema.origins import open_to, origins_of
from schema.serving import Serving, listening
from schema.workers import Workers

PREFIX = "DEALGRAPH_"
LIMIT = "limit_"
LARGEST = 2**31 - 1  # what the API can tell of a limit
DATABASE = "dealgraph"
NEARLY = 0.9
"""How much alike a setting and a variable are, of 1, where one is taken for the other."""
OF_COMMANDS = 60.0
"""Seconds that a statement of a command may take at least: it writes much at once."""

_log = logging.getLogger("dealgraph")


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
    origins: tuple[str, ...] = ()
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
    chosen: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, read in _READ.items():
        flag, variable = flags.get(name), PREFIX + name.upper()
        given = flag if flag is not None else surroundings.get(variable)
        if given is None or given == "":
            continue
        try:
            chosen[name] = read(str(given))
        except ValueError as error:
            problems.append(Problem((name,), "INVALID_SETTING", f"{variable}: {error}"))
    problems += _misspelt(surroundings)
    if problems:
        raise Refused(problems)
    limits = {name: chosen.pop(LIMIT + name) for name in SETTABLE if LIMIT + name in chosen}
    settings = Settings(**chosen)
    return replace(settings, limits=limits_of(limits, deadline=settings.statement_timeout))


def _misspelt(surroundings: Mapping[str, str]) -> Iterator[Problem]:
    """Variables that look like settings and are none; without a word they would do nothing."""
    known = [PREFIX + name.upper() for name in _READ]
    for variable in sorted(surroundings):
        if variable.startswith(PREFIX) and variable not in known:
            for meant in get_close_matches(variable, known, 1, NEARLY):
                told = f"{variable} is no setting; {meant} is one"
                yield Problem((variable,), "INVALID_SETTING", told)


def patient(settings: Settings) -> Settings:
    """The settings of a command, whose statements nobody waits for one by one."""
    seconds = settings.statement_timeout
    return replace(settings, statement_timeout=max(seconds, OF_COMMANDS) if seconds else 0)


def create_app(settings: Settings) -> ASGIApp:
    """The whole application; it opens the store when it starts and closes it when it ends."""
    from schema.answering import Answers  # commands start in half the time without the API
    from schema.routes import Paths, routes

    @asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[None]:
        async with open_store(settings) as store:
            for fault in store.offer.faults:
                _log.warning(str(fault))
            keeper = Doorkeeper(store.database)
            answers = Answers(store, keeper, settings.limits)
            ready = store.database.ping
            paths.open(routes(answers.answer, keeper.actor, ready, settings.limits))
            late = asyncio.create_task(resuming.resume(store))
            yield
            late.cancel()
            await asyncio.wait([late])

    paths = Paths(lifespan=lifespan)
    return RequestLog(open_to(paths, settings.origins))


def serve(settings: Settings, announce: Callable[[str], object]) -> None:
    """Serve until told to stop. `announce` gets the address when everything has been checked.

    Raises:
        Unavailable: the address is taken, or the database is missing or not fit.
    """
    with ExitStack() as stack:
        taken = stack.enter_context(listener(settings.host, settings.port))
        if not settings.database_url:
            stack.enter_context(_embedded(settings))
        asyncio.run(_try(settings))
        _allow_many_files()
        config = listening(partial(_application, settings), level=settings.log_level)
        run = _runner(config, taken, settings.workers)
        announce(url_of(settings.host, taken))
        run()


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database that the settings name: the user's server, checked, or the embedded one.

    Raises:
        Unavailable: it is missing or not fit; the message says what to do.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if url:
            pooled = settings.tenant_setting == "transaction"
            await fitness.check(url, through_pooler=pooled)
        else:
            cluster = await stack.enter_async_context(kept(_embedded(settings)))
            await _migrate_embedded(cluster)
            url = cluster.url(roles.APP, DATABASE)
        database = await Database.open(url, settings.options)
        stack.push_async_callback(database.close)
        yield database


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store on that database, with every pack that plugins offer.

    Raises:
        Unavailable: the database is missing or not fit.
    """
    async with open_database(settings) as database:
        store = Store(database, packs.load(BUILT_IN))
        yield store
        await store.growth.looked()


async def migrate(settings: Settings) -> list[str]:
    """Bring the database up to date; the names of the migrations that were applied.

    Raises:
        Unavailable: no owner's URL is set, or the owner may not do all that is needed.
    """
    if not settings.database_url and not settings.owner_url:
        async with kept(_embedded(settings)) as cluster:
            return await _migrate_embedded(cluster)
    if not settings.owner_url:
        raise Unavailable(
            "Migrations run as the owner of the tables: set DEALGRAPH_OWNER_URL to a login that is"
            f" a member of {roles.OWNER}, or to a superuser for the first time."
        )
    return await migrating.migrate(settings.owner_url, links.login_of(settings.database_url))


def require_address(settings: Settings) -> None:
    """See that the address can be listened on, before what takes long.

    Raises:
        Unavailable: it is taken, or none of this machine.
    """
    listener(settings.host, settings.port).close()


def _allow_many_files() -> None:
    """As many as the system lets us have: a connection is one, and the usual bound is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has another bound
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _try(settings: Settings) -> None:
    """Find out here what would make every worker fail."""
    for package, distributions in in_the_way().items():
        raise Unavailable(
            f"The package {package} of Dealgraph was written over by {', '.join(distributions)}:"
            " install Dealgraph in an environment of its own."
        )
    async with open_store(settings) as store:
        if settings.tenant_setting != "transaction":  # a pooler has fewer than it lets in
            _require_room(settings, await fitness.room(store.database))


def _require_room(settings: Settings, room: int) -> None:
    wanted = settings.workers * settings.connections * len(PLANS)
    if wanted > room:
        raise Unavailable(
            f"The settings ask for up to {wanted:,} connections to the database"
            f" (DEALGRAPH_WORKERS, {settings.workers}, times DEALGRAPH_CONNECTIONS,"
            f" {settings.connections}, times {len(PLANS)} kinds), and it lets this login have"
            f" {room:,}. Lower one of the two, or raise max_connections of PostgreSQL."
        )


def _application(settings: Settings) -> ASGIApp:
    """The application of one process."""
    app = create_app(settings)
    collect_seldom()
    return app


def collect_seldom() -> None:
    """Look for unreachable cycles seldom, and not among what stays until the end.

    Requests leave few behind: looking took 5 % of a small answer's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _runner(config: uvicorn.Config, taken: socket.socket, count: int) -> Callable[[], None]:
    """What serves until a signal ends it. Signals count from now on, not only once it serves.

    A terminal that closes ends it too, unless it runs by `nohup`.
    """
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    end, run = _several(config, taken, count) if count > 1 else _one(config, taken)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else end)
    return run


_Running: TypeAlias = tuple[Callable[[int, object], None], Callable[[], None]]
"""What a signal does, and what serves."""


def _one(config: uvicorn.Config, taken: socket.socket) -> _Running:
    server = Serving(config)

    def end(*_: object) -> None:  # uvicorn raises the signal again when all is finished
        server.should_exit = True

    return end, partial(server.run, [taken])


def _several(config: uvicorn.Config, taken: socket.socket, count: int) -> _Running:
    workers = Workers(config, taken, count)

    def run() -> None:
        if not workers.run():
            raise Unavailable("The workers do not start; the log says why.")

    return workers.end, run


def _embedded(settings: Settings) -> Embedded:
    return Embedded(settings.data_dir, postgres_bin=settings.postgres_bin)


async def _migrate_embedded(cluster: Cluster) -> list[str]:
    await roles.set_up(cluster.url("postgres", "postgres"), DATABASE)
    return await migrating.migrate(cluster.url(roles.OWNER, DATABASE))


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if len(text) > 10 or not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"{text[:20]!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if seconds != 0 and not 0.001 <= seconds <= 86_400:  # PostgreSQL counts milliseconds
        raise ValueError(f"{text!r} is not a number of seconds from 0.001 to 86400, or 0")
    return seconds


def _folder(text: str) -> Path:
    if any(letter < " " for letter in text):
        raise ValueError("it holds a line break or a control character")
    try:
        text.encode()
        return Path(text).expanduser()
    except UnicodeEncodeError:
        raise ValueError("it is not text in UTF-8") from None
    except RuntimeError:
        raise ValueError(f"{text!r} names the home of someone who is not known here") from None


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text

    return read


def _url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("it does not start with postgresql://")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("it is not a URL") from None  # the reason may hold the password
    if parts.netloc.count("@") > 1:
        raise ValueError("it has an @ too many: one in a password is written %40")
    if (
        parts.netloc and "@" not in parts.netloc and "@" in text
    ):  # else what is before would be told as the server
        raise ValueError("a /, ? or # in a password is written %2F, %3F or %23")
    return text


_READ: Mapping[str, Callable[[str], object]] = {
    "host": str,
    "port": _whole(0, 65_535),
    "workers": _whole(1, 64),
    "data_dir": _folder,
    "database_url": _url,
    "owner_url": _url,
    "postgres_bin": str,
    "tenant_setting": _one_of(*get_args(TenantSetting)),
    "connections": _whole(1, 1_000),
    "statement_timeout": _seconds,
    "log_level": _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    "origins": origins_of,
    **{LIMIT + name: _whole(0, LARGEST) for name in SETTABLE},
}
