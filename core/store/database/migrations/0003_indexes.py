"""Indexes by kind of slot, all partial, so that an empty slot costs a write next to nothing.

Nulls sort as smallest, and the id follows the last key, so one index serves both directions. The
reference indexes serve foreign keys, inverses and the children's default order.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


def numbered(kind: str, count: int) -> list[str]:
    """Names of the first slots of a kind: p01, p02, …"""
    return [f"{kind}{number:02}" for number in range(1, count + 1)]


PICKLISTS = numbered("p", 12)
SORTABLE = [*numbered("t", 24), *numbered("n", 24), *numbered("z", 12), *numbered("d", 12)]
REFERENCES = ["owner", *numbered("r", 24)]


def picklist(column: str) -> str:
    """Filters and counts by one of few values."""
    return (
        f"create index if not exists record_{column}_picklist on record"
        f" (tenant_id, object, {column}) where deleted_at is null and {column} is not null"
    )


def sortable(column: str) -> str:
    """Ranges and order, with the id as the tie-break."""
    return (
        f"create index if not exists record_{column}_sort on record"
        f" (tenant_id, object, {column} nulls first, id)"
        f" where deleted_at is null and {column} is not null"
    )


def reference(column: str) -> str:
    """The records that point at one."""
    return (
        f"create index if not exists record_{column}_reference on record"
        f" (tenant_id, {column}, object, id) where {column} is not null"
    )


def statistics(column: str) -> str:
    """The most common values of each object: one column means many things."""
    return (
        f"create statistics if not exists record_{column}_mcv (mcv)"
        f" on tenant_id, object, {column} from record"
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0002_distribution")]
    operations = [
        ops.RunSQL(
            [
                "create extension if not exists btree_gin",
                (
                    "create index if not exists record_base on record (tenant_id, object, id)"
                    " where deleted_at is null"
                ),
                (
                    "create index if not exists record_stage_picklist on record"
                    " (tenant_id, object, stage) where deleted_at is null"
                ),
                (
                    "create index if not exists record_stage_amount on record"
                    " (tenant_id, object, stage, stage_amount nulls first, id)"
                    " where deleted_at is null and stage is not null"
                ),
                (
                    "create index if not exists record_stage_date on record"
                    " (tenant_id, object, stage, stage_date nulls first, id)"
                    " where deleted_at is null and stage is not null"
                ),
                (
                    "create index if not exists record_tokens_search on record"
                    " using gin (tenant_id, tokens) with (gin_pending_list_limit = 256)"
                    " where deleted_at is null and tokens is not null"
                ),
                *map(picklist, PICKLISTS),
                *map(sortable, SORTABLE),
                *map(reference, REFERENCES),
                *map(statistics, ["stage", *PICKLISTS]),
                (
                    "create index if not exists record_deletion on record (tenant_id, deletion_id)"
                    " where deletion_id is not null"
                ),
                "create index if not exists unique_key_record on unique_key (tenant_id, record_id)",
                (
                    "create index if not exists change_record on change"
                    " (tenant_id, record_id, version)"
                ),
                (
                    "create index if not exists stage_history_stage on stage_history"
                    " (tenant_id, object, to_stage, entered_at)"
                ),
                "create index if not exists tree_node_path on tree_node (tenant_id, object, path)",
                "create index if not exists tree_node_root on tree_node (tenant_id, object, root)",
            ]
        )
    ]
