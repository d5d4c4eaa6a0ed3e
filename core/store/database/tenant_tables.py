"""The SQL by which migrations make a table one of the tenants' own."""

from __future__ import annotations

THIS_TENANT = "tenant_id = current_setting('dealgraph.tenant')::uuid"


def on_citus(table: str, call: str) -> str:
    """One command that makes `call` unless the table is spread already."""
    return (
        "do $$ begin"
        " if exists (select from pg_extension where extname = 'citus') then"
        f" if not exists (select from pg_dist_partition where logicalrelid = '{table}'::regclass)"
        f" then perform {call}; end if; end if; end $$"
    )


def secured(table: str) -> list[str]:
    """The rows of one tenant for everyone, all rows for the owner of the read views."""
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"drop policy if exists {table}_of_tenant on {table}",
        (
            f"create policy {table}_of_tenant on {table}"
            f" to dealgraph_app, dealgraph_owner using ({THIS_TENANT})"
        ),
        f"drop policy if exists {table}_of_views on {table}",
        f"create policy {table}_of_views on {table} for select to dealgraph_views using (true)",
        f"grant select on {table} to dealgraph_views",
    ]


def readable(table: str) -> list[str]:
    """The view that reads go through."""
    return [
        f"create or replace view read.{table} as select * from public.{table} where {THIS_TENANT}",
        f"alter view read.{table} owner to dealgraph_views",
        f"grant select on read.{table} to dealgraph_app",
    ]
