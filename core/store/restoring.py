"""Bringing back exactly what was deleted together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from core.store import drafts, edges, finishing, references, rollups, rows, saving, tree_nodes
from core.store.drafts import Draft, Path, Setting
from core.store.numbering import NodeNumbers
from core.store.saving import Writing
from core.store.statements import Write
from core.store.writing import Transaction

_DELETED = "select id from record where tenant_id = $1 and deletion_id = $2"


async def restore(
    tx: Transaction, deletion: UUID, path: Path, setting: Setting, numbers: NodeNumbers
) -> list[UUID]:
    """Bring back what was deleted together, as far as it may be; all ids.

    Raises:
        Refused: what some of it refers to is not there any more, or its unique values are taken.
    """
    ids = [row["id"] for row in await tx.connection.fetch(_DELETED, tx.tenant, deletion)]
    held = await rows.hold(tx, ids)
    found = [
        _restored(drafts.loaded(tx.plan(row.object), row, path), numbers)
        for row in held.rows.values()
        if row.deletion_id == deletion and row.object in tx.metadata.objects
    ]
    for draft in found:
        finishing.compute(draft, setting)
    kept = await rows.hold(tx, (), {one for one, _ in references.needed(found)})
    references.check(found, kept.referred)
    await edges.check(tx, found)
    nodes = await _enter_trees(tx, found)
    sound = [draft for draft in found if not draft.problems]
    others = await rollups.propagate(tx, sound, setting)
    await saving.write(tx, Writing.of(found, others, nodes=nodes))
    return [draft.id for draft in found]


def _restored(draft: Draft, numbers: NodeNumbers) -> Draft:
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
