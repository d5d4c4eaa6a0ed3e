"""What rules read of other records, along the references of the one they check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from core.store.drafts import Draft
from core.store.plans import ObjectPlan
from core.store.rows import COLUMNS, SELECTED, Row, read
from core.store.values import reference
from core.store.writing import Transaction
from metadata.published import Published

_ROWS = f"select {SELECTED} from record as t where t.tenant_id = $1 and t.id = any($2::uuid[])"


async def load(
    tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft]
) -> dict[UUID, dict[str, Any]]:
    """The dotted names that the object's rules read: {record: {name: value as stored}}."""
    names = [name.split(".") for name in plan.computing.names if _is_path(name)]
    if not names:
        return {}
    rows: dict[UUID, Row] = {}
    for hop in sorted(
        {tuple(name[:-1][: n + 1]) for name in names for n in range(len(name) - 1)}, key=len
    ):
        await _fetch(tx, _ends(tx.published, drafts, hop, rows), rows)
    return {
        draft.id: {".".join(name): _read(tx.published, draft, name, rows) for name in names}
        for draft in drafts
    }


def _is_path(name: str) -> bool:
    return "." in name and not name.startswith("old.")


async def _fetch(tx: Transaction, ids: Iterable[UUID], rows: dict[UUID, Row]) -> None:
    missing = sorted(set(ids) - rows.keys())
    if missing:
        found = [read(tx, record) for record in await tx.reading.fetch(_ROWS, tx.tenant, missing)]
        rows.update((row.id, row) for row in found if row.deleted_at is None)


def _ends(
    published: Published, drafts: Iterable[Draft], hop: tuple[str, ...], rows: Mapping[UUID, Row]
) -> set[UUID]:
    """The records that the drafts reach by a path of references."""
    found = (_read(published, draft, hop, rows) for draft in drafts)
    taken = (reference(value) for value in found if value is not None)
    return {one for one in taken if isinstance(one, UUID)}


def _read(published: Published, draft: Draft, path: Sequence[str], rows: Mapping[UUID, Row]) -> Any:
    """The value at the end of a path; None where the path ends too early."""
    first, *rest = path
    value = draft.owner if first == "owner" else draft.values.get(first)
    for name in rest:
        row = rows.get(value) if isinstance(value, UUID) else None
        if row is None:
            return None
        value = _of_row(published, row, name)
    return value


def _of_row(published: Published, row: Row, name: str) -> Any:
    if name in COLUMNS:
        return getattr(row, name)
    if name == "stage_kind":
        pipeline = published.metadata.pipeline_of(row.object)
        stage = pipeline.stage(row.stage or "") if pipeline is not None else None
        return stage.kind.value if stage is not None else None
    field = published.metadata.objects[row.object].fields[name]
    stored = published.storage.place(row.object, name).key
    value = {**row.data, **(row.long or {})}.get(stored)
    return UUID(value) if field.reference is not None and value is not None else value
