"""Unique constraints that come, change or go with a version: what stored records claim by them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from core.store.plans.object_plans import ObjectPlan, plan_of
from core.store.records import unique_keys
from core.store.records.unique_keys import Claim
from core.store.releases import impacts
from core.store.releases.impacts import Census
from core.store.writing import drafts
from core.store.writing.statements import Batch
from core.store.writing.transactions import Transaction
from metadata.published import Published

_FORGET = """
    delete from unique_key
    where tenant_id = $1 and object = $2 and constraint_key = any($3::text[])
"""

Constraint = tuple[str, tuple[str, ...], bool]
"""(key, storage keys of its fields, whether case is ignored)."""


async def reclaim(tx: Transaction, new: Published, there: Collection[str]) -> None:
    """Let live records claim what the new version's constraints say, where these differ.

    `there` are the objects that may have records. The transaction holds the fence alone; that no
    two records share values has been made sure.
    """
    old = tx.published
    for object_key in dict.fromkeys((*old.metadata.objects, *new.metadata.objects)):
        before, after = set(_constraints(old, object_key)), set(_constraints(new, object_key))
        gone = sorted({one[0] for one in before - after})
        if gone:
            await tx.connection.execute(_FORGET, tx.tenant, object_key, gone)
        fresh = {one[0] for one in after - before}
        if fresh and object_key in there:
            await _claim(
                tx, plan_of(new, object_key), Census(tx.tenant, tx.connection, old, new), fresh
            )


def _constraints(published: Published, object_key: str) -> Iterator[Constraint]:
    of = published.metadata.objects.get(object_key)
    for unique in of.uniques if of is not None else ():
        places = (published.storage.place(object_key, key).key for key in unique.fields)
        yield unique.key, tuple(places), unique.ignore_case


async def _claim(tx: Transaction, plan: ObjectPlan, census: Census, fresh: set[str]) -> None:
    uniques = [one for one in plan.uniques if one.unique.key in fresh]
    async for rows in impacts.pages(census, plan.key):
        claims: list[Claim] = []
        for row in rows:
            claims += unique_keys.claims(uniques, drafts.values_of(plan, row), row.id)
        batch = Batch()
        batch.add(unique_keys.write(plan.key, claims))
        await batch.run(tx)
