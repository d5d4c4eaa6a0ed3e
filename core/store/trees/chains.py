"""Where a reference from record to record of one object leads, followed to its end."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from core.store.plans.field_plans import FieldPlan
from core.store.writing.transactions import Transaction


async def read(
    tx: Transaction, fields: FieldPlan, starts: Iterable[UUID]
) -> dict[UUID, UUID | None]:
    """{record: where it leads} of some records and of all that are reached from them."""
    rows = await tx.connection.fetch(_chains(fields.target), tx.tenant, sorted(set(starts)))
    return {row["id"]: row["target"] for row in rows}


def _chains(target: str) -> str:
    return f"""
        with recursive chain (id, target) as (
            select t.id, {target} from record as t
            where t.tenant_id = $1 and t.id = any($2::uuid[])
            union
            select t.id, {target} from chain
            join record as t on t.tenant_id = $1 and t.id = chain.target
        )
        select id, target from chain
    """
