"""Creating records, or changing those that have the same values of a unique key already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.actions.batches import check, plan_of, setting_of
from core.actions.saving import Saved, new_drafts, owned, saved
from core.errors import NotFound, Problem
from core.identity import API, Actor, Origin
from core.store.plans.field_plans import UniquePlan
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import Wrong
from core.store.records import references, saving, taking, unique_keys
from core.store.records.numbering import Numbers
from core.store.records.saving import Saving, Taken
from core.store.tenancy.opening import Store
from core.store.trees import tree_nodes
from core.store.writing import rows
from core.store.writing.drafts import Draft, Inputs, Setting
from core.store.writing.rows import Held
from core.store.writing.transactions import Again, Author, Manner, Transaction, writing


@dataclass(frozen=True, slots=True)
class By:
    """What to match by: an object's unique key."""

    object: str
    key: str


async def upsert(
    actor: Actor, store: Store, by: By, inputs: Sequence[Inputs], *, origin: Origin = API
) -> Saved:
    """New records, or new values for those that have the same values of a unique key already.

    Raises:
        Refused: as for `create`; or the key is not given, or given twice.
        Forbidden, LimitExceeded: as for `create`.
        NotFound: there is no such object, or it has no such unique key.
    """
    check(actor, len(inputs))
    new = owned(actor, by.object, inputs) if origin.source == API.source else inputs
    numbers = Numbers(actor.tenant, store, by.object, len(inputs))

    async def work(tx: Transaction) -> Saved:
        plan, setting = plan_of(store, tx, by.object), setting_of(tx, actor)
        await tree_nodes.share(tx, plan, inputs)
        matched = await _match(tx, plan, by, inputs)
        absent = {i: new[i] for i in matched.absent}
        named = references.named(plan, [*inputs, *absent.values()])
        held = await rows.hold(tx, matched.ids.values(), named)
        written = [
            *new_drafts(plan, setting, numbers, absent),
            *_changed(plan, setting, (_unique(plan, by), matched), held, inputs),
        ]
        written.sort(key=lambda draft: draft.path)
        try:
            await saving.save(tx, written, Saving(setting, held, problems=matched.problems))
        except Taken as taken:
            if by.key in taken.constraints:
                raise Again from taken  # someone else made it: now it is there to be changed
            raise
        return saved(written)

    try:
        author = Author.of(actor, origin)
        return await writing(actor.tenant, store, work, author, Manner(numbers.prepare))
    finally:
        numbers.give_back()


@dataclass(frozen=True, slots=True)
class _Matched:
    """The records that inputs are for, by index, and what is wrong with the inputs' keys."""

    ids: Mapping[int, UUID]
    claims: Mapping[int, str]  # by which they were found
    absent: Sequence[int]  # indexes for which there is none yet
    problems: Sequence[Problem]


async def _match(tx: Transaction, plan: ObjectPlan, by: By, inputs: Sequence[Inputs]) -> _Matched:
    unique = _unique(plan, by)
    first: dict[str, int] = {}
    problems = []
    for index, given in enumerate(inputs):
        claim = _claim(unique, given)
        if claim is None:
            text = f"Give {plan.titles(unique.unique)}: records are matched by it."
            problems.append(Problem((index, unique.unique.fields[0]), "KEY_MISSING", text))
        elif claim in first:
            text = f"The record at index {first[claim]} has the same key."
            problems.append(Problem((index, unique.unique.fields[0]), "DUPLICATE", text))
        else:
            first[claim] = index
    held = await unique_keys.holders(tx, plan.key, [(by.key, claim) for claim in first])
    ids = {first[claim]: holder for (_, claim), holder in held.items()}
    claims = {index: claim for claim, index in first.items()}
    return _Matched(ids, claims, [index for index in first.values() if index not in ids], problems)


def _unique(plan: ObjectPlan, by: By) -> UniquePlan:
    found = next((one for one in plan.uniques if one.unique.key == by.key), None)
    if found is None:
        raise NotFound(f"{plan.key!r} has no unique key {by.key!r}.")
    return found


def _claim(unique: UniquePlan, given: Inputs) -> str | None:
    """What the key's given values claim; values that are wrong count as not given here."""
    values = {}
    for fields in unique.fields:
        value = given.get(fields.key)
        taken = None if value is None else fields.form.take(value, 0)
        if not isinstance(taken, Wrong):
            values[fields.key] = taken
    return unique_keys.claimed(unique, values)


def _changed(
    plan: ObjectPlan,
    setting: Setting,
    by: tuple[UniquePlan, _Matched],
    held: Held,
    inputs: Sequence[Inputs],
) -> list[Draft]:
    unique, matched = by
    found = []
    for index, holder in matched.ids.items():
        row = held.rows[holder]
        if row.deleted_at is not None:
            raise Again
        draft = taking.changed(plan, row, setting, (index,), inputs[index])
        if unique_keys.claimed(unique, draft.old) != matched.claims[index]:
            raise Again  # it was given another key before it was locked
        found.append(draft)
    return found
