"""Every table, keyed by tenant.

Text compares by code point (`collate "C"`) on whatever server this runs. There are no sequences:
whoever writes a row gives it its number.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

SLOTS = [
    ("p", 'text collate "C"', 12),
    ("t", 'text collate "C"', 24),
    ("n", "numeric", 24),
    ("z", "timestamptz", 12),
    ("d", "date", 12),
    ("b", "boolean", 8),
    ("r", "uuid", 24),
]
SLOT_COLUMNS = ", ".join(
    f"{kind}{number:02} {sql_type}"
    for kind, sql_type, count in SLOTS
    for number in range(1, count + 1)
)
REFERENCES = ", ".join(
    f"constraint record_{column}_fkey foreign key (tenant_id, {column})"
    " references record (tenant_id, id)"
    for column in ["owner", *(f"r{number:02}" for number in range(1, 25))]
)


class Migration(migrations.Migration):
    atomic = False
    operations = [
        ops.RunSQL(
            [
                """create table if not exists tenant (
                    id uuid primary key,
                    key text collate "C" not null,
                    title text collate "C" not null,
                    currency text collate "C" not null,
                    time_zone text collate "C" not null,
                    language text collate "C" not null,
                    currency_frozen boolean not null default false,
                    created_at timestamptz not null,
                    constraint tenant_key_key unique (key))""",
                """create table if not exists platform (
                    singleton boolean primary key default true,
                    epoch integer not null,
                    constraint platform_singleton_check check (singleton))""",
                """create table if not exists token (
                    tenant_id uuid not null,
                    id uuid not null,
                    hash bytea not null,
                    role text collate "C" not null,
                    user_id uuid,
                    title text collate "C" not null,
                    created_at timestamptz not null,
                    expires_at timestamptz,
                    revoked_at timestamptz,
                    primary key (tenant_id, id),
                    constraint token_hash_key unique (tenant_id, hash))""",
                """create table if not exists metadata_version (
                    tenant_id uuid not null,
                    version integer not null,
                    created_at timestamptz not null,
                    created_by uuid,
                    kind text collate "C" not null,
                    note text collate "C" not null,
                    of_version integer,
                    fingerprint text collate "C" not null,
                    layers jsonb not null,
                    storage jsonb not null,
                    primary key (tenant_id, version))""",
                """create table if not exists metadata_head (
                    tenant_id uuid primary key,
                    version integer not null)""",
                """create table if not exists metadata_draft (
                    tenant_id uuid primary key,
                    version integer not null,
                    documents jsonb not null,
                    updated_at timestamptz not null,
                    updated_by uuid)""",
                """create table if not exists slot (
                    tenant_id uuid not null,
                    object text collate "C" not null,
                    slot text collate "C" not null,
                    storage_key text collate "C" not null,
                    state text collate "C" not null,
                    since_version integer not null,
                    primary key (tenant_id, object, slot))""",
                """create table if not exists unique_key (
                    tenant_id uuid not null,
                    object text collate "C" not null,
                    constraint_key text collate "C" not null,
                    value text collate "C" not null,
                    record_id uuid not null,
                    primary key (tenant_id, object, constraint_key, value))""",
                f"""create table if not exists record (
                    tenant_id uuid not null,
                    id uuid not null,
                    object text collate "C" not null,
                    version bigint not null,
                    data jsonb not null,
                    long jsonb,
                    created_at timestamptz not null,
                    updated_at timestamptz not null,
                    created_by uuid,
                    updated_by uuid,
                    owner uuid,
                    deleted_at timestamptz,
                    deletion_id uuid,
                    currency text collate "C",
                    metadata_version integer not null,
                    stage text collate "C",
                    stage_amount numeric,
                    stage_date date,
                    stage_entered_at timestamptz,
                    tokens text[] collate "C",
                    {SLOT_COLUMNS},
                    primary key (tenant_id, id),
                    {REFERENCES})
                    with (fillfactor = 85, autovacuum_analyze_scale_factor = 0.02)""",
                """create table if not exists change (
                    tenant_id uuid not null,
                    epoch integer not null,
                    xact xid8 not null default pg_current_xact_id(),
                    seq integer not null,
                    record_id uuid not null,
                    object text collate "C" not null,
                    version bigint not null,
                    kind text collate "C" not null,
                    at timestamptz not null default now(),
                    user_id uuid,
                    token_id uuid,
                    source text collate "C" not null,
                    request_id text collate "C",
                    metadata_version integer not null,
                    before jsonb,
                    after jsonb,
                    primary key (tenant_id, epoch, xact, seq))""",
                """create table if not exists stage_history (
                    tenant_id uuid not null,
                    record_id uuid not null,
                    seq_no integer not null,
                    object text collate "C" not null,
                    pipeline text collate "C" not null,
                    pipeline_version integer not null,
                    kind text collate "C" not null,
                    from_stage text collate "C",
                    to_stage text collate "C" not null,
                    skipped text[] collate "C" not null default '{}',
                    entered_at timestamptz not null,
                    exited_at timestamptz,
                    duration_s bigint,
                    business_duration_s bigint,
                    amount numeric,
                    currency text collate "C",
                    amount_corporate numeric,
                    probability numeric,
                    close_date date,
                    owner uuid,
                    actor uuid,
                    reason text collate "C",
                    note text collate "C",
                    recorded_at timestamptz not null,
                    primary key (tenant_id, record_id, seq_no))""",
                """create table if not exists tree_node (
                    tenant_id uuid not null,
                    object text collate "C" not null,
                    id uuid not null,
                    root uuid not null,
                    number bigint not null,
                    path text collate "C" not null,
                    depth integer not null,
                    primary key (tenant_id, object, id))""",
                """create table if not exists counter (
                    tenant_id uuid not null,
                    key text collate "C" not null,
                    value bigint not null,
                    primary key (tenant_id, key))
                    with (fillfactor = 50)""",
                """create table if not exists exchange_rate (
                    tenant_id uuid not null,
                    currency text collate "C" not null,
                    valid_from date not null,
                    rate numeric not null,
                    primary key (tenant_id, currency, valid_from),
                    constraint exchange_rate_rate_check check (rate > 0))""",
            ]
        )
    ]
