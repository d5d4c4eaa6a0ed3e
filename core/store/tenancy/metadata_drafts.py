"""The tenant's next declarations, as they are being worked on: one draft a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from core.errors import Problem, Refused
from core.identity import TenantId
from metadata import bounds, documents
from metadata.documents import Document

_READ = """
    select version, documents, updated_at, updated_by from {} where tenant_id = $1
"""
_WRITE = """
    insert into metadata_draft as d (tenant_id, version, documents, updated_at, updated_by)
    values ($1, $2, $3, now(), $4)
    on conflict (tenant_id) do update
    set version = excluded.version, documents = excluded.documents,
        updated_at = excluded.updated_at, updated_by = excluded.updated_by
"""
_RENEW = """
    with renewed as (
        update metadata_draft set version = version + 1, updated_at = now(), updated_by = $3
        where tenant_id = $1 and version = $2 returning version)
    select exists (select from renewed)
        or $2 = 0 and not exists (select from metadata_draft where tenant_id = $1)
"""


@dataclass(frozen=True, slots=True)
class MetadataDraft:
    """A draft as it stands: the tenant's own documents by path. Each change raises `version`."""

    version: int
    documents: Mapping[str, Document]
    updated_at: datetime | None = None
    updated_by: UUID | None = None


async def find(
    tenant: TenantId, connection: Connection, *, lock: bool = False
) -> MetadataDraft | None:
    """The tenant's draft, if one was ever saved."""
    table = "metadata_draft" if lock else "read.metadata_draft"
    suffix = " for update" if lock else ""
    row = await connection.fetchrow(_READ.format(table) + suffix, tenant)
    if row is None:
        return None
    kept = {path: documents.reread(text) for path, text in row["documents"].items()}
    return MetadataDraft(row["version"], kept, row["updated_at"], row["updated_by"])


async def put(
    tenant: TenantId, connection: Connection, draft: MetadataDraft, by: UUID | None
) -> None:
    """Keep the draft in place of the one before.

    Raises:
        Refused: it is larger than a tenant's own declarations may be.
    """
    kept = {path: documents.text(found) for path, found in draft.documents.items()}
    _check(len(kept), sum(map(len, kept.values())))
    await connection.execute(_WRITE, tenant, draft.version, documents.text(kept), by)


async def renew(tenant: TenantId, connection: Connection, version: int, by: UUID | None) -> bool:
    """Give the draft its next version; whether it was at this one still. 0: none was ever saved."""
    done: bool = await connection.fetchval(_RENEW, tenant, version, by)
    return done


def _check(count: int, size: int) -> None:
    for found, allowed, of in (
        (count, bounds.DOCUMENTS, "documents"),
        (size, bounds.DRAFT_BYTES, "bytes"),
    ):
        if found > allowed:
            message = f"The draft would have {found:,} {of}; at most {allowed:,} are kept."
            raise Refused([Problem(("documents",), "TOO_MANY", message)])
