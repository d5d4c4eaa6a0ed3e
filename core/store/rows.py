"""Records as the table holds them, read to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from core.store.writing import HEAD, Transaction


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
_NO_ROW = ", ".join(
    f"null::{kind}"
    for kind in (
        "bigint",
        "jsonb",
        "jsonb",
        "uuid",
        "text",
        "text",
        "timestamptz",
        "integer",
        "timestamptz",
        "uuid",
        "timestamptz",
        "uuid",
    )
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a transaction has locked: records to change, and live ones that it refers to."""

    rows: Mapping[UUID, Row]
    referred: Mapping[UUID, str]  # {id: its object}


NOTHING = Held({}, {})


async def hold(tx: Transaction, ids: Iterable[UUID], referred: Iterable[UUID] = ()) -> Held:
    """Lock records for a change, and others against deletion, in one statement.

    Deleted records are among the rows and not among the referred. What does not exist is left
    out.
    """
    changed, kept = sorted(set(ids)), sorted(set(referred))
    if not changed and not kept:
        return NOTHING
    found = await tx.connection.fetch(
        _STATEMENTS[bool(changed), bool(kept)], *_given(tx, changed, kept)
    )
    rows: dict[UUID, Row] = {}
    objects: dict[UUID, str] = {}
    for record in found:
        kind, version, epoch, *values = record
        if kind == "h":
            tx.confirm(version, epoch)
        elif kind == "r":
            objects[values[0]] = values[1]
        else:
            rows[values[0]] = Row(*values)
    return Held(rows, objects)


def _given(tx: Transaction, *lists: Sequence[UUID]) -> list[object]:
    return [tx.tenant, *(ids for ids in lists if ids)]


def _statement(*, changed: bool, kept: bool) -> str:
    parts, unions = [], [f"select 'h', {HEAD}, null::uuid, null::text, {_NO_ROW}"]
    if changed:
        parts.append(
            f"changed as (select {SELECTED} from record as t"
            " where t.tenant_id = $1 and t.id = any($2::uuid[]) order by t.id for no key update)"
        )
        unions.append("select 'c', null, null, t.* from changed as t")
    if kept:
        parts.append(
            "kept as (select t.id, t.object from record as t where t.tenant_id = $1"
            f" and t.id = any(${2 + changed}::uuid[]) and t.deleted_at is null"
            " order by t.id for key share)"
        )
        unions.append(f"select 'r', null, null, t.id, t.object, {_NO_ROW} from kept as t")
    return f"with {', '.join(parts)} {' union all '.join(unions)}"


_STATEMENTS = {
    (changed, kept): _statement(changed=changed, kept=kept)
    for changed in (True, False)
    for kept in (True, False)
    if changed or kept
}
