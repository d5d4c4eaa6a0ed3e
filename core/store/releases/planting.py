"""Making a tree of records that are there already, where a field becomes their object's tree.

It is done in the publish itself: a path is right only as long as nobody creates, moves or deletes
what is above, and behind the fence nobody does. So nobody ever reads half a tree, and a publish
that breaks off leaves none. Records that can't be nodes are counted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from core import tree
from core.identity import TenantId
from core.store.records import saving
from core.store.records.numbering import tree_counter
from core.store.records.saving import Writing
from core.store.tenancy import autonumbers
from core.store.trees import tree_nodes
from core.store.trees.tree_nodes import Node
from core.store.writing import drafts, rows
from core.store.writing.statements import Batch
from core.store.writing.transactions import Transaction
from core.tree import MOST_LEVELS
from metadata.changes import Effect
from metadata.published import Published

ROWS = 500
_RECORDS = """
    select t.id, (t.data->>$3::text)::uuid as above from {}record as t
    where t.tenant_id = $1 and t.object = $2 and t.deleted_at is null"""
_PARENTS = f"""{_RECORDS.format("read.")}
    and ($4::timestamptz is null or exists (
        select from read.record as c
        where c.tenant_id = $1 and c.object = $2 and c.updated_at >= $4))
"""
_LIVE = f"{_RECORDS.format('')} order by t.id"
_DANGLING = f"""
    select t.id from record as t
    where t.tenant_id = $1 and t.object = $2 and t.deleted_at is null and t.data ? $3
      and (select p.deleted_at is null from record as p
           where p.tenant_id = $1 and p.id = (t.data->>$3)::uuid) is not true
    order by t.id limit {ROWS}
"""
_UPROOT = "delete from tree_node where tenant_id = $1 and object = $2"


async def misplaced(
    tenant: TenantId, connection: Connection, object_key: str, key: str, since: datetime | None
) -> Mapping[Effect, Sequence[UUID]]:
    """The records that can't be nodes by the reference under a storage key, sorted, by the reason.

    Where none has changed since, none has become one. (Level by level in one statement,
    PostgreSQL takes a minute for 10,000 records: it can't tell how many a level has.)
    """
    parents = _there(await connection.fetch(_PARENTS, tenant, object_key, key, since))
    levels = tree.levels(parents)
    return {
        Effect.CYCLE: sorted(parents.keys() - levels.keys()),
        Effect.TOO_DEEP: sorted(one for one, level in levels.items() if level > MOST_LEVELS),
    }


async def plant(tx: Transaction, old: Published, there: Iterable[str]) -> None:
    """Make the trees that the version has and the one before has not; those that end are cleared.

    `there` are the objects that may have records. The transaction works by the new version, and holds the fence alone.
    """
    for object_key in there:
        key = _tree_key(tx.published, object_key)
        if key != _tree_key(old, object_key):
            await tx.connection.execute(_UPROOT, tx.tenant, object_key)
            if key is not None:
                await _let_go(tx, object_key, key)
                await _plant(tx, object_key, key)


def _tree_key(published: Published, object_key: str) -> str | None:
    """The storage key of the field that makes the object a tree."""
    of = published.metadata.objects.get(object_key)
    if of is None or of.tree is None:
        return None
    return published.storage.place(object_key, of.tree.key).key


async def _let_go(tx: Transaction, object_key: str, key: str) -> None:
    """Take their parent from records whose parent was deleted while there was no tree."""
    plan = tx.plan(object_key)
    assert plan.tree is not None
    while ids := await tx.connection.fetch(_DANGLING, tx.tenant, object_key, key):
        held = await rows.hold(tx, [one for (one,) in ids])
        found = [drafts.loaded(plan, row) for row in held.rows.values()]
        for draft in found:
            draft.kind = "update"
            drafts.point(draft, plan.tree.key, None)
        await saving.write(tx, Writing.of(found, ()))


async def _plant(tx: Transaction, object_key: str, key: str) -> None:
    """Write the nodes, each after the one above it.

    All parents are read at once: level by level, a statement for each, 100,000 nodes took 40 s.
    """
    parents = _there(await tx.connection.fetch(_LIVE, tx.tenant, object_key, key))
    downwards = _downwards(parents)
    numbers = await _numbers(tx, object_key, len(downwards))
    known: dict[UUID, Node] = {}
    for start in range(0, len(downwards), ROWS):
        planted = downwards[start : start + ROWS]
        for one in planted:
            above = parents[one]
            known[one] = _node(one, next(numbers), None if above is None else known[above])
        batch = Batch()
        batch.add(tree_nodes.write(object_key, [known[one] for one in planted]))
        await batch.run(tx)


def _there(rows: Iterable[tuple[UUID, UUID | None]]) -> dict[UUID, UUID | None]:
    """{record: parent} of records with what they name; a parent that is not there is none.

    Not by a join, whose plan is a bad one for records that the planner does not know of yet.
    """
    found = list(rows)
    there = {record for record, _ in found}
    return {record: above if above in there else None for record, above in found}


def _downwards(parents: Mapping[UUID, UUID | None]) -> list[UUID]:
    """The records that can be nodes, each after its parent, else in the order given."""
    levels = tree.levels(parents)
    return sorted((one for one in parents if one in levels), key=levels.__getitem__)


async def _numbers(tx: Transaction, object_key: str, count: int) -> Iterator[int]:
    """Numbers for so many nodes."""
    counter = tree_counter(object_key)
    last: int = await tx.connection.fetchval(autonumbers.TAKE, tx.tenant, counter, count)
    return iter(range(last - count + 1, last + 1))


def _node(record: UUID, number: int, above: Node | None) -> Node:
    """A record's node, below the one above it."""
    if above is None:
        return Node(record, record, number, tree.root(number))
    return Node(record, above.root, number, above.place.below(number))
