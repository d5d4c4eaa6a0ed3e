"""`dealgraph metadata`: working on what a tenant declares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cli.store import (
    DataDir,
    TenantKey,
    as_text,
    say,
    show,
    tenant_of,
    with_store,
    writing_to,
)
from core.actions import declared_files, metadata, publishing, telling
from core.actions.publishing import Comparison, Publication, Terms
from core.errors import Problem as Fault
from core.errors import Refused
from core.identity import Actor, Role
from core.store.tenancy.opening import Store
from metadata.changes import Consent
from metadata.documents import Document
from metadata.problems import Problem

app = typer.Typer()
metadata_app = typer.Typer(no_args_is_help=True, help="What a tenant declares.")
app.add_typer(metadata_app, name="metadata")

Answer = TypeVar("Answer")
Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE|DIR]...",
        help="Documents to put into the draft first; of a folder, all its *.json.",
    ),
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Take out of the draft what is not among the files.")
]
Allowed = Annotated[
    list[Consent] | None,
    typer.Option("--allow", help="What may happen to stored records all the same."),
]
Note = Annotated[str, typer.Option(help="Kept with the version.", callback=as_text)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")]


@metadata_app.command("check")
def check_draft(
    tenant: TenantKey,
    files: Files = None,
    prune: Prune = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Tell everything that is wrong with the draft."""
    given = declared_files.read(files or ())

    async def work(admin: Actor, store: Store) -> tuple[Problem, ...]:
        await _save(admin, store, given, prune=prune)
        return await _problems(admin, store)

    found = _as_admin(tenant, data_dir, work)
    if as_json:
        _json(telling.plain_faults(found))
    else:
        say(map(str, found) if found else ["Nothing is wrong."])
    raise typer.Exit(1 if found else 0)


@metadata_app.command("diff")
def compare_draft(
    tenant: TenantKey,
    files: Files = None,
    prune: Prune = False,
    to: Annotated[
        int | None, typer.Option(help="What a rollback to this version would change, instead.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Tell what publishing the draft would change, for clients and for stored records."""
    if to is not None and (files or prune):
        raise typer.BadParameter("A rollback reads no files.", param_hint="--to")
    given = declared_files.read(files or ())

    async def work(admin: Actor, store: Store) -> Comparison:
        if to is not None:
            return await publishing.diff_back(admin, store, to)
        await _save(admin, store, given, prune=prune)
        return await publishing.diff(admin, store)

    found = _as_admin(tenant, data_dir, work)
    if as_json:
        _json(telling.plain_comparison(found))
    else:
        say(telling.of_comparison(found) if found.changes else ["Nothing would change."])
        say((f"Refused: {it.message}" for it in found.refusals), err=True)
    raise typer.Exit(1 if found.refusals else 0)


@metadata_app.command("publish")
def publish_draft(
    tenant: TenantKey,
    files: Files = None,
    prune: Prune = False,
    allow: Allowed = None,
    note: Note = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make the draft the tenant's newest version."""
    given = declared_files.read(files or ())
    terms = Terms(frozenset(allow or ()), note)

    async def work(admin: Actor, store: Store) -> Publication:
        version = await _save(admin, store, given, prune=prune)
        try:
            if problems := await _problems(admin, store):
                raise Refused([Fault((), it.rule, str(it)) for it in problems])
            return await publishing.publish(admin, store, terms, if_version=version)
        except Refused as refused:
            if version is None:
                raise
            kept = (
                "The draft keeps these documents: mend them, or make it what is published again by"
                " `dealgraph metadata discard`."
            )
            raise Refused([*refused.problems, Fault((), "DRAFT_KEPT", kept)]) from refused

    _published(_as_admin(tenant, data_dir, work), as_json=as_json)


@metadata_app.command("rollback")
def roll_back(
    tenant: TenantKey,
    to: Annotated[int, typer.Option(help="The version to publish again.")],
    allow: Allowed = None,
    note: Note = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Publish an older version again, as a new one."""
    terms = Terms(frozenset(allow or ()), note)

    async def work(admin: Actor, store: Store) -> Publication:
        return await publishing.rollback(admin, store, to, terms)

    _published(_as_admin(tenant, data_dir, work), as_json=as_json)


@metadata_app.command("discard")
def discard_draft(tenant: TenantKey, data_dir: DataDir = None) -> None:
    """Make the draft what is published again."""
    _as_admin(tenant, data_dir, metadata.discard_draft)
    typer.echo("The draft is what is published.")


@metadata_app.command("versions")
def list_versions(tenant: TenantKey, data_dir: DataDir = None) -> None:
    """Show what was published, and when."""
    show(
        ("version", "kind", "of", "created", "note"),
        [
            (
                str(it.version),
                it.kind,
                str(it.of_version or ""),
                f"{it.created_at:%Y-%m-%d %H:%M}",
                it.note,
            )
            for it in _as_admin(tenant, data_dir, metadata.published_versions)
        ],
    )


@metadata_app.command("export")
def export_documents(
    tenant: TenantKey,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to; printed as JSON without one.")
    ] = None,
    version: Annotated[int | None, typer.Option(show_default="the newest")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write down the tenant's own declarations."""

    async def work(admin: Actor, store: Store) -> Mapping[str, Document]:
        return await metadata.export(admin, store, version)

    found = _as_admin(tenant, data_dir, work)
    if folder is None:
        _json(found)
        return
    if not found:
        typer.echo("The tenant declares nothing of its own.", err=True)
    with writing_to(folder):
        say((f"{it} is written." for it in declared_files.write(folder, found)), err=True)


async def _problems(admin: Actor, store: Store) -> tuple[Problem, ...]:
    """What is wrong with the draft, and with the GraphQL schema that it would give."""
    from schema import sdl  # the other commands start sooner without the API

    found = await metadata.draft_metadata(admin, store)
    if isinstance(found, tuple):
        return found
    return tuple(Problem("draft", "", "GRAPHQL_SCHEMA", it) for it in sdl.problems(found))


def _published(publication: Publication, *, as_json: bool) -> None:
    told = telling.plain_comparison(publication.comparison)
    if as_json:
        _json({**told, "version": publication.version})
        return
    say(telling.of_comparison(publication.comparison), err=True)
    typer.echo(f"Version {publication.version} is published.")


async def _save(
    admin: Actor, store: Store, given: declared_files.Declared, *, prune: bool
) -> int | None:
    """The version of the draft with what is given in it; None: nothing is."""
    if not (given.documents or given.problems):
        return None
    return await declared_files.save(admin, store, given, prune=prune)


def _as_admin(
    tenant: str, data_dir: Path | None, work: Callable[[Actor, Store], Awaitable[Answer]]
) -> Answer:
    """Whoever reaches the database administers each of its tenants."""

    async def run(store: Store) -> Answer:
        return await work(Actor((await tenant_of(store, tenant)).id, Role.ADMIN), store)

    return with_store(data_dir, run)


def _json(value: object) -> None:
    typer.echo(declared_files.pretty(value), nl=False)
