"""What records can be grouped by, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLOutputType,
)

from core import query
from metadata import naming
from metadata.model import FieldType, ObjectType
from schema.scalars import DATE
from schema.types import connections, operators, values
from schema.types.catalogue import USER, Catalogue, Fields, InputFields, described
from schema.types.meanings import MEANS, GroupKeys, Hop, KeyOf, Ranked, RankedThrough


@dataclass(frozen=True, slots=True)
class _Key:
    """Something to group by: a value, a period of a date, or something behind a reference."""

    field: str
    type: GraphQLOutputType | None
    says: str
    is_dated: bool = False
    target: str | None = None
    name: str = ""
    """In the API. A key is no record, so none of its fields is called `id`: clients would take
    it for the record itself."""

    @property
    def called(self) -> str:
        return self.name or naming.field_name(self.field)


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The input that says what to group by, the row, and its key."""
    name = naming.type_name(of.key)
    says = "One key to group by: `true`, a period for dates, or a key of the record referred to."
    catalogue.add_input(
        f"{name}GroupBy", partial(_by, catalogue, of), one_of=True, description=says
    )
    says = "Records with equal keys, taken together."
    catalogue.add_object(f"{name}Group", partial(_row, catalogue, of), says)
    says = "What the records of a group have in common; null for what was not grouped by."
    catalogue.add_object(f"{name}GroupKey", partial(_key, catalogue, of), says)


def _row(catalogue: Catalogue, of: ObjectType) -> Fields:
    return {
        "key": GraphQLField(
            catalogue.object(of.key, "GroupKey"),
            description="What its records have in common.",
            extensions={MEANS: GroupKeys()},
        ),
        "aggregate": connections.aggregate(catalogue, of.key),
    }


def _by(catalogue: Catalogue, of: ObjectType) -> InputFields:
    fields: InputFields = {}
    for key in _keys(catalogue, of):
        name = key.called
        if key.target is not None:
            fields[name] = GraphQLInputField(
                catalogue.input(key.target, "GroupBy"),
                description=key.says,
                extensions={MEANS: RankedThrough(key.field)},
            )
        else:
            fields[name] = GraphQLInputField(
                operators.DATE_UNIT if key.is_dated else GraphQLBoolean,
                description=key.says,
                extensions={MEANS: Ranked(query.Column(key.field))},
            )
    return fields


def _key(catalogue: Catalogue, of: ObjectType) -> Fields:
    fields: Fields = {}
    for key in _keys(catalogue, of):
        name = key.called
        if key.target is not None:
            type_: GraphQLOutputType = catalogue.object(key.target, "GroupKey")
            fields[name] = GraphQLField(
                type_, description=key.says, extensions={MEANS: Hop(key.field)}
            )
        elif key.type is not None:
            says = f"{key.says}: the first day of the period" if key.is_dated else key.says
            fields[name] = GraphQLField(
                key.type, description=says, extensions={MEANS: KeyOf(key.field)}
            )
    return fields


def _keys(catalogue: Catalogue, of: ObjectType) -> Iterator[_Key]:
    yield _Key("id", GraphQLID, "The record's id.", name="recordId")
    for field in catalogue.fields_of(of):
        says = described(field.title, field.labels)
        if field.reference is not None:
            yield _Key(field.key, None, says, target=field.reference.object)
        elif values.is_grouped(field):
            is_dated = field.type in values.DATED
            type_ = DATE if is_dated else values.leaf(catalogue, of, field)
            yield _Key(field.key, type_, says, is_dated)
    for stamp in ("created_at", "updated_at"):
        yield _Key(stamp, DATE, naming.title(stamp), is_dated=True)
    if any(field.type is FieldType.MONEY for field in catalogue.fields_of(of)):
        yield _Key("currency", values.TEXT, "Currency")
    if USER in catalogue.objects:
        yield _Key("owner", None, "Owner", target=USER)
        yield _Key("created_by", None, "Created by", target=USER)
    if catalogue.metadata.pipeline_of(of.key) is not None:
        stage = catalogue.named(f"{naming.type_name(of.key)}Stage", GraphQLEnumType)
        yield _Key("stage", stage, "Stage")
