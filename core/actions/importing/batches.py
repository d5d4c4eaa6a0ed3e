"""One batch of rows, written in a transaction: all that can be, and why the rest can't."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.actions.batches import plan_of, setting_of
from core.actions.importing import system
from core.actions.importing.mapping import Existing
from core.actions.importing.matching import NOBODY, Candidate, Writer, first_of_each, join, matched
from core.actions.importing.preparing import Named, Prepared
from core.actions.importing.rows import Flaw
from core.errors import Problem, Refused
from core.store.plans.object_plans import ObjectPlan
from core.store.records import claiming, references, saving, taking, unique_keys
from core.store.records.numbering import Numbers
from core.store.records.saving import Saving
from core.store.trees import tree_nodes
from core.store.writing import drafts, rows
from core.store.writing.drafts import Draft
from core.store.writing.rows import Row
from core.store.writing.savepoints import part_of
from core.store.writing.transactions import Transaction

_MAY_PASS = frozenset({"CYCLE", "TOO_DEEP"})  # once other rows have moved


@dataclass(frozen=True, slots=True)
class Round:
    """Which turn it is for the rows of a batch, and the numbers that new records get."""

    numbers: Numbers
    last: bool = False  # a name that means nothing is a flaw now, and waits no more
    again: bool = False  # a value that is taken is a flaw now, and is not tried once more


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a batch."""

    created: int = 0
    matched: int = 0
    kept: int = 0
    written: list[tuple[Prepared, Collection[str]]] = field(default_factory=list)
    """Each row with the fields that it could not fill in yet."""
    rejected: list[tuple[Prepared, Sequence[Flaw]]] = field(default_factory=list)
    waiting: list[Prepared] = field(default_factory=list)  # for rows that may come yet
    again: list[Prepared] = field(default_factory=list)  # to be tried once these have settled
    warnings: list[Problem] = field(default_factory=list)


async def write(tx: Transaction, writer: Writer, batch: Sequence[Prepared], turn: Round) -> Outcome:
    """Write what can be written of a batch."""
    writing = _Writing(writer, turn)
    outcome = writing.outcome
    sound = [prepared for prepared in batch if not prepared.flaws]
    found = await matched(tx, writer, sound)
    for one in found:
        writing.forgive(one)
    found = writing.without_company(found)
    plan = plan_of(writer.store, tx, writing.object)
    updates = writer.preparer.step.existing is Existing.UPDATE
    # The trees before records, and before parts of the transaction: these let go of them again.
    changes = {one.id: _inputs(one) for one in found if one.exists and updates}
    await tree_nodes.hold_for(tx, plan, changes, [_inputs(one) for one in found if not one.exists])
    if not turn.again and updates:
        found = await _joined(tx, writing, found)
    found, later = first_of_each(plan, writer.preparer.step.key, found)
    outcome.again += [one.prepared for one in later]
    going = writing.ready(writing.wanted(found))
    while going:
        made: list[Draft] = []
        try:
            async with part_of(tx):
                outcome.warnings += await _save(tx, writing, going, made=made)
        except Refused as refused:
            # All at once: told one a try, a chain of 200 values took three minutes.
            kept = [problem for draft in claiming.note_kept(made) for problem in draft.problems]
            going = writing.ready(writing.sound(going, [*refused.problems, *kept]))
            await turn.numbers.prepare(tx.published)
            continue
        outcome.created += sum(not one.exists for one in going)
        outcome.matched += sum(one.exists + len(one.joined) for one in going)
        outcome.written += [(one.prepared, one.later) for one in going]
        outcome.written += [(prepared, ()) for one in going for prepared in one.joined]
        break
    await _reject_flawed(tx, writing, [prepared for prepared in batch if prepared.flaws])
    outcome.rejected.sort(key=lambda told: told[0].row.line)
    places = {id(prepared): place for place, prepared in enumerate(batch)}
    for left in (outcome.again, outcome.waiting):
        left.sort(key=lambda prepared: places[id(prepared)])
    return outcome


async def _joined(
    tx: Transaction, writing: _Writing, found: Sequence[Candidate]
) -> list[Candidate]:
    """Those for one record as one, unless one of them is bad: then each has its turn."""
    times = Counter(one.claim for one in found if one.claim is not None)
    several = [one for one in found if one.claim is not None and times[one.claim] > 1]
    if not several:
        return list(found)
    problems = await _problems(tx, writing, several)
    await writing.turn.numbers.prepare(tx.published)
    apart = {
        one.claim
        for one, some in zip(several, problems, strict=True)
        if any(problem.code != "TAKEN" for problem in writing.own(one, some))
    }
    return list(join(found, apart))


async def _reject_flawed(tx: Transaction, writing: _Writing, flawed: Sequence[Prepared]) -> None:
    """Tell of the rows that can't be written what else is wrong with them: all of it at once."""
    writer = writing.writer
    legible = [prepared for prepared in flawed if prepared.row.flaw is None]
    doomed = await matched(tx, writer, legible)
    doomed += writing.nameless
    if doomed:
        await writing.turn.numbers.prepare(tx.published)
        problems = await _problems(tx, writing, doomed)
        for one, some in zip(doomed, problems, strict=True):
            writing.reject_flawed(one, some)
    unreadable = [prepared for prepared in flawed if prepared.row.flaw is not None]
    writing.outcome.rejected += [(prepared, prepared.flaws) for prepared in unreadable]


async def _problems(
    tx: Transaction, writing: _Writing, candidates: Sequence[Candidate]
) -> list[list[Problem]]:
    """What is wrong with each of them; nothing is written."""
    found: list[list[Problem]] = [[] for _ in candidates]
    known = [Problem((index,), "NOT_WRITTEN", "") for index in range(len(candidates))]
    try:
        async with part_of(tx):
            await _save(tx, writing, candidates, known)
    except Refused as refused:
        for problem in refused.problems:
            found[int(problem.path[0])].append(problem)
    return found


async def _save(
    tx: Transaction,
    writing: _Writing,
    going: Sequence[Candidate],
    known: Sequence[Problem] = (),
    made: list[Draft] | None = None,
) -> list[Problem]:
    """Write them all; what rules warn of. A problem's path begins with the index.

    With known problems nothing is written: then all others are told beside them. `made` gets the
    records as they are to be.
    """
    plan = plan_of(writing.writer.store, tx, writing.object)
    setting = setting_of(tx, writing.writer.actor)
    inputs = [_inputs(one) for one in going]
    there = [one.id for one in going if one.exists]
    held = await rows.hold(tx, there, references.named(plan, inputs))
    written = made if made is not None else []
    missing = list(known)
    for index, (one, given) in enumerate(zip(going, inputs, strict=True)):
        if not one.exists:
            draft = taking.new(plan, setting, (index,), given)
            if one.id != NOBODY:
                draft.id = one.id
            written.append(draft)
        elif (row := held.rows.get(one.id)) is None or row.deleted_at is not None:
            missing.append(Problem((index,), "DELETED", "The record was deleted meanwhile."))
        elif _is_other(plan, writing.writer.preparer.step.key, one, row):
            missing.append(Problem((index,), "TAKEN", "Its record was given another key."))
        else:
            written.append(taking.changed(plan, row, setting, (index,), given))
    _number(writing.turn.numbers, written)
    await saving.save(tx, written, Saving(setting, held, problems=missing))
    return [warning for draft in written for warning in draft.warnings]


def _is_other(plan: ObjectPlan, key: str | None, one: Candidate, row: Row) -> bool:
    """Whether the record had another key by the time that it was locked."""
    unique = next((unique for unique in plan.uniques if unique.unique.key == key), None)
    if unique is None:
        return False
    return unique_keys.claimed(unique, drafts.values_of(plan, row)) != one.claim


def _number(numbers: Numbers, written: Sequence[Draft]) -> None:
    """Give new records their numbers, without those that any of them brings."""
    for draft in written:
        numbers.note(draft)
    for draft in written:
        if draft.before is None:
            numbers.give(draft)


def _inputs(one: Candidate) -> dict[str, object]:
    """What the record is to have; one that is there keeps what comes with its creation."""
    values = one.values
    if one.beside:
        values = values | {key: other.id for key, other in one.beside.items()}
    if one.exists:
        return {key: value for key, value in values.items() if key not in system.AT_CREATION}
    return values


class _Writing:
    """A batch on its way: sorts out what is written now, later or not at all."""

    def __init__(self, writer: Writer, turn: Round) -> None:
        self.writer = writer
        self.turn = turn
        self.outcome = Outcome()
        self.object = writer.preparer.object.key
        self.nameless: list[Candidate] = []  # they name others that are nowhere
        self._failed: list[Candidate] = []  # these, and the others that are rejected
        self._step = writer.preparer.step

    def wanted(self, found: Sequence[Candidate]) -> list[Candidate]:
        """Without the rows whose record is there and is to stay as it is, or isn't and should."""
        if self.writer.filling_in:
            for one in found:
                if not one.exists:
                    gone = f"There is no {self.object} with this {self._step.key} any more."
                    self._reject(one, [Problem((0,), "NOT_FOUND", gone)])
            return [one for one in found if one.exists]
        if self._step.existing is Existing.UPDATE:
            return list(found)
        for one in found:
            if one.exists and self._step.existing is Existing.KEEP:
                self.outcome.kept += 1
            elif one.exists:
                told = f"There is a {self.object} with this {self._step.key} already."
                self._reject(one, [Problem((0, self._step.key or ""), "EXISTS", told)])
        return [one for one in found if not one.exists]

    def ready(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those whose names all mean something: a record, or a row that is written with them."""
        ready = [one for one in candidates if self._met(one)]
        naming = _naming(ready, self._forgiven)
        lost = _behind(naming, naming.keys() - set(ready))
        doomed = self._doomed(naming) if self.turn.last else set()
        self.nameless += doomed
        left = lost - doomed
        self.outcome.waiting += [one.prepared for one in ready if one in left]
        going = [one for one in ready if one not in lost]
        self._leave_blank(going)
        return going

    def _doomed(self, naming: _Naming) -> set[Candidate]:
        """Those that are lost with a rejected row, and would be if they were tried again.

        Not where another row has its name: it may be a good one, and show once this one is gone.
        """
        naming = {other: them for other, them in naming.items() if other.is_only}
        doomed = _behind(naming, self._failed)
        gone = doomed.union(self._failed)
        for one in doomed:
            for key, other in list(one.beside.items()):
                if other in gone and other.is_only and key not in self._forgiven:
                    one.unmet[key] = one.prepared.names[key]
                    del one.beside[key]
        return doomed

    def _leave_blank(self, going: Sequence[Candidate]) -> None:
        """What names a row that is not written after all, where that is to be forgiven."""
        written = set(going)
        for one in going:
            for key, other in list(one.beside.items()):
                if not other.exists and other not in written:
                    one.values[key] = None
                    del one.beside[key]

    @property
    def _forgiven(self) -> frozenset[str]:
        """Fields that stay blank where whom they name does not come any more."""
        fields = self._step.fields.items() if self.turn.last else ()
        return frozenset(key for key, source in fields if source.blank_if_missing)

    def sound(self, going: Sequence[Candidate], problems: Sequence[Problem]) -> list[Candidate]:
        """The rows with which nothing is wrong.

        A value that another has just taken may be that of the row's own record: once more. A
        place in a tree may be there once rows to come have moved what is in the way, or another
        row of the same name has brought a record that stands elsewhere.
        """
        wrong: dict[int, list[Problem]] = defaultdict(list)
        for problem in problems:
            wrong[int(problem.path[0])].append(problem)
        several = [one for one in going if not one.is_only]
        doubtful = _behind(_naming(going, ()), several).difference(several)
        for index, found in wrong.items():
            one = going[index]
            may_pass = all(problem.code in _MAY_PASS for problem in found)
            again = all(problem.code == "TAKEN" for problem in found)
            again |= may_pass and one in doubtful
            if one.joined or (again and not self.turn.again):
                self.outcome.again += [one.prepared, *one.joined]
            elif may_pass and not self.turn.last:
                self.outcome.waiting.append(one.prepared)
            else:
                self._reject(going[index], found)
        return [one for index, one in enumerate(going) if index not in wrong]

    def forgive(self, one: Candidate) -> None:
        """Leave blank what names nobody, where it may be blank and the row is not to wait."""
        if not self._waits(one):
            for key in list(one.unmet):
                if key not in self.writer.afterwards and self._step.fields[key].blank_if_missing:
                    one.values[key] = None
                    del one.unmet[key]

    def without_company(self, found: Sequence[Candidate]) -> list[Candidate]:
        """Without the rows for a record for which another row waits: they wait with it."""
        waited = {one.claim for one in found if one.claim is not None and self._waits(one)}
        with_it = [one for one in found if one.claim in waited and not self._waits(one)]
        self.outcome.waiting += [one.prepared for one in with_it]
        return [one for one in found if one.claim not in waited or self._waits(one)]

    def _waits(self, one: Candidate) -> bool:
        """Whether it names a record of its kind that may come yet."""
        return not self.turn.last and any(it.object == self.object for it in one.unmet.values())

    def _met(self, one: Candidate) -> bool:
        if self._waits(one):
            self.outcome.waiting.append(one.prepared)
            return False
        for key in list(one.unmet):
            if key in self.writer.afterwards:
                one.later[key] = one.unmet.pop(key)
        if one.unmet:
            self.nameless.append(one)
            self._failed.append(one)
        return not one.unmet

    def reject_flawed(self, one: Candidate, problems: Sequence[Problem]) -> None:
        """Reject a row for its flaws, for those whom it names in vain, and for its other values."""
        others = [*self.own(one, problems), *self._unmet(one)]
        flaws = [*one.prepared.flaws, *(self._flaw(one.prepared, problem) for problem in others)]
        self.outcome.rejected.append((one.prepared, flaws))

    def own(self, one: Candidate, problems: Sequence[Problem]) -> list[Problem]:
        """Those of the problems that are about values of the row itself.

        What is missing may be so for a flaw, and who shares its key may be the same record.
        """
        apart = {*one.beside, *self.writer.preparer.key_fields}
        given = {key for key, value in one.values.items() if value is not None} - apart
        return [problem for problem in problems if given.intersection(problem.path[1:2])]

    def _unmet(self, one: Candidate) -> list[Problem]:
        """Of its own kind another may come yet, unless this is the last turn."""
        return [
            Problem((0, key), "NOT_FOUND", self._why_nobody(key, name))
            for key, name in one.unmet.items()
            if (self.turn.last or name.object != self.object)
            and key not in self.writer.afterwards
            and not self._step.fields[key].blank_if_missing
        ]

    def _why_nobody(self, key: str, name: Named) -> str:
        writer = self.writer
        return writer.afterwards.why_not(key, name) or writer.lookups.why_nobody(name)

    def _reject(self, one: Candidate, problems: Sequence[Problem]) -> None:
        """Reject a row, also for what it has to be without until later, where that may be why."""
        self._failed.append(one)
        own = self.own(one, problems)
        others = [problem for problem in problems if problem not in own]
        later = (
            Problem((0, key), "NOT_FOUND", self._why_nobody(key, name))
            for key, name in one.later.items()
            if any(self._may_be_for_want_of(key, one, problem) for problem in others)
        )
        flaws = [self._flaw(one.prepared, problem) for problem in (*problems, *later)]
        self.outcome.rejected.append((one.prepared, flaws))

    def _may_be_for_want_of(self, key: str, one: Candidate, problem: Problem) -> bool:
        """Whether a record may be refused because it is without this reference until later.

        Not for whom it names in another field, nor for one that every record must have.
        """
        about = str(problem.path[1]) if len(problem.path) > 1 else key
        needed = self.writer.preparer.object.fields.get(about)
        missing = problem.code == "REQUIRED" and needed is not None and needed.required
        return about not in one.beside and (about == key or not missing)

    def _flaw(self, prepared: Prepared, problem: Problem) -> Flaw:
        return self.writer.preparer.flaw(prepared, self._with_mend(problem))

    def _with_mend(self, problem: Problem) -> Problem:
        """The problem; where an importer can do something else than other writers, with that."""
        key = str(problem.path[1]) if len(problem.path) > 1 else ""
        if problem.code == "USE_MOVE":
            dated = " and its dates" if self._step.entered else ""
            mend = f"leave the stage{dated} blank to load the rest of the row"
            return replace(
                problem, message=f"The record is in another stage, and imports move none: {mend}."
            )
        if problem.code == "REQUIRED" and self._step.key and key not in self._step.fields:
            there = f"There is no {self.object} with this {self._step.key}"
            return replace(
                problem,
                message=f"{there}, and the mapping does not fill '{key}', which a new one needs.",
            )
        return problem


_Naming = Mapping[Candidate, Sequence[Candidate]]
"""By row of which no record is there, the rows that name it and are not written without it."""


def _naming(ready: Sequence[Candidate], forgiven: Collection[str]) -> _Naming:
    naming: defaultdict[Candidate, list[Candidate]] = defaultdict(list)
    for one in ready:
        for key, other in one.beside.items():
            if not other.exists and key not in forgiven:
                naming[other].append(one)
    return naming


def _behind(naming: _Naming, away: Iterable[Candidate]) -> set[Candidate]:
    """Those that name one of these, or one that does, and so on."""
    found: set[Candidate] = set()
    left = list(away)
    while left:
        new = set(naming.get(left.pop(), ())) - found
        found |= new
        left += new
    return found
