"""What a publish leaves to be done with stored records, in pieces that get in nobody's way.

Records that an older version wrote are written as the newest one does: columns that are filling,
search tokens, computed values; and records that have no stage enter their first. Then those columns
are ready to be read, and the ones that are no longer used are cleared and free. All of it can be
broken off and begun again: what is left stands beside the columns in the table of slots.

Values are computed anew in all records, also in those that were written meanwhile: a write brings
roll-ups up to date by what it changes, and so leaves them as wrong as they were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.identity import TenantId
from core.store.computed import counting, finishing
from core.store.pace import Pace
from core.store.plans.columns import SQL_TYPES
from core.store.records import records, staging, walking
from core.store.records.records import Difference
from core.store.tenancy import sampling
from core.store.tenancy.opening import Store
from core.store.tenancy.publishing import STALE
from core.store.writing import drafts, rows
from core.store.writing.drafts import Draft, Setting
from core.store.writing.statements import Batch
from core.store.writing.transactions import Transaction, writing
from metadata import evolution
from metadata.assigning import NULLS, STAGE
from metadata.published import Published
from metadata.storage import SlotState

ROWS = 500
MOST_COUNTED = 5_000
_UNSETTLED = "select object, slot, state, since_version from read.slot where tenant_id = $1"
_READY = """
    update slot set state = 'ready'
    where tenant_id = $1 and object = $2 and state = 'filling' and since_version <= $3
      and not starts_with(slot, '~')
"""
_COMPUTED = (
    "delete from slot where tenant_id = $1 and starts_with(slot, '~') and since_version <= $2"
)
_RETIRED = """
    select since_version from slot
    where tenant_id = $1 and object = $2 and slot = $3 and state = 'retired' for update
"""
_FREE = "delete from slot where tenant_id = $1 and object = $2 and slot = $3"
_BOUND = ("stage_amount", "stage_date")
_FIRST = UUID(int=0)

Field = tuple[str, str]
"""(object, field)."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What the columns of a tenant wait for."""

    filling: frozenset[str]  # objects
    staging: frozenset[str]  # those of them whose records may lack a stage
    stale: frozenset[Field]  # stored computed fields to be computed anew
    retired: frozenset[tuple[str, str, int]]  # (object, column, since which version)


async def is_due(tenant: TenantId, store: Store) -> bool:
    """Whether anything is left to be done."""
    left = await _leftovers(tenant, store)
    return bool(left.filling or left.stale or left.retired)


async def settle(tenant: TenantId, store: Store) -> int:
    """Bring stored records up to the newest version; how many were written."""
    published = await store.published(tenant)
    version = published.version  # what is filling since is left to others
    left = await _leftovers(tenant, store)
    written = 0
    for object_key in sorted(left.staging):
        written += await staging.enter(tenant, store, object_key)
    if left.stale:
        written += await _compute_anew(tenant, store, published, left.stale)
    for object_key in sorted(left.filling):
        written += await _rewrite(tenant, store, object_key, version)
        await _let_read(tenant, store, object_key, version)
    for retired in sorted(left.retired):
        await _clear(tenant, store, *retired)
    if left.filling or left.retired:
        store.forget(tenant)
    if written >= sampling.MANY:
        await sampling.refresh(tenant, store.database)
    return written


async def _leftovers(tenant: TenantId, store: Store) -> Leftovers:
    async with store.database.reading(tenant) as connection:
        found = await connection.fetch(_UNSETTLED, tenant)
    stale = [row for row in found if row["slot"].startswith(STALE)]
    columns = [row for row in found if not row["slot"].startswith(STALE)]
    filling = [row for row in columns if row["state"] == SlotState.FILLING]
    return Leftovers(
        frozenset(row["object"] for row in filling),
        frozenset(row["object"] for row in filling if row["slot"] == STAGE),
        frozenset((row["object"], row["slot"].removeprefix(STALE)) for row in stale),
        frozenset(
            (row["object"], row["slot"], row["since_version"])
            for row in columns
            if row["state"] == SlotState.RETIRED
        ),
    )


async def _rewrite(
    tenant: TenantId,
    store: Store,
    object_key: str,
    version: int | None,
    stale: Sequence[Field] = (),
) -> int:
    """Write all records that are older than the version, or all; how many there were."""
    after, written = _FIRST, 0
    while ids := await _behind(tenant, store, object_key, (after, version)):
        for piece in await _pieces(tenant, store, object_key, ids, stale):

            async def work(tx: Transaction, ids: Sequence[UUID] = piece) -> None:
                await _write_again(tx, object_key, ids, stale)

            await writing(tenant, store, work)
        after, written = ids[-1], written + len(ids)
    return written


async def _pieces(
    tenant: TenantId, store: Store, object_key: str, ids: Sequence[UUID], stale: Sequence[Field]
) -> list[Sequence[UUID]]:
    """The records in pieces, none of which has to count many others while it is locked."""
    counted = await _counted(tenant, store, object_key, ids, stale)
    if not counted:
        return [ids]
    pieces: list[list[UUID]] = [[]]
    room = MOST_COUNTED
    for one in ids:
        if pieces[-1] and counted.get(one, 0) > room:
            pieces.append([])
            room = MOST_COUNTED
        pieces[-1].append(one)
        room -= counted.get(one, 0)
    return list(pieces)


async def _counted(
    tenant: TenantId, store: Store, object_key: str, ids: Sequence[UUID], stale: Sequence[Field]
) -> Counter[UUID]:
    """How many others go into the stale roll-ups of each record."""
    published = await store.published(tenant)
    found: Counter[UUID] = Counter()
    for step in published.metadata.steps:
        rollup = published.metadata.objects[step.object].fields[step.field].rollup
        key = (step.object, step.field)
        if rollup is not None and step.object == object_key and key in stale:
            plan = store.plan(published, rollup.object).contributes[key]
            async with store.database.reading(tenant) as connection:
                rows = await connection.fetch(counting.sizes(plan), tenant, plan.object, ids)
            found.update(dict(rows))
    return found


async def _compute_anew(
    tenant: TenantId, store: Store, published: Published, stale: Collection[Field]
) -> int:
    """Compute these values in all records, then note that they are right; as `_rewrite`."""
    written = 0
    for wave in evolution.waves(published.metadata, stale):
        for object_key in dict.fromkeys(field[0] for field in wave):
            written += await _rewrite(tenant, store, object_key, None, wave)

    async def computed(tx: Transaction) -> None:
        await tx.connection.execute(_COMPUTED, tenant, published.version)

    await writing(tenant, store, computed)
    return written


async def _let_read(tenant: TenantId, store: Store, object_key: str, version: int) -> None:
    """Let the columns be read that were filling up to the version."""

    async def ready(tx: Transaction) -> None:
        await tx.connection.execute(_READY, tenant, object_key, version)

    await writing(tenant, store, ready)


async def _behind(
    tenant: TenantId, store: Store, object_key: str, place: tuple[UUID, int | None]
) -> list[UUID]:
    older = "($3::integer is null or metadata_version < $3)"
    asked = walking.piece(tenant, older, ROWS)
    async with store.database.reading(tenant) as connection:
        return [row[0] for row in await connection.fetch(asked, object_key, *place)]


async def _write_again(
    tx: Transaction, object_key: str, ids: Sequence[UUID], stale: Sequence[Field]
) -> None:
    """Write records again, with the stale values computed anew; neither version nor log tells."""
    if object_key not in tx.metadata.objects:
        return
    plan = tx.plan(object_key)
    held = await rows.hold(tx, ids)
    found = [drafts.loaded(plan, row) for row in held.rows.values()]
    today = tx.now.astimezone(tx.published.zone).date()
    setting = Setting(published=tx.published, now=tx.now, today=today)
    for owner, key in stale:
        if owner == object_key and key in plan.fields and plan.fields[key].field.derived:
            await _compute(tx, key, found, setting)
    batch = Batch()
    batch.add(*records.update(tx, filter(None, (_difference(tx, draft) for draft in found))))
    await batch.run(tx)


async def _compute(tx: Transaction, key: str, found: Sequence[Draft], setting: Setting) -> None:
    if not found:
        return
    plan = found[0].plan
    rollup = plan.of.fields[key].rollup
    if rollup is None:
        pace = Pace(0)
        for draft in found:
            await pace.next()
            finishing.compute_one(draft, key, setting)
        return
    parts_plan = tx.plan(rollup.object).contributes[plan.key, key]
    parts = await counting.parts(tx, parts_plan, [draft.id for draft in found], setting)
    for draft in found:
        plan.rollups[key].count(draft, parts[draft.id])


def _difference(tx: Transaction, draft: Draft) -> Difference | None:
    """What is to be written of a record: all its columns, if it is of an older version."""
    assert draft.before is not None
    if draft.before.metadata_version == tx.published.version:
        return records.difference(draft)
    drafts.seal(draft)
    return Difference(draft, {}, {}, frozenset())


async def _clear(tenant: TenantId, store: Store, object_key: str, column: str, since: int) -> None:
    """Empty a column that is no longer used, then let it be used again.

    Each piece begins behind the one before: what is empty already was stepped over by each of them,
    so of ten times as many records it took a hundred times as long.
    """
    if column in (NULLS, STAGE):  # tokens are cleared as a whole; stages stay, to be had again
        await _free(tenant, store, object_key, column)
        return
    assert column in _BOUND or column[0] in SQL_TYPES
    found = walking.piece(tenant, f"{column} is not null", ROWS, "record")
    statement = f"""
        update record set {column} = null where tenant_id = $3 and id = any(array(
            select id from record where tenant_id = $3 and id = any(array({found}))
            order by id for no key update))
        returning id
    """
    after: UUID | None = _FIRST
    while after is not None:

        async def work(tx: Transaction, after: UUID = after) -> UUID | None:
            where = (tx.tenant, object_key, column)
            if await tx.connection.fetchval(_RETIRED, *where) != since:
                return None  # someone else has cleared it, or it was in use again meanwhile
            cleared = await tx.connection.fetch(statement, object_key, after, tx.tenant)
            if cleared:
                last: UUID = max(one for (one,) in cleared)
                return last
            await tx.connection.execute(_FREE, *where)
            return None

        after = await writing(tenant, store, work)


async def _free(tenant: TenantId, store: Store, object_key: str, column: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.connection.execute(_FREE, tenant, object_key, column)

    await writing(tenant, store, work)
