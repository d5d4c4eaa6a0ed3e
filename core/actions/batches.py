"""What all writes of records have in common: how many, who may, by which plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from core.errors import Forbidden, LimitExceeded, NotFound, Problem
from core.identity import Actor
from core.store.plans.object_plans import ObjectPlan
from core.store.tenancy.opening import Store
from core.store.writing.drafts import Setting
from core.store.writing.rows import Row
from core.store.writing.transactions import Transaction

MOST_RECORDS = 500
"""In one batch, which is written as a whole or not at all."""


def check(actor: Actor, count: int) -> None:
    """Refuse who may not write, and batches that are too large.

    Raises:
        Forbidden, LimitExceeded
    """
    if not actor.may_write:
        raise Forbidden("This token may read only.")
    if count > MOST_RECORDS:
        raise LimitExceeded(
            f"A batch has at most {MOST_RECORDS} records.",
            limit="batch",
            value=count,
            allowed=MOST_RECORDS,
        )


def plan_of(store: Store, tx: Transaction, object: str) -> ObjectPlan:
    """How records of the object are written.

    Raises:
        NotFound: there is no such object.
    """
    if object not in tx.metadata.objects:
        raise NotFound(f"There is no object {object!r}.")
    return store.plan(tx.published, object)


def setting_of(tx: Transaction, actor: Actor) -> Setting:
    """What holds for all records of this write."""
    return Setting(
        published=tx.published,
        now=tx.now,
        today=tx.now.astimezone(ZoneInfo(tx.published.time_zone)).date(),
        user=actor.user,
        privileged=tx.author.origin.source == "import" and actor.may_administer,
    )


def found(
    plan: ObjectPlan, held: Mapping[UUID, Row], ids: Sequence[object]
) -> tuple[dict[int, Row], list[Problem]]:
    """The live records of the object by the index of their edit, and what is wrong with others."""
    there: dict[int, Row] = {}
    wrong = []
    for index, wanted in enumerate(ids):
        row = held.get(wanted) if isinstance(wanted, UUID) else None
        if row is None or row.object != plan.key or row.deleted_at is not None:
            text = f"There is no {plan.key} with this id."
            wrong.append(Problem((index, "id"), "NOT_FOUND", text))
        elif any(row is other for other in there.values()):
            wrong.append(Problem((index, "id"), "DUPLICATE", "This record is given twice."))
        else:
            there[index] = row
    return there, wrong
