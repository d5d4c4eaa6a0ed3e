"""Making a version the tenant's newest: everything that must be true at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from core.store import planting, publishing, reclaiming, settling
from core.store.publishing import Version
from core.store.writing import Transaction
from metadata.published import Published

_FIRST = UUID(int=0)
_PAGE = f"""
    select id from record where tenant_id = $1 and object = $2 and id > $3
    order by id limit {settling.ROWS}
"""

_BACK = """
    select o.key from unnest($2::text[]) as o (key)
    where exists (
        select from record as t
        where t.tenant_id = $1 and t.object = o.key and t.deleted_at is null)
"""


@dataclass(frozen=True, slots=True)
class Release:
    """A version to be, with what it declares."""

    new: Published
    version: Version


async def release(tx: Transaction, release: Release) -> None:
    """Publish the version, and what cannot wait: unique claims, trees and search tokens.

    The transaction holds the fence alone.
    """
    there = await _there(tx, release.new)
    await reclaiming.reclaim(tx, release.new, there)
    await publishing.add(tx.tenant, tx.connection, release.version)
    after = replace(tx, head=replace(tx.head, published=release.new))
    await planting.plant(after, tx.published, there)
    for object_key in _searched_anew(tx.published, release.new):
        await _rewrite(after, object_key)


async def _there(tx: Transaction, new: Published) -> list[str]:
    """The objects that may have records: those that were, and those that were gone and come back."""
    old = tx.published.metadata.objects
    fresh = [key for key in new.metadata.objects if key not in old]
    back = await tx.connection.fetch(_BACK, tx.tenant, fresh) if fresh else ()
    return [*old, *(key for (key,) in back)]


def _searched_anew(old: Published, new: Published) -> Iterator[str]:
    """Objects whose stored values become searchable."""
    for key, of in new.metadata.objects.items():
        was = old.metadata.objects.get(key)
        if was is None:
            continue
        before = {old.storage.place(key, one.key).key for one in was.fields.values() if one.search}
        stored = {place.key for place in old.storage.places[key].values()}
        places = (new.storage.place(key, one.key).key for one in of.fields.values() if one.search)
        if any(place in stored and place not in before for place in places):
            yield key


async def _rewrite(tx: Transaction, object_key: str) -> None:
    after = _FIRST
    while rows := await tx.connection.fetch(_PAGE, tx.tenant, object_key, after):
        ids = [row["id"] for row in rows]
        await settling.rewrite(tx, object_key, ids)
        after = ids[-1]
