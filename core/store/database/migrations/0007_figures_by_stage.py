"""Sums of the amount by stage from an index alone: it holds all that converting an amount asks for.

With 10,000 records 3.5 ms instead of 13.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0006_by_creation")]
    operations = [
        ops.RunSQL(
            [
                "drop index if exists record_stage_amount",
                (
                    "create index if not exists record_stage_amount on record"
                    " (tenant_id, object, stage, stage_amount nulls first, id)"
                    " include (currency, stage_entered_at)"
                    " where deleted_at is null and stage is not null"
                ),
            ]
        )
    ]
