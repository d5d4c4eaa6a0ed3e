"""Making a tree of records that are there already, where a field becomes their object's tree.

It is done in the publish itself, level by level: a path is right only as long as nobody creates,
moves or deletes what is above, and behind the fence nobody does. So nobody ever reads half a tree,
and a publish that breaks off leaves none. Records that can't be nodes are counted before.
"""

from __future__ import annotations

from core.store import autonumbers, drafts, rows, saving
from core.store.numbering import tree_counter
from core.store.saving import Writing
from core.store.writing import Transaction
from core.tree import MOST_LEVELS
from metadata.changes import Effect
from metadata.published import Published

# A parent that is not there is none. Nodes that no root leads to are in a cycle, or below one.
_RECORDS = """
    select t.id, p.id as above from {schema}record as t
    left join {schema}record as p on p.tenant_id = $1 and p.object = $2
        and p.id = (t.data->>{key})::uuid and p.deleted_at is null
    where t.tenant_id = $1 and t.object = $2 and t.deleted_at is null"""
_REACHED = f"""
    with recursive nodes as materialized (
        {_RECORDS.format(schema="read.", key="$4::text")}
          and ($3::timestamptz is null or exists (
              select from read.record as c
              where c.tenant_id = $1 and c.object = $2 and c.updated_at >= $3))),
    reached as (
        select id, 1 as level from nodes where above is null
        union all
        select n.id, r.level + 1 from reached as r join nodes as n on n.above = r.id)
"""
_COUNTED = "select count(*), (array_agg(id order by id))[:5]"
MISPLACED = {
    Effect.CYCLE: f"{_REACHED} {_COUNTED} from nodes where id not in (select id from reached)",
    Effect.TOO_DEEP: f"{_REACHED} {_COUNTED} from reached where level > {MOST_LEVELS}",
}
"""By effect: how many records can't be nodes by the reference under a key, and some of them."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST = 12  # digits of the largest bigint, in base 36, but one


def _element() -> str:
    """What `tree.element` makes of a number `n`, in SQL."""
    cases = []
    for length in range(1, _LONGEST + 1):
        digits = " || ".join(
            f"substr('{_DIGITS}', (n / {36**place} % 36)::integer + 1, 1)"
            for place in reversed(range(length))
        )
        cases.append(f"when n < {36**length} then '{chr(ord('a') - 1 + length)}' || {digits}")
    return f"case {' '.join(cases)} end"


_INSERT = "insert into tree_node (tenant_id, object, id, root, number, path, depth)"
_ROOTS = f"""
    {_INSERT}
    select $1, $2, id, id, n, {_element()}, 0 from (
        select id, $4::bigint + row_number() over (order by id) as n
        from ({_RECORDS.format(schema="", key="$3::text")}) as t where above is null) as t
"""
_NEXT_LEVEL = f"""
    {_INSERT}
    select $1, $2, id, root, n, path || {_element()}, depth + 1 from (
        select t.id, p.root, p.path, p.depth, $4::bigint + row_number() over (order by t.id) as n
        from tree_node as p
        join ({_RECORDS.format(schema="", key="$3::text")}) as t on t.above = p.id
        where p.tenant_id = $1 and p.object = $2 and p.depth = $5) as t
"""
_DANGLING = """
    select t.id from record as t
    where t.tenant_id = $1 and t.object = $2 and t.deleted_at is null and t.data ? $3
      and not exists (
          select from record as p
          where p.tenant_id = $1 and p.id = (t.data->>$3)::uuid and p.deleted_at is null)
    order by t.id limit 500
"""
_UPROOT = "delete from tree_node where tenant_id = $1 and object = $2"
_LIVE = """
    select count(*) from record where tenant_id = $1 and object = $2 and deleted_at is null
"""


async def plant(tx: Transaction, old: Published) -> None:
    """Make the trees that the version has and the one before has not; those that end are cleared.

    The transaction works by the new version, and holds the fence alone.
    """
    for object_key in old.metadata.objects:
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
    count = await tx.connection.fetchval(_LIVE, tx.tenant, object_key)
    if not count:
        return
    counter = tree_counter(object_key)
    number = await tx.connection.fetchval(autonumbers.TAKE, tx.tenant, counter, count) - count
    where = (tx.tenant, object_key, key)
    status = await tx.connection.execute(_ROOTS, *where, number)
    for depth in range(MOST_LEVELS):
        number += int(status.rpartition(" ")[2])
        status = await tx.connection.execute(_NEXT_LEVEL, *where, number, depth)
