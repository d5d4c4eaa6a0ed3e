"""The one way by which records are written: for requests, imports and jobs alike.

Everything that is wrong with any record of a batch is told at once, and then nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Problem, Refused
from core.store import records, references, related, unique_keys
from core.store.drafts import Draft, Setting
from core.store.finishing import check_rules, finish
from core.store.plans import ObjectPlan
from core.store.records import Difference
from core.store.rows import Held
from core.store.statements import Batch
from core.store.unique_keys import Claim
from core.store.writing import Again, Transaction


@dataclass(frozen=True, slots=True)
class Saving:
    """What a write of some records is done with, beside the records."""

    setting: Setting
    held: Held  # what the records refer to
    kind: str = "update"  # names the change of records that were there
    problems: Sequence[Problem] = ()  # what is wrong with the batch already


class Taken(Refused):
    """The only thing wrong is that other records have values which must be unique."""

    code = "TAKEN"

    def __init__(self, problems: Sequence[Problem], constraints: frozenset[str]) -> None:
        super().__init__(problems)
        self.constraints = constraints


async def save(tx: Transaction, drafts: Sequence[Draft], saving: Saving) -> None:
    """Write new and changed records of one object.

    Raises:
        Refused: something is wrong with some of them.
        Taken: only that values are taken by others.
    """
    if not drafts:
        _refuse(saving.problems)
        return
    plan, setting = drafts[0].plan, saving.setting
    for draft in drafts:
        finish(draft, setting)
    references.check(drafts, saving.held.referred)
    changed = [found for draft in drafts if (found := _difference(draft)) is not None]
    new = [draft for draft in drafts if draft.before is None]
    written = [*new, *(one.draft for one in changed)]
    read = await related.load(tx, plan, written)
    for draft in written:
        check_rules(draft, setting, read.get(draft.id, {}))
    wanted, given_up = _claims(plan, new, changed)
    if saving.problems or any(draft.problems for draft in drafts):
        raise await _refusal(tx, drafts, wanted, saving.problems)
    await unique_keys.release(tx, plan.key, given_up)
    batch = Batch()
    batch.add(*records.insert(tx, plan, new))
    batch.add(*records.update(tx, plan, saving.kind, changed))
    batch.add(unique_keys.write(plan.key, wanted))
    if await batch.run(tx) < len(wanted):
        raise await _refusal(tx, drafts, wanted)


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(problems)


def _difference(draft: Draft) -> Difference | None:
    return None if draft.before is None else records.difference(draft)


def _claims(
    plan: ObjectPlan, new: Sequence[Draft], changed: Sequence[Difference]
) -> tuple[list[Claim], list[Claim]]:
    """What new and changed records claim anew, and what the changed ones give up."""
    if not plan.uniques:
        return [], []
    wanted = [
        claim for draft in new for claim in unique_keys.claims(plan.uniques, draft.values, draft.id)
    ]
    given_up: list[Claim] = []
    for one in changed:
        now = set(unique_keys.claims(plan.uniques, one.draft.values, one.draft.id))
        before = set(unique_keys.claims(plan.uniques, one.draft.old, one.draft.id))
        wanted += now - before
        given_up += before - now
    return wanted, given_up


async def _refusal(
    tx: Transaction,
    drafts: Sequence[Draft],
    wanted: Sequence[Claim],
    problems: Sequence[Problem] = (),
) -> Refused:
    """Everything that is wrong, values that are taken among it."""
    plan = drafts[0].plan
    sound = not problems and not any(draft.problems for draft in drafts)
    by_id = {draft.id: draft for draft in drafts}
    fields = {one.unique.key: one.unique.fields for one in plan.uniques}
    taken = await unique_keys.taken(tx, plan.key, wanted)
    if sound and not taken:
        raise Again  # whoever had the values has given them up meanwhile
    for claim in taken:
        named = fields[claim.constraint]
        text = f"Another {plan.key} has the same {' and '.join(named)}."
        by_id[claim.record].wrong("TAKEN", text, named[0])
    found = [*problems, *(problem for draft in drafts for problem in draft.problems)]
    if not sound:
        return Refused(sorted(found, key=lambda problem: str(problem.path[:1])))
    return Taken(found, frozenset(claim.constraint for claim in taken))
