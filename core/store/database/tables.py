"""Every table of the platform, as Tortoise models: the columns in one readable place.

The migrations make the tables; a test holds the two together. Tortoise knows neither composite
keys nor tenants, so a model is used through `filter(tenant_id=…)` with `update`, `delete` and
`values`, and through `create`, always with `using_db(engine.on(connection))`: never through
instances (`save`, `get`), relations or Tortoise's own JSON field. The field marked as primary is
there because Tortoise wants one; the real key of a table is the first `unique_together`.
Records, changes and trees are read and written in SQL.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.fields.base import Field
from tortoise.models import Model

SLOTS: dict[str, tuple[str, int]] = {
    "p": ("text", 12),
    "t": ("text", 24),
    "n": ("numeric", 24),
    "z": ("timestamptz", 12),
    "d": ("date", 12),
    "b": ("boolean", 8),
    "r": ("uuid", 24),
}
"""Kind of slot → its column type and how many there are; columns are named p01, t24, …"""


class Plain(Field[Any]):
    """A column that passes values to asyncpg and back as they are, under its exact type."""

    def __init__(self, sql_type: str, **options: Any) -> None:
        self.sql_type = sql_type
        super().__init__(**options)

    @property
    def SQL_TYPE(self) -> str:  # type: ignore[override]  # noqa: N802
        return self.sql_type

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        return value

    def to_python_value(self, value: Any) -> Any:
        return value


def _key(**options: Any) -> Plain:
    return Plain("uuid", primary_key=True, **options)


def _uuid(**options: Any) -> Plain:
    return Plain("uuid", **options)


def _text(**options: Any) -> Plain:
    return Plain("text", **options)


def _number(**options: Any) -> Plain:
    return Plain("integer", **options)


def _big(**options: Any) -> Plain:
    return Plain("bigint", **options)


def _decimal(**options: Any) -> Plain:
    return Plain("numeric", **options)


def _moment(**options: Any) -> Plain:
    return Plain("timestamp with time zone", **options)


def _day(**options: Any) -> Plain:
    return Plain("date", **options)


def _json(**options: Any) -> Plain:
    return Plain("jsonb", **options)


class Tenant(Model):
    """Who is isolated from whom. Global: it is looked up before a tenant is known."""

    id = _key()
    key = _text()
    title = _text()
    currency = _text()
    time_zone = _text()
    language = _text()
    currency_frozen = fields.BooleanField(default=False)
    created_at = _moment()

    class Meta:
        table = "tenant"
        unique_together = (("id",), ("key",))


class Platform(Model):
    """One row: what the whole database has one of."""

    singleton = fields.BooleanField(primary_key=True)
    epoch = _number()

    class Meta:
        table = "platform"
        unique_together = (("singleton",),)


class Token(Model):
    """A way in: the hash of a secret, what it allows, until when."""

    tenant_id = _uuid()
    id = _key()
    hash = Plain("bytea")
    role = _text()
    user_id = _uuid(null=True)
    title = _text()
    created_at = _moment()
    expires_at = _moment(null=True)
    revoked_at = _moment(null=True)

    class Meta:
        table = "token"
        unique_together = (("tenant_id", "id"), ("tenant_id", "hash"))


class MetadataVersion(Model):
    """One published state of a tenant's metadata, complete in itself."""

    tenant_id = _key()
    version = _number()
    created_at = _moment()
    created_by = _uuid(null=True)
    kind = _text()
    note = _text()
    of_version = _number(null=True)
    fingerprint = _text()
    layers = _json()
    storage = _json()

    class Meta:
        table = "metadata_version"
        unique_together = (("tenant_id", "version"),)


class MetadataHead(Model):
    """The version that a tenant is on."""

    tenant_id = _key()
    version = _number()

    class Meta:
        table = "metadata_head"
        unique_together = (("tenant_id",),)


class MetadataDraft(Model):
    """What an admin is working on."""

    tenant_id = _key()
    version = _number()
    documents = _json()
    updated_at = _moment()
    updated_by = _uuid(null=True)

    class Meta:
        table = "metadata_draft"
        unique_together = (("tenant_id",),)


class Slot(Model):
    """A slot column of an object that is filling, ready or retired; a free one has no row."""

    tenant_id = _key()
    object = _text()
    slot = _text()
    storage_key = _text()
    state = _text()
    since_version = _number()

    class Meta:
        table = "slot"
        unique_together = (("tenant_id", "object", "slot"),)


class UniqueKey(Model):
    """The values that unique constraints hold, each with its record."""

    tenant_id = _key()
    object = _text()
    constraint_key = _text()
    value = _text()
    record_id = _uuid()

    class Meta:
        table = "unique_key"
        unique_together = (("tenant_id", "object", "constraint_key", "value"),)


def _slot_fields() -> dict[str, Plain]:
    return {
        f"{kind}{number:02}": Plain(
            "timestamp with time zone" if sql_type == "timestamptz" else sql_type, null=True
        )
        for kind, (sql_type, count) in SLOTS.items()
        for number in range(1, count + 1)
    }


class Record(Model):
    """Every record of every object of every tenant."""

    tenant_id = _uuid()
    id = _key()
    object = _text()
    version = _big()
    data = _json()
    long = _json(null=True)
    created_at = _moment()
    updated_at = _moment()
    created_by = _uuid(null=True)
    updated_by = _uuid(null=True)
    owner = _uuid(null=True)
    deleted_at = _moment(null=True)
    deletion_id = _uuid(null=True)
    currency = _text(null=True)
    metadata_version = _number()
    stage = _text(null=True)
    stage_amount = _decimal(null=True)
    stage_date = _day(null=True)
    stage_entered_at = _moment(null=True)
    tokens = Plain("text[]", null=True)
    locals().update(_slot_fields())

    class Meta:
        table = "record"
        unique_together = (("tenant_id", "id"),)


class Change(Model):
    """What was changed, by whom, when, from what to what."""

    tenant_id = _key()
    epoch = _number()
    xact = Plain("xid8")
    seq = _number()
    record_id = _uuid()
    object = _text()
    version = _big()
    kind = _text()
    at = _moment()
    user_id = _uuid(null=True)
    token_id = _uuid(null=True)
    source = _text()
    request_id = _text(null=True)
    metadata_version = _number()
    before = _json(null=True)
    after = _json(null=True)

    class Meta:
        table = "change"
        unique_together = (("tenant_id", "epoch", "xact", "seq"),)


class StageHistory(Model):
    """Each stay of a staged record in a stage."""

    tenant_id = _key()
    record_id = _uuid()
    seq_no = _number()
    object = _text()
    pipeline = _text()
    pipeline_version = _number()
    kind = _text()
    from_stage = _text(null=True)
    to_stage = _text()
    skipped = Plain("text[]")
    entered_at = _moment()
    exited_at = _moment(null=True)
    duration_s = _big(null=True)
    business_duration_s = _big(null=True)
    amount = _decimal(null=True)
    currency = _text(null=True)
    amount_corporate = _decimal(null=True)
    probability = _decimal(null=True)
    close_date = _day(null=True)
    owner = _uuid(null=True)
    actor = _uuid(null=True)
    reason = _text(null=True)
    note = _text(null=True)
    recorded_at = _moment()

    class Meta:
        table = "stage_history"
        unique_together = (("tenant_id", "record_id", "seq_no"),)


class TreeNode(Model):
    """Where a record stands in its object's tree: its root, and the path down to it."""

    tenant_id = _uuid()
    object = _text()
    id = _key()
    root = _uuid()
    number = _big()
    path = _text()
    depth = _number()

    class Meta:
        table = "tree_node"
        unique_together = (("tenant_id", "object", "id"),)


class Counter(Model):
    """The last number given out: autonumbers and tree nodes take theirs in blocks."""

    tenant_id = _key()
    key = _text()
    value = _big()

    class Meta:
        table = "counter"
        unique_together = (("tenant_id", "key"),)


class ExchangeRate(Model):
    """What one unit of a currency is worth in the tenant's own, from a day on."""

    tenant_id = _key()
    currency = _text()
    valid_from = _day()
    rate = _decimal()

    class Meta:
        table = "exchange_rate"
        unique_together = (("tenant_id", "currency", "valid_from"),)


class ClosingRate(Model):
    """The rate that a record was closed by, where the rate of that day is another one since."""

    tenant_id = _key()
    id = _uuid()
    currency = _text()
    day = _day()
    rate = _decimal()

    class Meta:
        table = "closing_rate"
        unique_together = (("tenant_id", "id", "currency", "day"),)
