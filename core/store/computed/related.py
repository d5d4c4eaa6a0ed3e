"""What rules read of other records, along the references of the one they check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.store.computed import rates
from core.store.computed.rates import Priced, Rates
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import reference
from core.store.writing.drafts import Draft
from core.store.writing.rows import COLUMNS, SELECTED, Row, read
from core.store.writing.transactions import Transaction
from metadata.model import StageKind
from metadata.published import Published

_ROWS = f"select {SELECTED} from record as t where t.tenant_id = $1 and t.id = any($2::uuid[])"


@dataclass(frozen=True, slots=True)
class Related:
    """What the rules of one record read of others, by dotted name."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """As stored."""
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    """For formulas that give amounts: amounts of others, in the record's own currency."""


async def load(
    tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft]
) -> Mapping[UUID, Related]:
    """What the object's rules read of other records, by the record that they are asked of."""
    names = [name.split(".") for name in plan.computing.names if _is_path(name)]
    if not names:
        return {}
    rows: dict[UUID, Row] = {}
    for hop in sorted(
        {tuple(name[:-1][: n + 1]) for name in names for n in range(len(name) - 1)}, key=len
    ):
        await _fetch(tx, _ends(tx.published, drafts, hop, rows), rows)
    amounts = await _amounts(tx, plan, drafts, rows)
    return {
        draft.id: Related(
            {".".join(name): _read(tx.published, draft, name, rows) for name in names},
            amounts.get(draft.id, {}),
        )
        for draft in drafts
    }


async def _amounts(
    tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft], rows: Mapping[UUID, Row]
) -> dict[UUID, dict[str, Decimal | None]]:
    paths = [name.split(".") for name in sorted(plan.computing.amounts)]
    if not paths:
        return {}
    currencies = {draft.currency for draft in drafts} | {row.currency for row in rows.values()}
    known = await rates.load(tx, currencies, [*rows, *(draft.id for draft in drafts)])
    found: dict[UUID, dict[str, Decimal | None]] = {}
    for draft in drafts:
        own = _priced(tx, plan.key, draft)
        found[draft.id] = {
            ".".join(path): _amount(tx, (draft, path), rows, known, own) for path in paths
        }
    return found


def _amount(
    tx: Transaction,
    at: tuple[Draft, Sequence[str]],
    rows: Mapping[UUID, Row],
    known: Rates,
    own: Priced,
) -> Decimal | None:
    """The amount at the end of a path, in the currency of the record that it starts from."""
    draft, path = at
    row = rows.get(_read(tx.published, draft, path[:-1], rows))
    value = _of_row(tx.published, row, path[-1]) if row is not None else None
    if row is None or value is None:
        return None
    return known.converted(Decimal(value), _priced(tx, row.object, row), own)


def _priced(tx: Transaction, object_key: str, of: Draft | Row) -> Priced:
    """The rate is today's, and in a closed stage that of the day when it was entered."""
    pipeline = tx.published.metadata.pipeline_of(object_key)
    stage = pipeline.stage(of.stage) if pipeline is not None and of.stage else None
    closed = stage is not None and stage.kind is not StageKind.OPEN
    moment = of.stage_entered_at if closed and of.stage_entered_at is not None else tx.now
    day = moment.astimezone(tx.published.zone).date()
    return Priced(of.id, of.currency or tx.published.currency, day)


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
    declared = published.metadata.objects[row.object].fields[name]
    stored = published.storage.place(row.object, name).key
    value = {**row.data, **(row.long or {})}.get(stored)
    return UUID(value) if declared.reference is not None and value is not None else value
