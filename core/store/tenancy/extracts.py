"""All live records of a tenant as they are stored, page by page, from one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection

from core.identity import TenantId
from core.store.plans.object_plans import ObjectPlan
from core.store.tenancy.opening import Store
from metadata.published import Published

PAGE = 1_000
_BEFORE_ALL = UUID(int=0)
_VERSION = "select t.version from read.metadata_head as t where t.tenant_id = $1"
# Along the index of the object's records: see `core.store.records.walking`.
_RECORDS = """
    select t.id, t.data, t.long, t.owner, t.currency, t.stage, t.created_at
    from read.record as t
    where t.tenant_id = $1 and t.object >= $2 and t.object <= $2
      and t.deleted_at is null and t.id > $3
    order by t.object, t.id limit $4
"""
_STAYS = """
    select t.record_id, t.to_stage, t.entered_at, t.reason, t.note
    from read.stage_history as t
    where t.tenant_id = $1 and t.record_id = any($2::uuid[])
    order by t.record_id, t.seq_no
"""


@dataclass(frozen=True, slots=True)
class Stay:
    """When a record entered a stage, and why."""

    stage: str
    entered_at: datetime
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Extract:
    """One record; `values` by field key in the form in which they are stored."""

    id: UUID
    values: Mapping[str, Any]
    owner: UUID | None
    currency: str | None
    stage: str | None
    created_at: datetime
    stays: Sequence[Stay]


@dataclass(frozen=True, slots=True)
class Moment:
    """A tenant's records as they were at one moment."""

    tenant: TenantId
    connection: Connection
    store: Store
    published: Published

    async def records(self, object: str) -> AsyncIterator[list[Extract]]:
        """Pages of the object's live records, oldest id first."""
        plan = self.store.plan(self.published, object)
        last = _BEFORE_ALL
        while True:
            rows = await self.connection.fetch(_RECORDS, self.tenant, object, last, PAGE)
            stays = await self._stays([row["id"] for row in rows]) if plan.stage else {}
            yield [_extract(plan, row, stays.get(row["id"], ())) for row in rows]
            if len(rows) < PAGE:
                return
            last = rows[-1]["id"]

    async def _stays(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Stay]]:
        found: dict[UUID, list[Stay]] = defaultdict(list)
        for record, *stay in await self.connection.fetch(_STAYS, self.tenant, ids):
            found[record].append(Stay(*stay))
        return found


@asynccontextmanager
async def moment(tenant: TenantId, store: Store) -> AsyncIterator[Moment]:
    """The tenant's records from one snapshot, whatever is written meanwhile."""
    while True:
        published = await store.published(tenant)  # before a connection is held: it may take one
        async with store.database.transaction(tenant, "repeatable read") as connection:
            if published.version == await connection.fetchval(_VERSION, tenant):
                yield Moment(tenant, connection, store, published)
                return
        store.forget(tenant)


def _extract(plan: ObjectPlan, row: Mapping[str, Any], stays: Sequence[Stay]) -> Extract:
    data, long = row["data"], row["long"] or {}
    stored = (
        (key, (long if one.long else data).get(one.stored)) for key, one in plan.fields.items()
    )
    return Extract(
        id=row["id"],
        values={key: value for key, value in stored if value is not None},
        owner=row["owner"],
        currency=row["currency"],
        stage=row["stage"],
        created_at=row["created_at"],
        stays=stays,
    )
