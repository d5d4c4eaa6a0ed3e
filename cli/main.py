"""The commands, and those that belong to no group."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from typer.core import TyperGroup
from typer.main import get_group

import server
from cli.store import (
    DataDir,
    Host,
    Port,
    TenantKey,
    announce,
    as_text,
    finish,
    refusal_of,
    settings_of,
    show,
    tenant_of,
    with_store,
    writing_to,
)
from core.actions import tokens
from core.actions.tenants import create_tenant
from core.errors import DealgraphError
from core.identity import Actor, RecordId, Role
from core.store.tenancy import tenants
from core.store.tenancy import tokens as stored_tokens
from core.store.tenancy.opening import Store
from metadata.model import Metadata

ELSEWHERE: Final = {
    "metadata": "cli.metadata",
    "import": "cli.data",
    "export": "cli.data",
    "demo": "cli.demo",
}
"""The modules of commands whose imports take a third of the time in which the others start."""


class Commands(TyperGroup):
    """All commands; those of other modules are imported once they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(dict.fromkeys((*super().list_commands(ctx), *ELSEWHERE)))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            named = ELSEWHERE.get(cmd_name)  # what nothing is named is compared with every name
            for module in (named,) if named else dict.fromkeys(ELSEWHERE.values()):
                self.commands.update(get_group(import_module(module).app).commands)
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
tenant_app = typer.Typer(no_args_is_help=True, help="Who is isolated from whom.")
token_app = typer.Typer(no_args_is_help=True, help="The ways in.")
app.add_typer(tenant_app, name="tenant")
app.add_typer(token_app, name="token")

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def main() -> None:
    """Run the command that was typed.

    What ends it, a terminal that closes included, counts as Ctrl-C: only what is left in good
    order stops the embedded PostgreSQL. Then it ends by that signal all the same.
    """
    ended_by: list[int] = []

    def end(number: int, _: object) -> None:
        ended_by.append(number)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # scripts ignore it for what runs by &
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_DFL:  # `nohup` has it ignored
            signal.signal(each, end)
    _escape_what_the_output_lacks()
    try:
        app()
    except KeyboardInterrupt:  # before the command itself has begun
        sys.exit(130)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(f"{error.filename or 'The output'} cannot be written to: {error.strerror}.")
    finally:
        for number in ended_by:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def _escape_what_the_output_lacks() -> None:
    """Its encoding may not have all that others have written."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dealgraph {version('dealgraph')}")
        raise typer.Exit


@app.callback()
def dealgraph(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell it and exit."),
    ] = False,
) -> None:
    """Dealgraph: opportunity management for teams that sell to companies."""


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that share the work.", show_default="1")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Answer GraphQL over HTTP until stopped."""
    settings = settings_of(host=host, port=port, workers=workers, data_dir=data_dir)

    try:
        server.serve(settings, announce)
    except DealgraphError as error:
        raise refusal_of(error) from error


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the tables of the database up to date."""
    settings = settings_of(data_dir=data_dir)
    applied = finish(server.migrate(settings))
    typer.echo(f"Applied {', '.join(applied)}." if applied else "Nothing to do: all is up to date.")


@app.command("schema")
def print_schema(
    tenant: TenantKey,
    client: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write what a client's build wants into this folder."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a tenant's schema in GraphQL's own language."""
    from schema import sdl

    async def find(store: Store) -> Metadata:
        return (await store.published((await tenant_of(store, tenant)).id)).metadata

    published = with_store(data_dir, find)
    if client is None:
        typer.echo(sdl.sdl(published))
        return
    with writing_to(client):
        client.mkdir(parents=True, exist_ok=True)
        for name, text in sdl.client_files(published).items():
            (client / name).write_text(text, encoding="utf-8")
            typer.echo(f"{client / name} is written.", err=True)


@tenant_app.command("create")
def make_tenant(
    key: Annotated[str, typer.Argument(help="A short name: lower case letters, digits, - and _.")],
    pack: Annotated[
        list[str] | None, typer.Option(help="What it declares; again for more.")
    ] = None,
    title: Annotated[
        str, typer.Option(help="What people call it.", show_default="the key", callback=as_text)
    ] = "",
    currency: Annotated[str, typer.Option(help="What amounts are compared in.")] = "CNY",
    time_zone: Annotated[str, typer.Option(help="Where its days begin.")] = "Asia/Shanghai",
    language: Annotated[str, typer.Option(help="Of its labels.")] = "en",
    data_dir: DataDir = None,
) -> None:
    """Make a tenant."""
    wanted = tenants.Settings(key, title, currency, time_zone, language)
    made = with_store(data_dir, lambda store: create_tenant(store, wanted, pack or ()))
    typer.echo(f"Tenant {made.key} is there, with id {made.id}.")


@tenant_app.command("list")
def list_tenants(data_dir: DataDir = None) -> None:
    """Show all tenants."""
    found = with_store(data_dir, lambda store: tenants.everyone(store.database))
    show(
        ("key", "title", "currency", "time zone", "language", "id"),
        [
            (each.key, each.title, each.currency, each.time_zone, each.language, str(each.id))
            for each in found
        ],
    )


@token_app.command("create")
def create_token(
    tenant: TenantKey,
    role: Annotated[Role, typer.Option(help="What it allows.")],
    user: Annotated[str, typer.Option(help="The id of the user that it speaks for.")] = "",
    expires: Annotated[str, typer.Option(help="After 12h, 30d, 8w, …", show_default="never")] = "",
    title: Annotated[str, typer.Option(help="What it is for.", callback=as_text)] = "",
    data_dir: DataDir = None,
) -> None:
    """Make a token and print it, alone: it is told this once."""
    grant = tokens.Grant(role, _user(user), title, _moment(expires))

    async def mint(store: Store) -> str:
        admin = Actor((await tenant_of(store, tenant)).id, Role.ADMIN)
        text, _ = await tokens.create(admin, store, grant)
        return text

    typer.echo(with_store(data_dir, mint))


@token_app.command("list")
def list_tokens(tenant: TenantKey, data_dir: DataDir = None) -> None:
    """Show a tenant's tokens; their texts are stored nowhere."""

    async def find(store: Store) -> list[tokens.Token]:
        return await stored_tokens.every((await tenant_of(store, tenant)).id, store.database)

    show(
        ("id", "role", "title", "user", "created", "expires", "revoked"),
        [
            (
                str(each.id),
                each.role.value,
                each.title,
                str(each.user or ""),
                *map(_told, (each.created_at, each.expires_at, each.revoked_at)),
            )
            for each in with_store(data_dir, find)
        ],
    )


@token_app.command("revoke")
def revoke_token(
    tenant: TenantKey,
    id: Annotated[UUID, typer.Argument(help="The token's id, as `token list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """End a token; running servers forget it within seconds."""

    async def end(store: Store) -> None:
        keeper = tokens.Doorkeeper(store.database)
        await keeper.revoke((await tenant_of(store, tenant)).id, id)

    with_store(data_dir, end)
    typer.echo(f"Token {id} is revoked.")


def _user(text: str) -> RecordId | None:
    try:
        return RecordId(UUID(text)) if text else None
    except ValueError as error:
        raise typer.BadParameter("A user is named by its id.", param_hint="--user") from error


def _moment(text: str) -> datetime | None:
    """The moment that a span such as 30d ends, counted from now."""
    if not text:
        return None
    span = re.fullmatch(r"([1-9]\d{0,4})([mhdw])", text)
    if span is None:
        raise typer.BadParameter("A span is 90m, 12h, 30d or 8w.", param_hint="--expires")
    return datetime.now(UTC) + timedelta(**{UNITS[span.group(2)]: int(span.group(1))})


def _told(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""
