"""Published versions of a tenant's metadata: loading the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from asyncpg import Connection

from core.building import built
from core.errors import NotFound, Unavailable
from core.identity import TenantId
from core.store.database.connections import Database
from core.store.recent import Recent
from core.store.tenancy import epoch
from metadata import layers
from metadata import storage as places
from metadata.layers import Layer
from metadata.model import Metadata
from metadata.parsing import parse
from metadata.published import Published
from metadata.storage import SlotState, Storage

VERSIONS_KEPT = 64
Unready = tuple[tuple[str, str], SlotState]
"""((object, column), state) of a column that is filling or retired; all others are ready."""
Layers = Mapping[str, Mapping[str, str]]
"""As stored: {layer: {path: the document's text}}."""

_HEAD = """
    select h.version, v.fingerprint, v.storage->>'digest' as digest,
           t.currency, t.time_zone, t.language, t.currency_frozen, p.epoch
    from read.metadata_head as h
    join read.metadata_version as v on v.tenant_id = $1 and v.version = h.version
    join tenant as t on t.id = $1
    cross join platform as p
    where h.tenant_id = $1
"""
_UNREADY = """
    select object, slot, state from read.slot
    where tenant_id = $1 and state <> 'ready' and not starts_with(slot, '~')
"""
_STORAGE = "select storage from read.metadata_version where tenant_id = $1 and version = $2"
_MISSING = """
    select case when $3 then layers end as layers, case when $4 then storage end as storage
    from read.metadata_version where tenant_id = $1 and version = $2
"""
_EVERY = """
    select version, kind, note, of_version, fingerprint, created_at, created_by
    from read.metadata_version where tenant_id = $1 order by version desc
"""
_LAYERS = "select layers from read.metadata_version where tenant_id = $1 and version = $2"


class Unaccepted(Unavailable):
    """An older release has published for a tenant what this one refuses."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest version, and the epoch that changes are logged in."""

    published: Published
    epoch: int
    currency_frozen: bool  # there are amounts, so the tenant's currency stays

    @property
    def settled(self) -> bool:
        """Whether no slot is still filling, which ends without a new version."""
        slots = (place.slot for _, _, place in self.published.storage.slots())
        return all(slot is None or slot.state is not SlotState.FILLING for slot in slots)


class Known:
    """What was loaded or published before, by what it says: tenants that say the same share it."""

    def __init__(self) -> None:
        self.metadata: Recent[str, Metadata] = Recent(VERSIONS_KEPT)
        """By the fingerprint that the version was published with."""
        self.storages: Recent[tuple[str | None, frozenset[Unready]], Storage] = Recent(
            VERSIONS_KEPT
        )
        """By the digest of the stored form and the columns that are not ready."""

    def keep(self, metadata: Metadata, storage: Storage) -> None:
        """Have at hand what was published: nobody needs to read it again."""
        self.metadata.keep(metadata.fingerprint, metadata)
        digest = cast("str", places.to_json(storage)["digest"])
        self.storages.keep((digest, frozenset(storage.unready().items())), storage)


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of a version. `of_version` is the one that a rollback went back to."""

    version: int
    kind: str
    note: str
    of_version: int | None
    fingerprint: str
    created_at: datetime
    created_by: UUID | None


async def load(tenant: TenantId, database: Database, known: Known) -> Head:
    """The tenant's newest version.

    Raises:
        NotFound: there is no such tenant, or it has published nothing.
        Unaccepted: an older release took what is refused now.
    """
    async with database.reading(tenant, "generic") as connection:
        row = await connection.fetchrow(_HEAD, tenant)
        if row is None:
            raise NotFound("There is no such tenant.")
        current = row["epoch"]
        has_ended = await epoch.has_ended(tenant, connection, current)
        unready = await _unready(tenant, connection)
        metadata = known.metadata.get(row["fingerprint"])
        said = row["digest"], frozenset(unready.items())
        storage = known.storages.get(said)
        if metadata is None or storage is None:
            missing = metadata is None, storage is None
            stored = await connection.fetchrow(_MISSING, tenant, row["version"], *missing)
    if has_ended:
        current = await epoch.advance(database, current)
    # In threads: with many fields both take long enough for others to notice.
    if storage is None:
        storage = await built(_storage, stored["storage"], unready)
        if row["digest"] is not None:  # there was none at first
            known.storages.keep(said, storage)
    if metadata is None:
        metadata = await built(_parse, stored["layers"])
        known.metadata.keep(row["fingerprint"], metadata)
    published = Published(
        version=row["version"],
        metadata=metadata,
        storage=storage,
        currency=row["currency"],
        time_zone=row["time_zone"],
        language=row["language"],
    )
    return Head(published, current, row["currency_frozen"])


async def _unready(tenant: TenantId, connection: Connection) -> dict[tuple[str, str], SlotState]:
    rows = await connection.fetch(_UNREADY, tenant)
    return {(row["object"], row["slot"]): SlotState(row["state"]) for row in rows}


def _storage(
    written: Mapping[str, object], unready: Mapping[tuple[str, str], SlotState]
) -> Storage:
    return places.of_json(written).with_unready(unready)


def _parse(stored: Layers) -> Metadata:
    metadata = parse(layers_of(stored), lax=stored)
    if isinstance(metadata, Metadata):
        return metadata
    raise Unaccepted(
        "This release of Dealgraph does not accept what the tenant has published:"
        f" {metadata[0].document}{metadata[0].pointer}: {metadata[0].message.rstrip('.')}."
        " Publish what it accepts with the release before, then come back to this one."
    )


async def load_layers(tenant: TenantId, connection: Connection, version: int) -> Layers:
    """The documents of one version, as they are stored.

    Raises:
        NotFound: there is no such version.
    """
    stored: Layers | None = await connection.fetchval(_LAYERS, tenant, version)
    if stored is None:
        raise NotFound(f"There is no version {version}.")
    return stored


async def load_storage(tenant: TenantId, connection: Connection, version: int) -> Storage:
    """Where values lay when a version was published.

    Raises:
        NotFound: there is no such version.
    """
    stored = await connection.fetchval(_STORAGE, tenant, version)
    if stored is None:
        raise NotFound(f"There is no version {version}.")
    return places.of_json(stored)


async def every(tenant: TenantId, connection: Connection) -> list[Noted]:
    """All versions, the newest first."""
    return [Noted(*row) for row in await connection.fetch(_EVERY, tenant)]


def layers_of(stored: Layers) -> list[Layer]:
    """Layers from their stored form."""
    return layers.of_json(stored)


def stored_layers(found: list[Layer]) -> Layers:
    """The stored form of layers."""
    return layers.to_json(found)
