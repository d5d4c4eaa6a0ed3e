"""Going through all records of an object in the order of their ids, a piece at a time."""

from __future__ import annotations

from core.identity import TenantId


def piece(tenant: TenantId, condition: str, rows: int, source: str = "read.record") -> str:
    """SQL for the ids of the next records of an object, deleted ones too.

    `$1` is the object, `$2` the id behind which they begin.

    With `object = $1` the planner takes the index of all records, and one statement may step over
    a million of other objects. Live and deleted records have an index each. The tenant's id is in
    the text, so that a plan that is kept is not one for the average tenant.
    """
    parts = (
        f"(select id from {source} where tenant_id = '{tenant}' and object >= $1 and object <= $1"
        f" and deleted_at is {life} and id > $2 and {condition} order by object, id limit {rows})"
        for life in ("null", "not null")
    )
    return f"select id from ({' union all '.join(parts)}) as found order by id limit {rows}"
