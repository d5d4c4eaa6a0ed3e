"""What each role may do, and that it sees one tenant at a time.

Writes go to tables under forced row-level security. Reads go through plain views of their own
owner, whose policy is `true`: under a policy PostgreSQL takes only leakproof operators as index
conditions, and comparisons of numeric and `@>` are not. With no tenant set, both fail.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

from core.store.database.tenant_tables import readable, secured

CHANGEABLE = (
    "token",
    "metadata_version",
    "metadata_head",
    "metadata_draft",
    "slot",
    "unique_key",
    "record",
    "stage_history",
    "tree_node",
    "counter",
    "exchange_rate",
)
OF_A_TENANT = (*CHANGEABLE, "change")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0003_indexes")]
    operations = [
        ops.RunSQL(
            [
                "create schema if not exists read",
                "grant usage, create on schema read to dealgraph_views",
                "grant usage on schema public to dealgraph_app, dealgraph_views",
                *(command for table in OF_A_TENANT for command in secured(table)),
                *(
                    f"grant select, insert, update, delete on {table} to dealgraph_app"
                    for table in CHANGEABLE
                ),
                "grant select, insert on change to dealgraph_app",
                (
                    "grant maintain on record, change, tree_node, unique_key, stage_history"
                    " to dealgraph_app"
                ),
                "grant select, insert, update on tenant to dealgraph_app",
                "grant select, update on platform to dealgraph_app",
                "grant select on tortoise_migrations to dealgraph_app",
                "grant usage on schema read to dealgraph_app",
                *(command for table in OF_A_TENANT for command in readable(table)),
                "insert into platform (singleton, epoch) values (true, 1) on conflict do nothing",
            ]
        )
    ]
