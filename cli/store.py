"""How a command reaches the store, and what it says when it is refused."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import server
from core.actions import telling
from core.errors import DealgraphError, NotFound
from core.store.tenancy import tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Tenant

Answer = TypeVar("Answer")
WIDE = 1_000
"""Columns of a table that goes to a file or a pipe: enough that no cell is broken."""

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded PostgreSQL keeps its data.", show_default=".dealgraph"),
]
Host = Annotated[str | None, typer.Option(help="Where to listen.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="0 for any that is free.", show_default="8000")]


def as_text(given: str) -> str:
    """What was typed, if it is text: bytes of another encoding can be neither stored nor found."""
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise typer.BadParameter("That is not text in UTF-8.") from error
    return given


TenantKey = Annotated[
    str,
    typer.Option("--tenant", metavar="KEY", help="The tenant's key.", callback=as_text),
]


def settings_of(**flags: object) -> server.Settings:
    """Settings from a command's flags and the environment."""
    try:
        return server.settings_of(flags)
    except DealgraphError as error:
        raise refusal_of(error) from error


def with_store(data_dir: Path | None, work: Callable[[Store], Awaitable[Answer]]) -> Answer:
    """What the work gives, done with the store open."""
    settings = settings_of(data_dir=data_dir)
    if not settings.database_url and _is_missing(settings.data_dir):
        typer.echo(f"Making a new database in {settings.data_dir.absolute()}.", err=True)

    async def run() -> Answer:
        async with server.open_store(server.patient(settings)) as store:
            return await work(store)

    return finish(run())


def _is_missing(folder: Path) -> bool:
    try:
        return not folder.absolute().exists()
    except OSError:  # whoever makes it tells what is wrong
        return False


def finish(work: Awaitable[Answer]) -> Answer:
    """What the work gives; a refusal ends the command with its message."""

    async def run() -> Answer:
        return await work

    try:
        return asyncio.run(run())
    except DealgraphError as error:
        raise refusal_of(error) from error


def refusal_of(error: DealgraphError) -> typer.Exit:
    """How a command ends that was refused, all of whose problems are told."""
    say(telling.of_error(error), err=True)
    return typer.Exit(1)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """End the command with a message when files can't be written there."""
    try:
        yield
    except ConnectionError:
        raise
    except OSError as error:
        told = f"{path} cannot be written to: {error.strerror or error}."
        typer.echo(told, err=True)
        raise typer.Exit(1) from error


async def tenant_of(store: Store, key: str) -> Tenant:
    """The tenant with this key.

    Raises:
        NotFound: there is none.
    """
    found = await tenants.find(store.database, key)
    if found is None:
        raise NotFound(f"There is no tenant {key!r}; `dealgraph tenant list` shows them.")
    return found


def announce(address: str) -> None:
    """Tell a person, or whoever reads the log."""
    if sys.stderr.isatty():
        typer.echo(f"Dealgraph is at {address}/graphql; Ctrl-C stops it.", err=True)
    else:
        url = {"url": f"{address}/graphql"}
        logging.getLogger("dealgraph").info("listening", extra={"said": url})


def say(told: Iterable[str], *, err: bool = False) -> None:
    """Print lines that may hold what others have written."""
    for line in told:
        for part in line.split("\n"):
            typer.echo(plain(part), err=err)


def plain(text: str) -> str:
    """The text on one line, without what would steer a terminal: others have written it."""
    return "".join(one if one.isprintable() else " " for one in text)


def show(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table."""
    table = Table(box=None, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
