"""Whether what records refer to is there: alive, and of the object that their fields name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import reference
from core.store.writing.drafts import USER, Draft, Inputs
from metadata.model import OnDelete


def named(plan: ObjectPlan, inputs: Iterable[Inputs]) -> set[UUID]:
    """The ids that inputs refer to, as far as they are ids."""
    keys = ("owner", *(fields.key for fields in plan.references))
    found = set()
    for given in inputs:
        for key in keys:
            value = given.get(key)
            if value is not None:
                taken = reference(value)
                if isinstance(taken, UUID):
                    found.add(taken)
    return found


def check(drafts: Iterable[Draft], objects: Mapping[UUID, str]) -> None:
    """Note a problem wherever a reference leads nowhere; `objects` are those of live records."""
    drafts = list(drafts)
    known = {**objects, **{draft.id: draft.plan.key for draft in drafts if _comes(draft)}}
    for draft in drafts:
        for key, target, wanted in _changed(draft):
            if known.get(target) != wanted:
                draft.wrong("NOT_FOUND", f"There is no {wanted} with this id.", key)


def clear(drafts: Sequence[Draft], objects: Mapping[UUID, str]) -> None:
    """Empty the references, of records that come back, to what was deleted meanwhile.

    Those only that would have been emptied by the deletion; `objects` are those of live records.
    """
    known = {**objects, **{draft.id: draft.plan.key for draft in drafts}}
    for draft in drafts:
        for fields in draft.plan.references:
            target, names = draft.values.get(fields.key), fields.reference
            if target is None or known.get(target) == names.object:
                continue
            if names.on_delete is OnDelete.SET_NULL:
                del draft.values[fields.key]


def needed(drafts: Iterable[Draft]) -> set[tuple[UUID, str]]:
    """What this write makes records refer to: (id, the object it should be of)."""
    return {(target, wanted) for draft in drafts for _, target, wanted in _changed(draft)}


def _comes(draft: Draft) -> bool:
    return draft.before is None or draft.kind == "restore"


def _changed(draft: Draft) -> Iterator[tuple[str, UUID, str]]:
    """(field, id, the object it should be of) of the references that this write sets."""
    every = draft.kind == "restore"
    for fields in draft.plan.references:
        key, target = fields.key, draft.values.get(fields.key)
        if target is not None and (every or key in draft.touched and target != draft.old.get(key)):
            yield key, target, fields.reference.object
    before = draft.before.owner if draft.before is not None else None
    if draft.owner is not None and (every or "owner" in draft.touched and draft.owner != before):
        yield "owner", draft.owner, USER
