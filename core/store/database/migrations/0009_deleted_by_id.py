"""Deleted records of an object, which are few among the others.

By id: with `updated_at` in any index, no update of a record could leave the indexes as they are.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0008_deleted")]
    operations = [
        ops.RunSQL(
            [
                (
                    "create index if not exists record_deleted on record"
                    " (tenant_id, object, id) where deleted_at is not null"
                )
            ]
        )
    ]
