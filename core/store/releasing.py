"""Making a version the tenant's newest: everything that must be true at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from core.errors import Problem
from core.store import publishing, reclaiming, settling
from core.store.impacts import Census
from core.store.publishing import Version
from core.store.writing import Transaction
from metadata.published import Published

_FIRST = UUID(int=0)
_ANY = "select exists (select from read.record where tenant_id = $1 and object = $2)"
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
    """Publish the version, and what cannot wait: unique claims and search tokens.

    The transaction holds the fence alone.
    """
    await reclaiming.reclaim(tx, release.new)
    await publishing.add(tx.tenant, tx.connection, release.version)
    after = replace(tx, head=replace(tx.head, published=release.new))
    for object_key in _searched_anew(tx.published, release.new):
        await _rewrite(after, object_key)


async def obstacles(census: Census) -> list[Problem]:
    """What cannot become true of records that are there already."""
    found = []
    for key, was in census.old.metadata.objects.items():
        now = census.new.metadata.objects.get(key)
        if now is None or not await _has_records(census, key):
            continue
        if now.tree is not None and was.tree is None:
            found.append(_obstacle(key, "TREE_ON_RECORDS", "A tree"))
        staged = census.new.metadata.pipeline_of(key), census.old.metadata.pipeline_of(key)
        if staged[0] is not None and staged[1] is None:
            found.append(_obstacle(key, "PIPELINE_ON_RECORDS", "Staged"))
    return found


def _obstacle(object_key: str, code: str, what: str) -> Problem:
    text = (
        f"{what} is something an object becomes before it has records, and '{object_key}' has some."
        " Declare another object, and export and import them into it."
    )
    return Problem((f"object {object_key}",), code, text)


async def _has_records(census: Census, object_key: str) -> bool:
    return bool(await census.connection.fetchval(_ANY, census.tenant, object_key))


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
