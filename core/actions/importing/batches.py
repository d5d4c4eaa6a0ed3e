"""One batch of rows, written in a transaction: all that can be, and why the rest can't."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.actions.batches import plan_of, setting_of
from core.actions.importing import system
from core.actions.importing.lookups import Lookups
from core.actions.importing.mapping import Existing
from core.actions.importing.matching import Candidate, first_of_each, matched
from core.actions.importing.preparing import Named, Prepared, Preparer
from core.actions.importing.rows import Flaw, shown
from core.errors import Problem, Refused
from core.identity import Actor
from core.store import drafts, references, rows, saving
from core.store.drafts import Draft
from core.store.numbering import Numbers
from core.store.opening import Store
from core.store.savepoints import part_of
from core.store.saving import Saving
from core.store.writing import Transaction


@dataclass(frozen=True, slots=True)
class Writer:
    """What the batches of one step are written with."""

    actor: Actor
    store: Store
    preparer: Preparer
    lookups: Lookups
    numbers: Numbers


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a batch."""

    created: int = 0
    matched: int = 0
    kept: int = 0
    rejected: list[tuple[Prepared, Sequence[Flaw]]] = field(default_factory=list)
    waiting: list[Prepared] = field(default_factory=list)  # they name rows that may come yet
    again: list[Prepared] = field(default_factory=list)  # for a record that another row was for
    warnings: list[Problem] = field(default_factory=list)


async def write(
    tx: Transaction, writer: Writer, batch: Sequence[Prepared], *, last: bool
) -> Outcome:
    """Write what can be written. In the `last` round, a name that means nothing is a flaw."""
    outcome = Outcome()
    outcome.rejected += [(prepared, prepared.flaws) for prepared in batch if prepared.flaws]
    sound = [prepared for prepared in batch if not prepared.flaws]
    found = await matched(tx, writer.store, writer.lookups, (writer.preparer, sound))
    plan = plan_of(writer.store, tx, writer.preparer.object.key)
    found, later = first_of_each(plan, found)
    outcome.again += [one.prepared for one in later]
    going = _ready(writer, _wanted(writer, found, outcome), outcome, last=last)
    while going:
        try:
            async with part_of(tx):
                outcome.warnings += await _save(tx, writer, going)
        except Refused as refused:
            left = _without(writer, going, refused.problems, outcome)
            going = _ready(writer, left, outcome, last=last)
            continue
        outcome.created += sum(not one.exists for one in going)
        outcome.matched += sum(one.exists for one in going)
        break
    return outcome


def _wanted(writer: Writer, found: Sequence[Candidate], outcome: Outcome) -> list[Candidate]:
    """Without the rows whose record is there and is to stay as it is."""
    existing = writer.preparer.step.existing
    wanted = []
    for one in found:
        if not one.exists or existing is Existing.UPDATE:
            wanted.append(one)
        elif existing is Existing.KEEP:
            outcome.kept += 1
        else:
            key = writer.preparer.step.key or ""
            told = f"There is a {writer.preparer.object.key} with this {key} already."
            _reject(writer, one, [Problem((0, key), "EXISTS", told)], outcome)
    return wanted


def _ready(
    writer: Writer, candidates: Sequence[Candidate], outcome: Outcome, *, last: bool
) -> list[Candidate]:
    """Those whose names all mean something: a record, or a row that is written with them."""
    ready = [one for one in candidates if _met(writer, one, outcome, last=last)]
    while lost := _lost(ready):
        outcome.waiting += [one.prepared for one in lost]
        ready = [one for one in ready if one not in lost]
    return ready


def _met(writer: Writer, one: Candidate, outcome: Outcome, *, last: bool) -> bool:
    own = writer.preparer.object.key
    if not last and any(name.object == own for name in one.unmet.values()):
        outcome.waiting.append(one.prepared)
        return False
    problems = []
    for key, name in one.unmet.items():
        if writer.preparer.step.fields[key].blank_if_missing:
            one.values[key] = None
        else:
            problems.append(Problem((0, key), "NOT_FOUND", _nobody(name)))
    if problems:
        _reject(writer, one, problems, outcome)
    return not problems


def _nobody(name: Named) -> str:
    return f"There is no {name.object} with the {name.key} '{shown(name.text)}'."


def _lost(ready: Sequence[Candidate]) -> set[Candidate]:
    """Those that name a row which is not written with them after all."""
    going = set(ready)
    return {
        one
        for one in ready
        if any(not other.exists and other not in going for other in one.beside.values())
    }


async def _save(tx: Transaction, writer: Writer, going: Sequence[Candidate]) -> list[Problem]:
    """Write them all; what rules warn of. A problem's path begins with the index."""
    plan, setting = (
        plan_of(writer.store, tx, writer.preparer.object.key),
        setting_of(tx, writer.actor),
    )
    inputs = [_inputs(one) for one in going]
    there = [one.id for one in going if one.exists]
    held = await rows.hold(tx, there, references.named(plan, inputs))
    written: list[Draft] = []
    missing: list[Problem] = []
    for index, (one, given) in enumerate(zip(going, inputs, strict=True)):
        if not one.exists:
            draft = drafts.new(plan, setting, (index,), given)
            draft.id = one.id
            writer.numbers.give(draft)
            written.append(draft)
        elif (row := held.rows.get(one.id)) is not None and row.deleted_at is None:
            written.append(drafts.changed(plan, row, setting, (index,), given))
        else:
            missing.append(Problem((index,), "DELETED", "The record was deleted meanwhile."))
    await saving.save(tx, written, Saving(setting, held, problems=missing))
    return [warning for draft in written for warning in draft.warnings]


def _inputs(one: Candidate) -> dict[str, object]:
    """What the record is to have; one that is there keeps what comes with its creation."""
    values = one.values | {key: other.id for key, other in one.beside.items()}
    if one.exists:
        return {key: value for key, value in values.items() if key not in system.AT_CREATION}
    return values


def _without(
    writer: Writer, going: Sequence[Candidate], problems: Sequence[Problem], outcome: Outcome
) -> list[Candidate]:
    """The rows with which nothing is wrong; the others are rejected with all their problems."""
    wrong: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        wrong[int(problem.path[0])].append(problem)
    for index, found in wrong.items():
        _reject(writer, going[index], found, outcome)
    return [one for index, one in enumerate(going) if index not in wrong]


def _reject(writer: Writer, one: Candidate, problems: Sequence[Problem], outcome: Outcome) -> None:
    flaws = [_flaw(writer.preparer, one.prepared, problem) for problem in problems]
    outcome.rejected.append((one.prepared, flaws))


def _flaw(preparer: Preparer, prepared: Prepared, problem: Problem) -> Flaw:
    key = str(problem.path[1]) if len(problem.path) > 1 else ""
    return Flaw(
        preparer.label(key), problem.code, problem.message, preparer.cell(prepared.row, key)
    )
