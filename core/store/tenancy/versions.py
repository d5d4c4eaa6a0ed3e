"""Published versions of a tenant's metadata: loading the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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

Parsed = Recent[str, Metadata]
"""Parsed metadata by fingerprint: tenants that declare the same share it."""
Layers = Mapping[str, Mapping[str, str]]
"""As stored: {layer: {path: the document's text}}."""

_HEAD = """
    select h.version, v.fingerprint, v.storage, t.currency, t.time_zone, t.language,
           t.currency_frozen, p.epoch
    from read.metadata_head as h
    join read.metadata_version as v on v.tenant_id = $1 and v.version = h.version
    join tenant as t on t.id = $1
    cross join platform as p
    where h.tenant_id = $1
"""
_SLOTS = "select object, slot, state from read.slot where tenant_id = $1"
_STORAGE = "select storage from read.metadata_version where tenant_id = $1 and version = $2"
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


async def load(tenant: TenantId, database: Database, parsed: Parsed) -> Head:
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
        states = await slot_states(tenant, connection)
        metadata, stored = parsed.get(row["fingerprint"]), None
        if metadata is None:
            stored = await load_layers(tenant, connection, row["version"])
    if has_ended:
        current = await epoch.advance(database, current)
    # In threads: with many fields both take long enough for others to notice.
    storage = await built(places.of_json, row["storage"])
    if metadata is None:
        metadata = await built(_parse, stored)
        parsed.keep(row["fingerprint"], metadata)
    published = Published(
        version=row["version"],
        metadata=metadata,
        storage=storage.with_states(states),
        currency=row["currency"],
        time_zone=row["time_zone"],
        language=row["language"],
    )
    return Head(published, current, row["currency_frozen"])


async def slot_states(tenant: TenantId, connection: Connection) -> dict[tuple[str, str], SlotState]:
    """The states of all columns that are not free: {(object, column): state}."""
    rows = await connection.fetch(_SLOTS, tenant)
    return {(row["object"], row["slot"]): SlotState(row["state"]) for row in rows}


def _parse(stored: Layers | None) -> Metadata:
    metadata = parse(layers_of(stored or {}), lax=stored or ())
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
