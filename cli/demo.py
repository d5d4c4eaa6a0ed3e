"""The command that shows what Dealgraph is like: a tenant with made-up data, and a server."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

import typer

import server
from cli.data import SOME_REJECTED, Watch, few_collections, tell
from cli.store import DataDir, Host, Port, announce, refusal_of, settings_of
from core.actions.importing.feeds import GivenFeed
from core.actions.importing.mapping import identity
from core.actions.importing.planning import Job
from core.actions.importing.rejects import RejectFiles
from core.actions.importing.running import Options, run
from core.actions.metadata import published_versions
from core.actions.tenants import create_tenant
from core.errors import Conflict, DealgraphError
from core.identity import Actor, RecordId, Role
from core.store.tenancy import extracts, tenants, tokens
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings, Tenant
from plugins.demo.sizes import SIZES, Size
from plugins.demo.tables import CHINA, KEY
from plugins.demo.tenant import PACK, SEED, tables

app = typer.Typer()

TENANT = "demo"
VISITOR = "U-000"
"""Whose token is printed: the head of sales."""
VALID = timedelta(days=30)
EARLIEST = date(2000, 1, 1)
MOST_ACCOUNTS = 50_000
"""All rows are made up before the first is written: so many take three gigabytes."""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What is made up: equal ones have equal rows."""

    accounts: int
    day: date
    seed: int

    @property
    def told(self) -> str:
        return f"{self.accounts} accounts as of {self.day}, seed {self.seed}"

    @classmethod
    def of(cls, told: str) -> Self | None:
        found = _TOLD.fullmatch(told)
        return found and cls(int(found[1]), date.fromisoformat(found[2]), int(found[3]))


_TOLD = re.compile(r"(\d+) accounts as of (\d{4}-\d\d-\d\d), seed (-?\d+)")


@app.command()
def demo(
    size: Annotated[str, typer.Option(help=f"How much: {', '.join(SIZES)}.")] = "small",
    accounts: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_ACCOUNTS, help="So many accounts; the rest goes by them."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another one makes up another tenant.")] = SEED,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that it stands at.", show_default="today"),
    ] = None,
    only_load: Annotated[bool, typer.Option("--only-load", help="Don't serve it.")] = False,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
) -> None:
    """Make up a tenant `demo`, print the way in, and serve it."""
    if size not in SIZES:
        raise typer.BadParameter(f"Sizes are {', '.join(SIZES)}.", param_hint="--size")
    wanted = MadeUp(accounts or SIZES[size].accounts, _day(as_of), seed)
    settings = settings_of(host=host, port=port, data_dir=data_dir)
    try:
        if not only_load:
            server.require_address(settings)
        token = asyncio.run(_ready(settings, wanted))
        if only_load:
            typer.echo(token)
            return
        server.serve(settings, lambda address: _announce(address, token))
    except DealgraphError as error:
        raise refusal_of(error) from error


def _day(given: datetime | None) -> date:
    today = datetime.now(UTC).astimezone(CHINA).date()
    day = given.date() if given else today
    if not EARLIEST <= day <= today:
        told = f"The day is one from {EARLIEST} to {today}: nothing is made up in the future."
        raise typer.BadParameter(told, param_hint="--as-of")
    return day


async def _ready(settings: server.Settings, wanted: MadeUp) -> str:
    """A token for the demo tenant, which holds everything."""
    async with server.open_store(server.patient(settings)) as store:
        tenant = await tenants.find(store.database, TENANT) or await create_tenant(
            store, Settings(TENANT, "Demo"), [PACK], note=wanted.told
        )
        if await _is_loaded(store, tenant):
            typer.echo(
                "The demo is there already, and stays as it is."
                " Another one needs a new --data-dir.",
                err=True,
            )
        else:
            await _load(store, tenant, await _begun(store, tenant, wanted))
        grant = tokens.Grant(
            Role.ADMIN, await _visitor(store, tenant), TENANT, datetime.now(UTC) + VALID
        )
        text, _ = await tokens.mint(tenant.id, store.database, grant)
        return text


async def _is_loaded(store: Store, tenant: Tenant) -> bool:
    """Whether an earlier run came to its end: only then it made a token."""
    return any(token.title == TENANT for token in await tokens.every(tenant.id, store.database))


async def _begun(store: Store, tenant: Tenant, wanted: MadeUp) -> MadeUp:
    """What the run that made the tenant has begun to make up: the rows of another do not fit.

    Raises:
        Conflict: the tenant is somebody's own.
    """
    *_, first = await published_versions(Actor(tenant.id, Role.ADMIN), store)
    begun = MadeUp.of(first.note)
    if begun is None:
        raise Conflict(
            f"There is a tenant {TENANT!r} that is no demo, and it stays as it is."
            " Name a new data directory with --data-dir."
        )
    if begun != wanted:
        typer.echo(f"Going on with the demo that was begun: {begun.told}.", err=True)
    return begun


async def _load(store: Store, tenant: Tenant, it: MadeUp) -> None:
    """Write the tables. What an earlier run has written is found by its keys."""
    with _ending_at_once():
        jobs = _made_up(it)
    actor, options = Actor(tenant.id, Role.ADMIN), Options(zone=tenant.zone)
    try:
        with Watch(RejectFiles(Path())) as watch, few_collections():
            report = await run(actor, store, jobs, options, watch)
    except asyncio.CancelledError:
        typer.echo("Broken off. What is made up stays; run it again for the rest.", err=True)
        raise
    if report.rejected:
        tell(report, ())
        raise typer.Exit(SOME_REJECTED)


def _made_up(it: MadeUp) -> list[Job]:
    jobs = []
    for table in tables(Size(it.accounts), it.day, it.seed):
        rows = list(table.rows)
        names = list(dict.fromkeys(name for row in rows for name in row))
        step = identity(table.object, names, dict.fromkeys(table.references, KEY), KEY)
        jobs.append(Job(step, (GivenFeed("made up", rows),)))
    return jobs


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Have Ctrl-C count where nothing is awaited for long; asyncio's counts at the next `await`."""
    known = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, known)


async def _visitor(store: Store, tenant: Tenant) -> RecordId | None:
    async with extracts.moment(tenant.id, store) as moment:
        async for page in moment.records("user"):
            for user in page:
                if user.values.get(KEY) == VISITOR:
                    return RecordId(user.id)
    return None


def _announce(address: str, token: str) -> None:
    typer.echo(f"Playground  {address}/graphql#token={token}")
    typer.echo(f"Token       {token}")
    announce(address)
