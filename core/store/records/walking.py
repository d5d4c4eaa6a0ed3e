"""Going through all records of an object in the order of their ids, a piece at a time."""

from __future__ import annotations


def piece(source: str, condition: str, rows: int) -> str:
    """SQL for the ids of the next records of a tenant's object, deleted ones too.

    `$1` is the tenant, `$2` the object, `$3` the id behind which they begin.

    With `object = $2` the planner takes the index of all records, and one statement may step over
    a million of other objects. Live and deleted records have an index each.
    """
    parts = (
        f"(select id from {source} where tenant_id = $1 and object >= $2 and object <= $2"
        f" and deleted_at is {life} and id > $3 and {condition} order by object, id limit {rows})"
        for life in ("null", "not null")
    )
    return f"select id from ({' union all '.join(parts)}) as found order by id limit {rows}"
