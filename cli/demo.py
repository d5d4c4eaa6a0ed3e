"""The command that shows what Dealgraph is like: a tenant with made-up data, and a server."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

import server
from cli.data import Watch, few_collections, tell
from cli.store import DataDir, Host, Port, announce, refusal_of, settings_of
from core.actions.importing.feeds import GivenFeed
from core.actions.importing.mapping import identity
from core.actions.importing.planning import Job
from core.actions.importing.rejects import RejectFiles
from core.actions.importing.running import Options, run
from core.actions.tenants import create_tenant
from core.errors import DealgraphError
from core.identity import Actor, RecordId, Role
from core.store import extracts, tenants, tokens
from core.store.opening import Store
from core.store.tenants import Settings, Tenant
from plugins.demo.sizes import SIZES, Size
from plugins.demo.tables import CHINA, KEY
from plugins.demo.tenant import PACK, SEED, tables

app = typer.Typer()

TENANT = "demo"
VISITOR = "U-000"
"""Whose token is printed: the head of sales."""
VALID = timedelta(days=30)


@app.command()
def demo(
    size: Annotated[str, typer.Option(help=f"How much: {', '.join(SIZES)}.")] = "small",
    accounts: Annotated[
        int | None, typer.Option(min=1, help="So many accounts instead; the rest goes by them.")
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
    wanted = SIZES[size] if accounts is None else Size(accounts)
    day = as_of.date() if as_of else datetime.now(UTC).astimezone(CHINA).date()
    settings = settings_of(host=host, port=port, data_dir=data_dir)
    try:
        token = asyncio.run(_ready(settings, wanted, day, seed))
        if only_load:
            typer.echo(token)
            return
        server.serve(settings, lambda address: _announce(address, token))
    except DealgraphError as error:
        raise refusal_of(error) from error


async def _ready(settings: server.Settings, size: Size, day: date, seed: int) -> str:
    """A token for the demo tenant, which holds everything."""
    async with server.open_store(settings) as store:
        tenant = await _tenant(store)
        if await _is_loaded(store, tenant):
            typer.echo("The demo is there already, and stays as it is.", err=True)
        else:
            await _load(store, tenant, size, (day, seed))
        grant = tokens.Grant(
            Role.ADMIN, await _visitor(store, tenant), TENANT, datetime.now(UTC) + VALID
        )
        text, _ = await tokens.mint(tenant.id, store.database, grant)
        return text


async def _tenant(store: Store) -> Tenant:
    found = await tenants.find(store.database, TENANT)
    return found or await create_tenant(store, Settings(TENANT, "Demo"), [PACK])


async def _is_loaded(store: Store, tenant: Tenant) -> bool:
    """Whether an earlier run came to its end: only then it made a token."""
    return any(token.title == TENANT for token in await tokens.every(tenant.id, store.database))


async def _load(store: Store, tenant: Tenant, size: Size, world: tuple[date, int]) -> None:
    """Write the tables. What an earlier run has written is found by its keys."""
    jobs = []
    for table in tables(size, *world):
        rows = list(table.rows)
        names = list(dict.fromkeys(name for row in rows for name in row))
        step = identity(table.object, names, dict.fromkeys(table.references, KEY), KEY)
        jobs.append(Job(step, (GivenFeed("made up", rows),)))
    with Watch(RejectFiles(Path())) as watch, few_collections():
        report = await run(
            Actor(tenant.id, Role.ADMIN), store, jobs, Options(zone=tenant.zone), watch
        )
    if report.rejected:
        tell(report, ())


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
