"""Giving a stage to records that were there before their object was staged.

Such a record has been in the pipeline's first stage since it was created: so queries say from the
publish on, and so it is written here, as a change of the system's. A record that had a stage
before, by an earlier pipeline, keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.identity import TenantId
from core.store.computed import finishing, rollups
from core.store.plans.object_plans import ObjectPlan
from core.store.records import saving, walking
from core.store.records.saving import Writing
from core.store.tenancy.opening import Store
from core.store.writing import drafts, rows
from core.store.writing.drafts import Draft, Setting
from core.store.writing.rows import Row
from core.store.writing.transactions import Transaction, writing

ROWS = 500
_FIRST = UUID(int=0)


async def enter(tenant: TenantId, store: Store, object_key: str) -> int:
    """Let all records of the object that have no stage enter the first one; how many there were."""
    after, entered = _FIRST, 0
    while ids := await _unstaged(tenant, store, object_key, after):

        async def work(tx: Transaction, ids: Sequence[UUID] = ids) -> None:
            await _enter(tx, object_key, ids)

        await writing(tenant, store, work)
        after, entered = ids[-1], entered + len(ids)
    return entered


async def _unstaged(tenant: TenantId, store: Store, object_key: str, after: UUID) -> list[UUID]:
    asked = walking.piece(tenant, "stage is null", ROWS)
    async with store.database.reading(tenant) as connection:
        return [row[0] for row in await connection.fetch(asked, object_key, after)]


async def _enter(tx: Transaction, object_key: str, ids: Sequence[UUID]) -> None:
    if tx.metadata.pipeline_of(object_key) is None:
        return  # someone has published meanwhile
    plan = tx.plan(object_key)
    today = tx.now.astimezone(tx.published.zone).date()
    setting = Setting(published=tx.published, now=tx.now, today=today)
    held = await rows.hold(tx, ids)
    found = [entered(plan, row, setting) for row in held.rows.values() if row.stage is None]
    live = [draft for draft in found if draft.deleted_at is None]
    others = await rollups.propagate(tx, live, setting)
    await saving.write(tx, Writing.of(found, others))


def entered(plan: ObjectPlan, row: Row, setting: Setting) -> Draft:
    """A record that has no stage, in the first one since it was created."""
    assert plan.stage is not None
    draft = drafts.loaded(plan, row)
    draft.kind = "update"
    draft.stage_entered_at = row.created_at
    finishing.enter_stage(draft, plan.stage, setting)
    finishing.compute(draft, setting)
    return draft
