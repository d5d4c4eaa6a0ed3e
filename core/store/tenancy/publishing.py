"""Versions as they are written: immutable, each with its layers and where values lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Connection

from core.identity import TenantId
from core.store.tenancy.versions import Layers
from metadata import documents
from metadata import storage as places
from metadata.storage import SlotState, Storage

_VERSION = """
    insert into metadata_version (tenant_id, version, created_at, created_by, kind, note,
        of_version, fingerprint, layers, storage)
    values ($1, $2, now(), $3, $4, $5, $6, $7, $8, $9)
"""
_HEAD = """
    insert into metadata_head (tenant_id, version) values ($1, $2)
    on conflict (tenant_id) do update set version = excluded.version
"""
_SLOTS = "select object, slot, storage_key, state from slot where tenant_id = $1"
_SLOT = """
    insert into slot (tenant_id, object, slot, storage_key, state, since_version)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (tenant_id, object, slot) do update
    set storage_key = excluded.storage_key, state = excluded.state,
        since_version = excluded.since_version
"""


STALE = "~"
"""What a stored computed field has in place of a column, its key behind it, until its values are
computed anew."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version to be."""

    number: int
    kind: str  # create, publish or rollback
    fingerprint: str
    layers: Layers
    storage: Storage
    by: UUID | None = None
    note: str = ""
    of_version: int | None = None  # what a rollback goes back to
    stale: Sequence[tuple[str, str]] = ()  # (object, field) whose values are to be computed anew


async def add(tenant: TenantId, connection: Connection, version: Version) -> None:
    """Make this the tenant's newest version, where the connection holds the fence alone."""
    await connection.execute(
        _VERSION,
        tenant,
        version.number,
        version.by,
        version.kind,
        version.note,
        version.of_version,
        version.fingerprint,
        documents.text(version.layers),
        places.to_json(version.storage),
    )
    await connection.execute(_HEAD, tenant, version.number)
    there = {tuple(row) for row in await connection.fetch(_SLOTS, tenant)}
    slots = [slot for slot in _slots(version.storage) if slot not in there]
    slots += _stale(version)
    await connection.executemany(_SLOT, [(tenant, *slot, version.number) for slot in slots])


def _slots(storage: Storage) -> Iterator[tuple[str, str, str, str]]:
    """(object, column, storage key, state) of every column that is not free."""
    for owner, column, place in storage.slots():
        assert place.slot is not None
        yield owner, column, place.key, place.slot.state.value
    for owner, columns in storage.retired.items():
        for column, key in columns.items():
            yield owner, column, key, SlotState.RETIRED.value


def _stale(version: Version) -> Iterator[tuple[str, str, str, str]]:
    for owner, key in version.stale:
        yield owner, STALE + key, version.storage.place(owner, key).key, SlotState.FILLING.value
