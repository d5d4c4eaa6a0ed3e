"""What an import may tell of a record beside its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from metadata.model import Field, FieldType, Metadata, ObjectType, Option, Reference

ID = "id"
OWNER = "owner"
CREATED_AT = "created_at"
CURRENCY = "currency"
STAGE = "stage"
STAGE_ENTERED_AT = "stage_entered_at"
STAGE_HISTORY = "stage_history"

AT_CREATION = (ID, CREATED_AT, STAGE_ENTERED_AT, STAGE_HISTORY)
"""What comes with a new record and is not asked of one that is there."""

NEVER_CLEARED = frozenset((*AT_CREATION, CURRENCY, STAGE))
"""What a record can't be without: a blank cell never takes it away."""


def _field(key: str, type: FieldType, title: str) -> Field:
    return Field(key, type, title, {})


_OWNER = Field(OWNER, FieldType.REFERENCE, "Owner", {}, reference=Reference("user"))
_ALWAYS: Mapping[str, Field] = MappingProxyType(
    {
        ID: _field(ID, FieldType.TEXT, "Id"),
        OWNER: _OWNER,
        CREATED_AT: _field(CREATED_AT, FieldType.DATETIME, "Created at"),
    }
)


def fields_of(metadata: Metadata, object: ObjectType) -> dict[str, Field]:
    """The system fields that a mapping may fill for records of this object."""
    found = dict(_ALWAYS)
    if any(field.type is FieldType.MONEY for field in object.fields.values()):
        found[CURRENCY] = _field(CURRENCY, FieldType.TEXT, "Currency")
    pipeline = metadata.pipeline_of(object.key)
    if pipeline is not None:
        options = tuple(Option(stage.key, stage.title, stage.labels) for stage in pipeline.stages)
        found[STAGE] = Field(STAGE, FieldType.PICKLIST, "Stage", {}, options=options)
        found[STAGE_ENTERED_AT] = _field(STAGE_ENTERED_AT, FieldType.DATETIME, "Stage entered at")
        found[STAGE_HISTORY] = _field(STAGE_HISTORY, FieldType.JSON, "Stage history")
    return found
