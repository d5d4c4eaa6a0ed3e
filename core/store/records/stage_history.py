"""The stays of staged records in their stages: append-only, the base of every metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.store.computed import rates
from core.store.computed.finishing import usual_probability
from core.store.computed.rates import Priced, Rates
from core.store.plans.field_plans import StagePlan
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.shapes import Insert
from core.store.writing.drafts import Draft
from core.store.writing.statements import Write
from core.store.writing.transactions import Transaction

_SHAPE = Insert(
    "stage_history",
    shared=("object", "pipeline", "pipeline_version", "actor"),
    columns=(
        "record_id",
        "seq_no",
        "kind",
        "from_stage",
        "to_stage",
        "skipped",
        "entered_at",
        "exited_at",
        "duration_s",
        "amount",
        "currency",
        "amount_corporate",
        "probability",
        "close_date",
        "owner",
        "reason",
        "note",
    ),
    fixed=(("recorded_at", "now()"),),
)


async def begin(tx: Transaction, plan: ObjectPlan, new: Sequence[Draft]) -> list[Write]:
    """The first stays of new records, each with what the record is worth as it is written.

    How likely it was in a stage that it has left is what is usual there.
    """
    if plan.stage is None or not new:
        return []
    stage = plan.stage
    found = await rates.load(tx, {draft.currency for draft in new})
    rows = [row for draft in new for row in _rows(tx, stage, draft, found)]
    pipeline = stage.pipeline.key
    return [Write(_SHAPE, (plan.key, pipeline, tx.published.version, tx.author.user), rows)]


def _rows(
    tx: Transaction, stage: StagePlan, draft: Draft, found: Rates
) -> Iterator[tuple[Any, ...]]:
    amount, close_date, probability = (
        draft.values.get(fields.key) if fields is not None else None
        for fields in (stage.amount, stage.date, stage.probability)
    )
    zone = ZoneInfo(tx.published.time_zone)
    for number, stay in enumerate(draft.stays, start=1):
        left = stage.pipeline.stage(stay.to_stage) if stay.exited_at is not None else None
        likely = probability
        if left is not None and stage.probability is not None:
            likely = usual_probability(stage.probability, left)
        entered_at: datetime = stay.entered_at or tx.now
        currency = draft.currency or tx.published.currency
        priced = Priced(draft.id, currency, entered_at.astimezone(zone).date())
        yield (
            draft.id,
            number,
            stay.move.value,
            stay.from_stage,
            stay.to_stage,
            list(stay.skipped),
            entered_at,
            stay.exited_at,
            stay.seconds,
            amount,
            draft.currency,
            found.corporate_amount(amount, priced),
            likely,
            close_date,
            draft.owner,
            stay.reason,
            stay.note,
        )
