"""What goes into a roll-up, read anew from the records themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from core.store.computed import scopes
from core.store.plans.rollup_plans import Contribution, Part, RollupPlan
from core.store.writing import rows
from core.store.writing.drafts import Setting
from core.store.writing.rows import SELECTED
from core.store.writing.transactions import Transaction

AT_ONCE = 500
"""Records that are read before others have their turn."""


async def parts(
    tx: Transaction,
    plan: RollupPlan,
    parents: Iterable[UUID],
    setting: Setting,
    but: Sequence[UUID] = (),
) -> dict[UUID, list[Contribution]]:
    """All that goes into the roll-up of these records, those in `but` left out.

    {record: contributions}; records without any have an empty list.
    """
    found: dict[UUID, list[Contribution]] = {parent: [] for parent in parents}
    arguments = (tx.tenant, plan.object, list(found), list(but))
    pipeline = tx.metadata.pipeline_of(plan.object)
    async for record in tx.connection.cursor(_statement(plan), *arguments, prefetch=AT_ONCE):
        row = rows.read(tx, record)
        values = {
            fields.key: fields.form.load(stored)
            for fields in plan.reads
            if (stored := (row.long or {} if fields.long else row.data).get(fields.stored))
            is not None
        }
        scope = {**scopes.of_row(row, pipeline), **values} if plan.system else values
        part = Part(row.id, values, scope, row.currency)
        contribution = plan.contribution(part, (setting.today, setting.now))
        if contribution is not None:
            found[contribution.parent].append(contribution)
    return found


def sizes(plan: RollupPlan) -> str:
    """How many live records go into a roll-up, whatever they add: (record, count) of those in $3."""
    return (
        f"select {plan.via.target}, count(*) from read.record as t where t.tenant_id = $1"
        f" and t.object = $2 and t.deleted_at is null and {plan.via.target} = any($3::uuid[])"
        f" group by {plan.via.target}"
    )


def _statement(plan: RollupPlan) -> str:
    return (
        f"select {SELECTED} from record as t where t.tenant_id = $1 and t.object = $2"
        f" and t.deleted_at is null and {plan.via.target} = any($3::uuid[])"
        " and t.id <> all($4::uuid[])"
    )
