"""The rates that closed records keep, whatever becomes of the table of rates."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from core.store.database.tenant_tables import on_citus, readable, secured


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0009_deleted_by_id")]
    operations = [
        ops.RunSQL(
            [
                """create table if not exists closing_rate (
                    tenant_id uuid not null,
                    id uuid not null,
                    currency text collate "C" not null,
                    day date not null,
                    rate numeric not null,
                    primary key (tenant_id, id, currency, day))""",
                on_citus(
                    "closing_rate",
                    "create_distributed_table('closing_rate', 'tenant_id',"
                    " colocate_with => 'record')",
                ),
                *secured("closing_rate"),
                "grant select, insert, update, delete on closing_rate to dealgraph_app",
                *readable("closing_rate"),
            ]
        )
    ]
