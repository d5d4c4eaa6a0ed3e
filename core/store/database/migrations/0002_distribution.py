"""On Citus: each tenant's rows together on one shard, small global tables on every node.

Where the extension is missing these commands do nothing.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

from core.store.database.tenant_tables import on_citus

DISTRIBUTED = (
    "record",
    "token",
    "metadata_version",
    "metadata_head",
    "metadata_draft",
    "slot",
    "unique_key",
    "change",
    "stage_history",
    "tree_node",
    "counter",
    "exchange_rate",
)
REFERENCE = ("tenant", "platform")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0001_tables")]
    operations = [
        ops.RunSQL(
            [
                *(on_citus(table, f"create_reference_table('{table}')") for table in REFERENCE),
                on_citus("record", "create_distributed_table('record', 'tenant_id')"),
                *(
                    on_citus(
                        table,
                        f"create_distributed_table('{table}', 'tenant_id',"
                        " colocate_with => 'record')",
                    )
                    for table in DISTRIBUTED[1:]
                ),
            ]
        )
    ]
