"""What all writes of records have in common: how many, who may, by which plan."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from core.errors import Forbidden, LimitExceeded, NotFound
from core.identity import Actor
from core.store.drafts import Setting
from core.store.opening import Store
from core.store.plans import ObjectPlan
from core.store.writing import Transaction

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
