"""What expressions may read of a record beside its fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from core.store.writing.drafts import Draft, Setting
from core.store.writing.rows import Row
from metadata.model import Pipeline


def of_draft(draft: Draft, setting: Setting) -> dict[str, Any]:
    """Of a record as it is going to be."""
    row = draft.before
    created_at = row.created_at if row is not None else draft.created_at or setting.now
    created_by = row.created_by if row is not None else setting.user
    stage = draft.plan.stage
    pipeline = stage.pipeline if stage is not None else None
    return {"created_at": created_at, "created_by": created_by, **_shared(draft, pipeline)}


def of_row(row: Row, pipeline: Pipeline | None) -> dict[str, Any]:
    """Of a record as it is."""
    return {
        "created_at": row.created_at,
        "created_by": row.created_by,
        **_shared(row, pipeline),
    }


class _Shared(Protocol):
    owner: UUID | None
    currency: str | None
    stage: str | None
    stage_entered_at: datetime | None


def _shared(of: _Shared, pipeline: Pipeline | None) -> dict[str, Any]:
    stage = pipeline.stage(of.stage) if pipeline is not None and of.stage else None
    return {
        "owner": of.owner,
        "currency": of.currency,
        "stage": of.stage,
        "stage_kind": stage.kind.value if stage is not None else None,
        "stage_entered_at": of.stage_entered_at,
    }
