"""An import from beginning to end: step by step, batch by batch, until no row waits any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, closing
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from core.actions import batches as rights
from core.actions.importing import batches
from core.actions.importing.afterwards import Afterwards
from core.actions.importing.batches import Outcome, Round
from core.actions.importing.json_rows import Keys
from core.actions.importing.lanes import Lanes
from core.actions.importing.lookups import Lookups
from core.actions.importing.mapping import Step
from core.actions.importing.matching import Writer
from core.actions.importing.planning import Job
from core.actions.importing.preparing import Prepared, Preparer, folded, preparer
from core.actions.importing.producing import Batch, Given, Source, ahead, rows_of
from core.actions.importing.repeats import Repeats, repeats
from core.actions.importing.report import Reject, Report, Tally, Watcher
from core.actions.importing.rows import Flaw, Head
from core.actions.importing.spool import MOST_TOGETHER, Spool
from core.identity import IMPORT, Actor
from core.store.records.numbering import Numbers
from core.store.tenancy import sampling
from core.store.tenancy.opening import Store
from core.store.writing.transactions import Author, Manner, Transaction, Work, writing

SIDE_BY_SIDE = 3
"""Batches on their way at once: one is made ready here while the database writes others.

Measured with `python -m bench` on two cores: 3 of them load 6 % more rows in a second than 2, and
4 no more than 3.
"""
REST = "The rest of the row is written."
CIRCLE = (
    f" More than {MOST_TOGETHER:,} rows name each other in a circle: load the file without this"
    " column first, and then with it."
)
MOST_ROUNDS = 100
"""How often rows that wait for others are tried again."""

Commit = Callable[[Work[Outcome], Numbers], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Options:
    """How an import is made."""

    dry_run: bool = False  # find out, and write nothing
    whole: bool = False  # write everything or nothing
    zone: ZoneInfo | None = None  # of dates and times without an offset; the tenant's unless given

    @property
    def at_once(self) -> bool:
        """Whether it is one transaction."""
        return self.dry_run or self.whole


async def run(
    actor: Actor, store: Store, jobs: Sequence[Job], options: Options, watcher: Watcher
) -> Report:
    """Load the rows of all jobs; every row that can't be loaded is told to the watcher.

    Each batch is committed by itself, unless the options ask for all or nothing: then everything
    is one transaction, and nobody can publish metadata until it ends.

    Raises:
        Forbidden: the actor may not write.
        Refused: a file changed meanwhile. What was committed stays.
    """
    rights.check(actor, 0)
    author = Author.of(actor, IMPORT)
    importing = _Importing(actor, store, options, watcher)
    if options.at_once:
        report = await _at_once(importing, jobs, author, keep=not options.dry_run)
    else:
        report = await _by_batches(importing, jobs, author)
    if report.written and sum(step.created for step in report.steps) >= sampling.MANY:
        await sampling.refresh(actor.tenant, store.database)
    return report


async def _by_batches(importing: _Importing, jobs: Sequence[Job], author: Author) -> Report:
    """All jobs, each batch in a transaction of its own."""

    async def commit(work: Work[Outcome], numbers: Numbers) -> Outcome:
        async def passing(tx: Transaction) -> Outcome:
            outcome = await work(tx)
            await numbers.pass_over()
            return outcome

        tenant, store = importing.actor.tenant, importing.store
        return await writing(tenant, store, passing, author, Manner(numbers.prepare, in_bulk=True))

    return await importing.everything(jobs, commit)


class _Undone(Exception):
    """The transaction is not to be committed."""


async def _at_once(
    importing: _Importing, jobs: Sequence[Job], author: Author, *, keep: bool
) -> Report:
    """All jobs in one transaction, which stays only if it is to be kept and nothing is wrong."""

    async def work(tx: Transaction) -> Report:
        async def commit(work: Work[Outcome], numbers: Numbers) -> Outcome:
            await numbers.prepare(tx.published)
            outcome = await work(tx)
            if keep:
                await numbers.pass_over()
            return outcome

        report = await importing.everything(jobs, commit)
        if not keep or report.rejected:
            raise _Undone
        return report

    try:
        return await writing(
            importing.actor.tenant, importing.store, work, author, Manner(in_bulk=True)
        )
    except _Undone:
        await importing.put_numbers_back()
        importing.report.written = False
        return importing.report


class _Importing:
    """One import under way."""

    def __init__(self, actor: Actor, store: Store, options: Options, watcher: Watcher) -> None:
        self.actor = actor
        self.store = store
        self.report = Report()
        self.width = 1 if options.at_once else SIDE_BY_SIDE
        self._at_once = options.at_once
        self._zone = options.zone
        self._watcher = watcher
        self._jobs: Sequence[Job] = ()
        self._numbers: list[Numbers] = []  # of what may be undone as a whole

    async def everything(self, jobs: Sequence[Job], commit: Commit) -> Report:
        """Run all jobs, from the beginning."""
        self.report, self._jobs = Report(), jobs
        self._watcher.begun()
        lookups = Lookups(self.store)
        published = await self.store.published(self.actor.tenant)
        zone = self._zone or published.zone
        with ExitStack() as open_ones:
            done: list[_Job] = []
            for index, job in enumerate(jobs):
                doubts = Counter(feed.doubt for feed in job.feeds if feed.doubt)
                self.report.steps.append(Tally(job.step.object, warnings=doubts))
                making = preparer(job.step, published.metadata, zone)
                later = {other.step.object for other in jobs[index + 1 :] if other.feeds}
                afterwards = open_ones.enter_context(closing(Afterwards(making, later)))
                writer = Writer(self.actor, self.store, making, lookups, afterwards)
                done.append(_Job(self, job, writer, commit))
                looked = self._watcher.looked
                await done[-1].run(repeats(job, published.metadata, zone, looked))
            for before in done:
                for step, rows in before.left_to_fill_in():
                    making = preparer(step, published.metadata, zone)
                    await before.fill_in(making, rows)
        return self.report

    def asked_for(self, job: Job) -> set[str]:
        """The columns that this step or another one reads of the same files."""
        names = {feed.name for feed in job.feeds}
        sharing = (other for other in self._jobs if names & {feed.name for feed in other.feeds})
        return {column for other in sharing for column in other.step.columns}

    def reject(self, reject: Reject) -> None:
        """Count a row that is not loaded, and tell of it."""
        self.report.reject(reject)
        self._watcher.rejected(reject)

    def numbers(self, object: str, count: int) -> Numbers:
        """What gives new records their numbers."""
        numbers = Numbers(self.actor.tenant, self.store, object, count)
        if self._at_once:
            self._numbers.append(numbers)
        return numbers

    async def put_numbers_back(self) -> None:
        """Once all is undone: the records that come later get them."""
        for counter in sorted(set().union(*(numbers.take_back() for numbers in self._numbers))):
            await self.store.numbers.put_back(self.actor.tenant, counter)

    def progressed(self, feed: str, share: float) -> None:
        """Tell that a batch is done."""
        self._watcher.progressed(self.report, feed, share)


class _Job:
    """One step of an import under way."""

    def __init__(self, importing: _Importing, job: Job, writer: Writer, commit: Commit) -> None:
        self._importing = importing
        self._job = job
        self._writer = writer
        self._commit = commit
        self._heads: dict[int, Head | None] = {}
        self._spools = ExitStack()
        self._several = Repeats()  # rows that others are to join

    async def run(self, several: Repeats) -> None:
        """Load all rows; those that name later ones are tried again while that helps.

        Of several rows for one record the others are waited for: they are written together.
        """
        with self._spools:
            await self._rounds(several)

    def left_to_fill_in(self) -> Iterator[tuple[Step, Source]]:
        """The fields that had to wait for later steps, each with the step that fills it in."""
        afterwards = self._writer.afterwards
        for key in afterwards.fields:
            self._importing.report.steps.append(Tally(f"{self._job.step.object}.{key}"))
            yield afterwards.step(key), afterwards.rows(key)

    async def fill_in(self, making: Preparer, rows: Source) -> None:
        """Give the records what they had to wait for."""
        self._job = replace(self._job, step=making.step)
        afterwards = Afterwards(making, ())
        self._writer = replace(
            self._writer, preparer=making, afterwards=afterwards, filling_in=True
        )
        with self._spools:
            await self._pass(rows, last=True)

    async def _rounds(self, several: Repeats) -> None:
        self._several = several
        waiting = await self._pass(self._looked_at(rows_of(self._job)), last=False)
        self._several = Repeats()
        for _ in range(MOST_ROUNDS):
            tried, waiting = waiting, await self._pass(self._waited(waiting), last=False)
            tried.close()
            if waiting.count in (0, tried.count):
                self._writer.lookups.circle = CIRCLE if tried.circles_too_large else ""
                break
        lost = await self._last_passes(waiting)
        for feed, row, _ in lost.all():
            prepared = self._writer.preparer.prepare(row, feed)
            self._reject(prepared, self._unloaded(prepared))
        self._writer.lookups.circle = ""

    async def _last_passes(self, lost: Spool) -> Spool:
        """What is not loaded in the end: a row that was lost with a bad one for another record may
        find a good one for it, which came after.
        """
        while True:
            tried, lost = lost, await self._pass(self._waited(lost), last=True)
            tried.close()
            if lost.count in (0, tried.count):
                return lost

    def _looked_at(self, source: Source) -> Source:
        """The same rows; once they have all come, columns that may be misspelt are warned of."""
        keys = Keys(self._job.step.columns, self._importing.asked_for(self._job))
        for given in source:
            keys.look_at(given.row)
            yield given
        self._importing.report.steps[-1].warnings.update(keys.misspelt())

    def _unloaded(self, prepared: Prepared) -> list[Flaw]:
        """Why a row that names others of its kind is not loaded in the end."""
        preparer, lookups = self._writer.preparer, self._writer.lookups
        told = [
            Flaw(preparer.label(key), "NOT_FOUND", lookups.why_nobody(name), name.told)
            for key, name in prepared.names.items()
            if lookups.was_left(name)
        ]
        return told or [Flaw("", "NOT_FOUND", "It names a row that was not loaded.")]

    async def _pass(self, source: Source, *, last: bool) -> Spool:
        """Write these rows; what comes back waits for others."""
        waiting = self._spools.enter_context(closing(Spool()))
        making = self._writer.preparer
        # Rows that name others of their kind find them sooner when one batch follows the other.
        width = 1 if making.names_its_own else self._importing.width
        async with aclosing(ahead(source, making)) as made, Lanes(width) as lanes:
            async for batch in made:
                self._heads.setdefault(batch.feed, batch.head)
                await lanes.start(batch.keys(making), self._load(batch, waiting, last=last))
        return waiting

    async def _load(self, batch: Batch, waiting: Spool, *, last: bool) -> None:
        rows: Sequence[Prepared] = batch.rows
        again = False
        while rows := rows if last else self._in_turn(rows, waiting):
            outcome = await self._write(rows, last=last, again=again)
            self._note(outcome)
            for prepared in outcome.waiting:
                self._wait(prepared, waiting)
            rows, again = outcome.again, True
        self._progressed(batch)

    def _in_turn(self, rows: Sequence[Prepared], waiting: Spool) -> Sequence[Prepared]:
        """Without those that come after a row for the same record that waits: they wait, too."""
        names_of, going = self._writer.preparer.names_of, []
        for prepared in rows:
            if (not prepared.flaws and self._several.has(prepared.row)) or (
                waiting.count and waiting.has(map(folded, names_of(prepared)))
            ):
                self._wait(prepared, waiting)
            else:
                going.append(prepared)
        return going

    def _wait(self, prepared: Prepared, waiting: Spool) -> None:
        self._leave(prepared)
        waiting.keep(prepared.feed, prepared.row, *self._writer.preparer.joins(prepared))

    async def _write(self, rows: Sequence[Prepared], *, last: bool, again: bool) -> Outcome:
        importing = self._importing
        numbers = importing.numbers(self._job.step.object, len(rows))
        turn = Round(numbers, last, again)

        async def work(tx: Transaction) -> Outcome:
            return await batches.write(tx, self._writer, rows, turn)

        try:
            return await self._commit(work, numbers)
        finally:
            numbers.give_back()

    def _waited(self, waiting: Spool) -> Source:
        for feed, row, together in waiting.all():
            yield Given(feed, self._heads[feed], row, None, together)

    def _note(self, outcome: Outcome) -> None:
        tally = self._importing.report.steps[-1]
        tally.created += outcome.created
        tally.matched += outcome.matched
        tally.kept += outcome.kept
        tally.warnings.update(warning.message for warning in outcome.warnings)
        for prepared, missing in outcome.written:
            self._writer.afterwards.keep(prepared, missing)
        for prepared, flaws in outcome.rejected:
            self._reject(prepared, flaws)

    def _leave(self, prepared: Prepared) -> None:
        self._writer.lookups.leave(self._writer.preparer.names_of(prepared))

    def _reject(self, prepared: Prepared, flaws: Sequence[Flaw]) -> None:
        self._leave(prepared)
        name, row = self._job.feeds[prepared.feed].name, prepared.row
        head = self._heads[prepared.feed]
        if self._writer.filling_in:
            flaws = [replace(flaw, message=f"{flaw.message} {REST}") for flaw in flaws]
        self._importing.reject(Reject(name, row.line, tuple(flaws), head, row.whole))

    def _progressed(self, batch: Batch) -> None:
        tally = self._importing.report.steps[-1]
        if batch.share is not None:
            tally.read += batch.read
            tally.left_out += batch.left_out
            self._importing.progressed(self._job.feeds[batch.feed].name, batch.share)
