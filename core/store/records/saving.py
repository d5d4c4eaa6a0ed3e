"""The one way by which records are written: for requests, imports and jobs alike.

Everything that is wrong with any record of a batch is told at once, and then nothing is written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from core.errors import LimitExceeded, Problem, Refused
from core.store.computed import related, rollups
from core.store.computed.finishing import check_rules, finish
from core.store.pace import Pace
from core.store.records import claiming, records, references, stage_history
from core.store.records.claiming import Claims
from core.store.records.records import Difference
from core.store.tenancy import tenants
from core.store.trees import edges, tree_nodes
from core.store.trees.tree_nodes import Move
from core.store.writing import rows
from core.store.writing.drafts import Draft, Setting
from core.store.writing.rows import Held
from core.store.writing.statements import Batch, Write
from core.store.writing.transactions import Again, Transaction
from metadata.bounds import EFFORT


@dataclass(frozen=True, slots=True)
class Saving:
    """What a write of some records is done with, beside the records."""

    setting: Setting
    held: Held  # what the records refer to
    problems: Sequence[Problem] = ()  # what is wrong with the batch already
    moves: Mapping[UUID, Move] = field(default_factory=dict)  # in trees that are held already


class Taken(Refused):
    """The only thing wrong is that other records have values which must be unique."""

    code = "TAKEN"

    def __init__(self, problems: Sequence[Problem], constraints: frozenset[str]) -> None:
        super().__init__(problems)
        self.constraints = constraints


async def save(tx: Transaction, drafts: Sequence[Draft], saving: Saving) -> None:
    """Write new and changed records, and the roll-ups that they go into.

    Raises:
        Refused: something is wrong with some of them.
        Taken: only that values are taken by others.
        LimitExceeded: to judge the values, or to keep what is computed of them, takes too much.
        Timeout: to compute them takes too long.
    """
    setting = saving.setting
    await _finish(tx, drafts, setting)
    if tx.expected is None:
        references.check(drafts, saving.held.referred)
    else:
        tx.expected.referred |= references.needed(drafts)
    await _check_ids(tx, [draft for draft in drafts if draft.has_given_id])
    for draft in drafts:
        if draft.before is not None:
            await rollups.check_currency(tx, draft, setting)
    nodes = await _place(tx, drafts, saving.moves)
    sound = [draft for draft in drafts if not draft.problems]
    others = await rollups.propagate(tx, sound, setting)
    writing = Writing.of(drafts, others, saving.problems, nodes)
    await _check_rules(tx, writing, setting)
    await write(tx, writing)


async def foresee(tx: Transaction, drafts: Sequence[Draft], setting: Setting) -> None:
    """Note what is wrong with changed records as they would be, their rules included."""
    for draft in drafts:
        finish(draft, setting)
    await _check_rules(tx, Writing.of(drafts, ()), setting)


@dataclass(frozen=True, slots=True)
class Writing:
    """Records that are finished, as they are written together."""

    drafts: Sequence[Draft]
    new: Sequence[Draft]
    changed: Sequence[Difference]
    rolled_up: Sequence[Difference]  # records of which only roll-ups change
    problems: Sequence[Problem]  # beside those of the drafts
    nodes: Sequence[Write]  # of trees

    @classmethod
    def of(
        cls,
        drafts: Sequence[Draft],
        others: Sequence[Draft],
        problems: Sequence[Problem] = (),
        nodes: Sequence[Write] = (),
    ) -> Writing:
        """What the drafts and others, whose roll-ups they change, come to."""
        new = [draft for draft in drafts if draft.before is None]
        there = [draft for draft in drafts if draft.before is not None]
        return cls(drafts, new, _differences(there), _differences(others), problems, nodes)


async def write(tx: Transaction, writing: Writing) -> None:
    """Write finished records, and what they claim.

    Raises:
        Refused, Taken: as `save`.
    """
    claims = claiming.claims(writing.new, writing.changed)
    if writing.problems or any(draft.problems for draft in writing.drafts):
        tx.require_locks()  # what they refer to is not known yet, and every problem is told
        raise await _refusal(tx, writing, claims)
    await claiming.release(tx, claims)
    await _freeze_currency(tx, writing.drafts)
    batch = Batch()
    for new in _by_object(writing.new).values():
        plan = new[0].plan
        tx.created[plan.key] += len(new)
        batch.add(*records.insert(tx, plan, new))
        batch.add(*await stage_history.begin(tx, plan, new))
    for entering in _by_object(one.draft for one in writing.changed if one.draft.stays).values():
        batch.add(*await stage_history.begin(tx, entering[0].plan, entering))
    batch.add(*writing.nodes)
    batch.add(*records.update(tx, (*writing.changed, *writing.rolled_up)))
    batch.add(*claiming.writes(claims))
    if await batch.run(tx) < len(claims.wanted):
        raise await _refusal(tx, writing, claims)


async def _finish(tx: Transaction, drafts: Sequence[Draft], setting: Setting) -> None:
    """Finish the records, within what one write may take."""
    if not setting.privileged:
        effort = sum(draft.plan.validator.effort(draft.values) for draft in drafts)
        _check_effort(effort, "These values take too long to judge by their patterns and schemas")
    pace, letters = Pace(tx.store.database.statement_timeout), 0
    for draft in drafts:
        await pace.next()
        finish(draft, setting)
        if texts := draft.plan.computing.texts:
            letters += sum(len(str(draft.values.get(key, ""))) for key in texts)
            _check_effort(letters, "The texts that formulas give are too long")


def _check_effort(effort: int, message: str) -> None:
    if effort > EFFORT:
        text = f"{message}: write fewer or shorter ones at once."
        raise LimitExceeded(text, limit="effort", value=effort, allowed=EFFORT)


async def _check_ids(tx: Transaction, given: Sequence[Draft]) -> None:
    """Note a problem with new records whose given ids are taken."""
    if not given:
        return
    there = await rows.existing(tx, [draft.id for draft in given])
    times = Counter(draft.id for draft in given)
    for draft in given:
        if draft.id in there or times[draft.id] > 1:
            draft.wrong("TAKEN", "There is a record with this id already.", "id")


async def _place(
    tx: Transaction, drafts: Sequence[Draft], moves: Mapping[UUID, Move]
) -> list[Write]:
    """Give records their places in graphs and trees, or note why they can't be there."""
    writes: list[Write] = []
    for found in _by_object(drafts).values():
        plan = found[0].plan
        await edges.check(tx, found)
        writes += await tree_nodes.place(tx, plan, found, moves)
    return writes


async def _freeze_currency(tx: Transaction, drafts: Sequence[Draft]) -> None:
    if tx.head.currency_frozen:
        return
    if any(draft.plan.has_money and draft.has_amounts for draft in drafts):
        await tenants.freeze_currency(tx.tenant, tx.connection)
        tx.outdates = True


async def _check_rules(tx: Transaction, writing: Writing, setting: Setting) -> None:
    written = [*writing.new, *(one.draft for one in writing.changed)]
    pace = Pace(tx.store.database.statement_timeout)
    for found in _by_object(written).values():
        plan = found[0].plan
        if plan.computing.rules:
            read = await related.load(tx, plan, found)
            for draft in found:
                await pace.next()
                check_rules(draft, setting, read.get(draft.id, related.Related()))


def _differences(drafts: Iterable[Draft]) -> list[Difference]:
    return [found for draft in drafts if (found := records.difference(draft)) is not None]


def _by_object(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    found: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        found[draft.plan.key].append(draft)
    return found


async def _refusal(tx: Transaction, writing: Writing, claims: Claims) -> Refused:
    """Everything that is wrong, values that are taken among it."""
    drafts, problems = writing.drafts, writing.problems
    sound = not problems and not any(draft.problems for draft in drafts)
    taken = await claiming.note_taken(tx, drafts, claims)
    if sound and not taken:
        raise Again  # whoever had the values has given them up meanwhile
    found = [*problems, *(problem for draft in drafts for problem in draft.problems)]
    found.sort(key=_index)
    return Taken(found, taken) if sound else Refused(found)


def _index(problem: Problem) -> int:
    first = problem.path[0] if problem.path else 0
    return first if isinstance(first, int) else 0
