"""Creating and changing records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from core.actions.batches import check, found, plan_of, setting_of
from core.errors import Problem
from core.identity import API, Actor, Origin
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import reference
from core.store.records import references, saving, taking
from core.store.records.numbering import Numbers
from core.store.records.saving import Saving
from core.store.tenancy.opening import Store
from core.store.trees import edges, tree_nodes
from core.store.writing import conflicts, rows
from core.store.writing.drafts import Draft, Inputs, Setting
from core.store.writing.transactions import Author, Manner, Transaction, writing


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: ids in the order of the inputs, and what a rule warns of."""

    ids: tuple[UUID, ...]
    warnings: tuple[Problem, ...] = ()


class Edit(NamedTuple):
    """What to change in one record; with `if_version` only if it is at that version."""

    id: UUID | str
    changes: Inputs
    if_version: int | None = None


async def create(
    actor: Actor, store: Store, object: str, inputs: Sequence[Inputs], *, origin: Origin = API
) -> Saved:
    """New records. Every problem's path begins with the index of its record.

    Raises:
        Refused: something is wrong with some of them; nothing was written.
        Forbidden: the actor may not write.
        LimitExceeded: there are more than 500.
        NotFound: there is no such object.
    """
    check(actor, len(inputs))
    if origin.source == API.source:
        inputs = owned(actor, object, inputs)
    numbers = Numbers(actor.tenant, store, object, len(inputs))

    async def work(tx: Transaction) -> Saved:
        plan, setting = plan_of(store, tx, object), setting_of(tx, actor)
        new = new_drafts(plan, setting, numbers, dict(enumerate(inputs)))
        await tree_nodes.share(tx, plan, inputs)
        await edges.hold(tx, plan, inputs)
        held = await rows.hold(tx, (), references.named(plan, inputs))
        await saving.save(tx, new, Saving(setting, held))
        return saved(new)

    manner = Manner(numbers.prepare, alone=object if len(inputs) == 1 else None)
    return await writing(actor.tenant, store, work, Author.of(actor, origin), manner)


async def update(
    actor: Actor, store: Store, object: str, edits: Sequence[Edit], *, origin: Origin = API
) -> Saved:
    """New values for records; what changes nothing writes nothing, and keeps the version.

    Raises:
        Refused: something is wrong with some of them; nothing was written. A version that is
            not the one expected is the problem CONFLICT at `if_version`, and at each field that
            someone else has changed since.
        Forbidden, LimitExceeded, NotFound: as for `create`.
    """
    check(actor, len(edits))

    async def work(tx: Transaction) -> Saved:
        plan, setting = plan_of(store, tx, object), setting_of(tx, actor)
        ids = [reference(edit.id) for edit in edits]
        known = [one for one in ids if isinstance(one, UUID)]
        named = references.named(plan, [edit.changes for edit in edits])
        await edges.hold(tx, plan, [edit.changes for edit in edits])
        held = await rows.hold(tx, known, named)
        there, missing = found(plan, held.rows, ids)
        changed = [
            taking.changed(plan, row, setting, (i,), edits[i].changes) for i, row in there.items()
        ]
        expected = {row.id: edits[i].if_version for i, row in there.items()}
        await conflicts.check(tx, changed, expected)
        await saving.save(tx, changed, Saving(setting, held, problems=missing))
        return saved(changed)

    manner = Manner(alone=object if len(edits) == 1 else None)
    return await writing(actor.tenant, store, work, Author.of(actor, origin), manner)


def owned(actor: Actor, object: str, inputs: Sequence[Inputs]) -> Sequence[Inputs]:
    """What is given for new records, which belong to the user who makes them unless it says otherwise.

    Users and teams belong to nobody: they are no work of the one who enters them.
    """
    if actor.user is None or object in _PEOPLE:
        return inputs
    return [{"owner": actor.user, **given} for given in inputs]


_PEOPLE = frozenset({"user", "team"})


def new_drafts(
    plan: ObjectPlan, setting: Setting, numbers: Numbers, inputs: Mapping[int, Inputs]
) -> list[Draft]:
    """New records of what is given, numbered; each path is the index."""
    new = []
    for index, given in inputs.items():
        draft = taking.new(plan, setting, (index,), given)
        numbers.give(draft)
        new.append(draft)
    return new


def saved(written: Sequence[Draft]) -> Saved:
    """What is told of records that were written."""
    return Saved(
        tuple(draft.id for draft in written),
        tuple(warning for draft in written for warning in draft.warnings),
    )
