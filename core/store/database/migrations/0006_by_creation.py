"""Records in the order of their making, newest or oldest first, as lists are most often asked for."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0005_writing_at_once")]
    operations = [
        ops.RunSQL(
            [
                (
                    "create index if not exists record_creation on record"
                    " (tenant_id, object, created_at, id) where deleted_at is null"
                )
            ]
        )
    ]
