"""Records as the table holds them, read to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from core.store.writing.transactions import HEAD, Expected, Transaction


@dataclass(slots=True)
class Row:
    """One record, values under their storage keys."""

    id: UUID
    object: str
    version: int
    data: dict[str, Any]
    long: dict[str, Any] | None
    owner: UUID | None
    currency: str | None
    stage: str | None
    stage_entered_at: datetime | None
    metadata_version: int
    deleted_at: datetime | None
    deletion_id: UUID | None
    created_at: datetime
    created_by: UUID | None


COLUMNS = tuple(field.name for field in fields(Row))
SELECTED = ", ".join(f"t.{column}" for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class Held:
    """What a transaction has locked: records to change, and live ones that it refers to."""

    rows: Mapping[UUID, Row]
    referred: Mapping[UUID, str]  # {id: its object}


async def hold(tx: Transaction, ids: Iterable[UUID], referred: Iterable[UUID] = ()) -> Held:
    """Lock records for a change, and others against deletion.

    Deleted records are among the rows and not among the referred. What does not exist is left
    out. Without locks, what is referred to is not looked up: the write expects it.
    """
    if tx.expected is not None:
        return Held(await _seen(tx, tx.expected, ids), {})
    objects: dict[UUID, str] = {}
    rows = await _locked(tx, _CHANGED, ids)
    kept = sorted(set(referred))
    if kept:
        found = await tx.connection.fetch(_KEPT, tx.tenant, kept)
        for version, epoch, one, object_key, is_live in found:
            tx.confirm(version, epoch)
            if is_live:
                objects[one] = object_key
    return Held(rows, objects)


async def _seen(tx: Transaction, expected: Expected, ids: Iterable[UUID]) -> dict[UUID, Row]:
    rows: dict[UUID, Row] = {}
    wanted = sorted(set(ids))
    if wanted:
        for version, epoch, xmin, *values in await tx.reading.fetch(_SEEN, tx.tenant, wanted):
            tx.confirm(version, epoch)
            rows[values[0]] = read(tx, values)
            expected.rows[values[0]] = xmin
    return rows


async def existing(tx: Transaction, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that records have, deleted ones too."""
    return {one for (one,) in await tx.connection.fetch(_EXISTING, tx.tenant, ids)}


async def hold_for_removal(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Lock records so that nobody can begin to refer to them."""
    return await _locked(tx, _REMOVED, ids)


async def hold_in_turn(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Lock records in the same way, in this order."""
    await tx.connection.fetch(_IN_TURN, tx.tenant, ids)


async def _locked(tx: Transaction, statement: str, ids: Iterable[UUID]) -> dict[UUID, Row]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows: dict[UUID, Row] = {}
    for version, epoch, *values in await tx.connection.fetch(statement, tx.tenant, wanted):
        tx.confirm(version, epoch)
        rows[values[0]] = read(tx, values)
    return rows


def read(tx: Transaction, values: Iterable[Any]) -> Row:
    """A record as selected. One from before its object had amounts is in the tenant's currency."""
    row = Row(*values)
    known = row.object in tx.metadata.objects
    if row.currency is None and known and tx.plan(row.object).has_money:
        row.currency = tx.published.currency
    return row


_EXISTING = "select id from record where tenant_id = $1 and id = any($2::uuid[])"
_LOCK = (
    f"select {HEAD}, {SELECTED} from record as t"
    " where t.tenant_id = $1 and t.id = any($2::uuid[]) order by t.id"
)
_SEEN = (
    f"select {HEAD}, t.xmin, {SELECTED} from record as t"
    " where t.tenant_id = $1 and t.id = any($2::uuid[])"
)
_CHANGED = f"{_LOCK} for no key update of t"
_REMOVED = f"{_LOCK} for update of t"
_IN_TURN = """
    select t.id from unnest($2::uuid[]) with ordinality as o (id, turn)
    join record as t on t.id = o.id
    where t.tenant_id = $1 order by o.turn for update of t
"""
# Without a condition on deleted_at: it lets in an index by creation, which was taken where the
# statement was planned for an empty table, and stepped through all records for each id.
_KEPT = (
    f"select {HEAD}, t.id, t.object, t.deleted_at is null from record as t"
    " where t.tenant_id = $1 and t.id = any($2::uuid[])"
    " order by t.id for key share of t"
)
