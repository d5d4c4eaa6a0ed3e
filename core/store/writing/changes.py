"""The change log: who changed which record when, from what to what.

`before` and `after` hold values under their storage keys, those of long texts included. A new
record's `before` is nothing and its `after` everything that is not null; any other change has only
what differs, with explicit nulls. System fields stand beside them as `$owner`, `$currency`,
`$stage` and `$deleted_at`: no storage key starts with `$`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.store.plans.shapes import Insert
from core.store.writing.statements import Write
from core.store.writing.transactions import Transaction

OWNER, CURRENCY, STAGE, DELETED_AT = "$owner", "$currency", "$stage", "$deleted_at"

_SHAPE = Insert(
    "change",
    shared=(
        "epoch",
        "object",
        "kind",
        "user_id",
        "token_id",
        "source",
        "request_id",
        "metadata_version",
    ),
    columns=("seq", "record_id", "version", "before", "after"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """What one write did to one record; `version` is the one it has afterwards."""

    id: UUID
    version: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def write(tx: Transaction, object: str, kind: str, changes: list[Change]) -> Write:
    """The rows that log these changes."""
    author = tx.author
    shared = (
        tx.head.epoch,
        object,
        kind,
        author.user,
        author.token,
        author.origin.source,
        author.origin.request_id,
        tx.published.version,
    )
    numbered = zip(tx.numbers(len(changes)), changes, strict=True)
    rows = [(seq, one.id, one.version, one.before, one.after) for seq, one in numbered]
    return Write(_SHAPE, shared, rows)
