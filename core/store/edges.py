"""References that must not come back to where they start, such as who reports to whom.

Two writers could each add half of a cycle, so whoever sets such a reference first takes the lock
on all of its kind, and then reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from core import tree
from core.store import chains, locks
from core.store.drafts import Draft
from core.store.field_plans import FieldPlan
from core.store.plans import ObjectPlan
from core.store.writing import Transaction


async def check(tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft]) -> None:
    """Note a problem with each record that such a reference would lead back to."""
    for fields in plan.acyclic:
        key = fields.key
        set_anew = [
            draft
            for draft in drafts
            if draft.values.get(key) is not None and draft.values[key] != draft.old.get(key)
        ]
        if any(draft.before is not None for draft in set_anew) or _among_each_other(set_anew, key):
            await _check(tx, fields, drafts, set_anew)


def _among_each_other(drafts: Sequence[Draft], key: str) -> bool:
    """Whether new records name each other: nothing else can lead back to a new one."""
    ids = {draft.id for draft in drafts}
    return any(draft.values[key] in ids for draft in drafts)


async def _check(
    tx: Transaction, fields: FieldPlan, drafts: Sequence[Draft], set_anew: Sequence[Draft]
) -> None:
    lock = locks.edges(tx.tenant, drafts[0].plan.key, fields.key)
    await tx.connection.execute(locks.alone(lock))
    targets = await chains.read(tx, fields, [draft.values[fields.key] for draft in set_anew])
    targets.update((draft.id, draft.values.get(fields.key)) for draft in drafts)
    found = set(tree.cycle(targets, [draft.id for draft in set_anew]))
    for draft in set_anew:
        if draft.id in found:
            text = f"By {fields.key!r} this record would come back to itself."
            draft.wrong("CYCLE", text, fields.key)
