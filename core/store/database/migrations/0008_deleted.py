"""Deleted records of an object, the last deleted first: they are few among the others."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0007_figures_by_stage")]
    operations = [
        ops.RunSQL(
            [
                (
                    "create index if not exists record_deletion on record"
                    " (tenant_id, object, updated_at, id) where deleted_at is not null"
                )
            ]
        )
    ]
