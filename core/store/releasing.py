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


@dataclass(frozen=True, slots=True)
class Release:
    """A version to be, with what it declares."""

    new: Published
    version: Version


async def release(tx: Transaction, release: Release) -> None:
    """Publish the version, and what cannot wait: unique claims, trees and search tokens.

    The transaction holds the fence alone.
    """
    await reclaiming.reclaim(tx, release.new)
    await publishing.add(tx.tenant, tx.connection, release.version)
    after = replace(tx, head=replace(tx.head, published=release.new))
    await planting.plant(after, tx.published)
    for object_key in _searched_anew(tx.published, release.new):
        await _rewrite(after, object_key)


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
