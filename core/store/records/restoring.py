"""Bringing back exactly what was deleted together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from core.store.computed import finishing, rollups
from core.store.records import references, saving
from core.store.records.numbering import NodeNumbers
from core.store.records.saving import Writing
from core.store.trees import edges, tree_nodes
from core.store.writing import drafts, rows
from core.store.writing.drafts import Draft, Path, Setting
from core.store.writing.statements import Write
from core.store.writing.transactions import Again, Transaction

_EXISTS = "select 1 from record where tenant_id = $1 and object = $2 and id = $3"
_DELETED = """
    select t.id, t.deletion_id from record as t
    where t.tenant_id = $1 and t.deletion_id = (
        select d.deletion_id from record as d where d.tenant_id = $1 and d.id = $2)
"""


async def exists(tx: Transaction, object_key: str, record: UUID) -> bool:
    """Whether there is such a record of the object, deleted or not."""
    return bool(await tx.connection.fetchval(_EXISTS, tx.tenant, object_key, record))


async def restore(
    tx: Transaction, record: UUID, path: Path, setting: Setting, numbers: NodeNumbers
) -> list[UUID]:
    """Bring back what was deleted together with a record, as far as it may be; all ids.

    They are locked in one order, whichever of them is given: two who bring back the same deletion
    would wait for each other.

    Raises:
        Refused: what some of it refers to is not there any more, or its unique values are taken.
    """
    deleted = dict(await tx.connection.fetch(_DELETED, tx.tenant, record))
    if not deleted:
        return []
    held = await rows.hold(tx, deleted)
    if any(row.deletion_id != deleted[row.id] for row in held.rows.values()):
        raise Again  # somebody was faster
    found = [
        _restored(drafts.loaded(tx.plan(row.object), row, path), numbers, record)
        for row in held.rows.values()
        if row.object in tx.metadata.objects
    ]
    await tree_nodes.share_above(tx, found)
    kept = await rows.hold(tx, (), {one for one, _ in references.needed(found)})
    references.clear(found, kept.referred)
    references.check(found, kept.referred)
    for draft in found:
        finishing.compute(draft, setting)
    await edges.check(tx, found)
    nodes = await _enter_trees(tx, found)
    sound = [draft for draft in found if not draft.problems]
    others = await rollups.propagate(tx, sound, setting)
    await saving.write(tx, Writing.of(found, others, nodes=nodes))
    return [draft.id for draft in found]


def _restored(draft: Draft, numbers: NodeNumbers, given: UUID) -> Draft:
    if draft.id != given:
        draft.path = (*draft.path, "id")
        draft.why = f"'{draft.plan.of.title}' {draft.id} comes back with it."
    draft.kind = "restore"
    draft.deleted_at = draft.deletion_id = None
    draft.recount = True
    if draft.plan.tree is not None:
        numbers.give(draft)
    return draft


async def _enter_trees(tx: Transaction, restored: Iterable[Draft]) -> list[Write]:
    by_object: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in restored:
        by_object[draft.plan.key].append(draft)
    return [
        write
        for found in by_object.values()
        for write in await tree_nodes.enter(tx, found[0].plan, found)
    ]
