"""Commands that move data into a tenant and out of it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.store import DataDir, TenantKey, say, show, tenant_of, with_store, writing_to
from core.actions.importing import mapping as mappings
from core.actions.importing.files import saved
from core.actions.importing.mapping import ImportMapping
from core.actions.importing.planning import Job, planned
from core.actions.importing.rejects import RejectFiles
from core.actions.importing.report import Reject, Report
from core.actions.importing.running import Options, run
from core.errors import Problem, Refused
from core.identity import Actor, Role
from core.store.tenancy.opening import Store
from core.views.export_files import Format, Target, Written, write
from core.views.exporting import exporting

app = typer.Typer()

STDIN = (Path("-"), Path("/dev/stdin"))
SOME_REJECTED = 3
INTERRUPTED = 130
ALMOST = 0.999_999
"""The most of a file that counts as read: with all of one the clock would stop, and more may come."""
SHOWN = 20
"""Rejected rows that are shown; all of them are in the files of rejects."""


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for unreachable cycles seldom, and not among what is there already.

    An import makes many objects and hardly a cycle: looking took a third of its time.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class Watch:
    """A progress bar, and the files of rejects."""

    def __init__(self, rejects: RejectFiles, sources: Sequence[Path] = ()) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self.bar = Progress(
            *columns,
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self.bar.add_task("Looking through the rows", told="", total=1.0)
        self._rejects = rejects
        self._sources = sources
        self.jobs: Sequence[Job] = ()
        self.report = Report()

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()
        self._rejects.close()

    def begun(self) -> None:
        feeds = dict.fromkeys(feed.name for job in self.jobs for feed in job.feeds)
        self._rejects.clear(list(feeds), self._sources)

    def looked(self, feed: str, share: float) -> None:
        share = min(share, ALMOST)
        self.bar.update(self._task, description=f"Looking through {feed}", completed=share)

    def progressed(self, report: Report, feed: str, share: float) -> None:
        self.report = report
        told = f"{report.loaded:,} rows"
        if report.rejected:
            told += f", {report.rejected:,} rejected"
        kind = report.steps[-1].object
        share = min(share, ALMOST)
        self.bar.update(self._task, description=f"{kind} ← {feed}", completed=share, told=told)

    def rejected(self, reject: Reject) -> None:
        self._rejects.add(reject)


@app.command("import")
def load(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", help="CSV, JSON lines; .gz too; - for standard input."),
    ],
    tenant: TenantKey,
    mapping: Annotated[Path, typer.Option(metavar="FILE", help="Says what becomes what.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would become of each row; write nothing.")
    ] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Write nothing if any row is bad.")
    ] = False,
    rejects: Annotated[
        Path, typer.Option(metavar="DIR", help="Where bad rows go, as <file>.rejected.csv.")
    ] = Path(),
    data_dir: DataDir = None,
) -> None:
    """Load rows as records. Bad rows go to a file, with reasons; then the exit code is 3."""
    files_of_rejects = RejectFiles(rejects)
    watch = Watch(files_of_rejects, files)
    temporary = ExitStack()

    async def work(store: Store) -> Report:
        actor = Actor((await tenant_of(store, tenant)).id, Role.ADMIN)
        wanted = _mapping(mapping)
        sources = [_on_disk(file, temporary) for file in files]
        metadata = (await store.published(actor.tenant)).metadata
        options = Options(dry_run=dry_run, whole=all_or_nothing, zone=wanted.zone)
        with watch, few_collections():
            watch.jobs = planned(wanted, sources, metadata)
            return await run(actor, store, watch.jobs, options, watch)

    try:
        with temporary:
            report = with_store(data_dir, work)
    except (KeyboardInterrupt, typer.Exit) as error:
        _tell_broken_off(watch.report, kept=not (dry_run or all_or_nothing))
        raise (error if isinstance(error, typer.Exit) else typer.Exit(INTERRUPTED)) from error
    tell(report, list(files_of_rejects.paths.values()))
    if dry_run or not report.written:
        typer.echo("Nothing was written.")
    if report.rejected:
        raise typer.Exit(SOME_REJECTED)


@app.command("export")
def dump(
    folder: Annotated[Path, typer.Argument(help="Where to; made if need be.")],
    tenant: TenantKey,
    objects: Annotated[
        list[str] | None, typer.Option("--object", metavar="KEY", help="Only this; again for more.")
    ] = None,
    format: Annotated[str, typer.Option(help="jsonl or csv.")] = "jsonl",
    gzip: Annotated[bool, typer.Option("--gzip", help="Pack the files.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Write records as files, with the mapping by which `import` takes them back."""
    target = Target(folder, _format(format), gzip)
    console = Console(stderr=True)

    async def work(store: Store) -> Written:
        actor = Actor((await tenant_of(store, tenant)).id, Role.ADMIN)
        with console.status("Looking for records") as status:
            total = 0

            def told(object: str, count: int) -> None:
                nonlocal total
                total += count
                status.update(f"{object}: {total:,} records so far")

            async with exporting(actor, store, objects or ()) as export:
                with writing_to(folder):
                    return await write(export, target, told)

    written = with_store(data_dir, work)
    show(
        ("object", "records", "file"),
        [(key, f"{count:,}", str(target.path(key))) for key, count in written.counts.items()],
    )


def tell(report: Report, rejects: Sequence[Path]) -> None:
    """Say what became of the rows."""
    head = ("object", "rows", "created", "there already", "kept", "left out", "rejected")
    show(
        head,
        [
            (step.object, *(f"{count:,}" for count in (
                step.read, step.created, step.matched, step.kept, step.left_out, step.rejected
            )))
            for step in report.steps
        ],
    )  # fmt: skip
    for step in report.steps:
        for message, count in step.warnings.most_common(SHOWN):
            say([f"Warned of {count:,} × {step.object}: {message}"], err=True)
    in_order = sorted(report.rejects, key=lambda reject: (reject.feed, reject.line))
    for reject in in_order[:SHOWN]:
        for flaw in reject.flaws:
            place = ", ".join(filter(None, (reject.feed, f"line {reject.line}", flaw.column)))
            say([f"{place}: {flaw.message} [{flaw.code}]"], err=True)
    if report.rejected > SHOWN:
        typer.echo(f"… and {report.rejected - SHOWN:,} rows more.", err=True)
    if rejects:
        typer.echo(f"Rows that were not loaded: {', '.join(map(str, rejects))}", err=True)


def _tell_broken_off(report: Report, *, kept: bool) -> None:
    if kept and report.steps:
        tell(report, ())
        waiting = sum(step.waiting for step in report.steps)
        but = f", but for {waiting:,} that still waited for others" if waiting else ""
        typer.echo(
            f"Broken off. The rows counted above are loaded and stay{but}; run it again for the"
            " rest: steps with a key find what is there already.",
            err=True,
        )
    else:
        typer.echo("Nothing was written.", err=True)


def _on_disk(file: Path, temporary: ExitStack) -> Path:
    """The file; what is piped in as one that is there until the end, since it is read twice."""
    if file not in STDIN and not file.is_fifo():
        return file
    folder = Path(temporary.enter_context(TemporaryDirectory()))
    with writing_to(folder):
        if file in STDIN:
            return saved(sys.stdin.buffer, folder)
        with file.open("rb") as stream:
            return saved(stream, folder)


def _mapping(path: Path) -> ImportMapping:
    try:
        text = path.read_bytes()
    except OSError as error:
        told = f"{path} cannot be read: {error.strerror}."
        raise Refused([Problem((str(path),), "UNREADABLE_FILE", told)]) from error
    found = mappings.load(text, path.name)
    if isinstance(found, ImportMapping):
        return found
    raise Refused([Problem((one.document, one.pointer), one.rule, one.told) for one in found])


def _format(text: str) -> Format:
    known: dict[str, Format] = {"jsonl": "jsonl", "csv": "csv"}
    if text not in known:
        raise typer.BadParameter("Files are written as jsonl or csv.", param_hint="--format")
    return known[text]
