"""What a tenant's objects and their fields are called and take: for menus, forms and boards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import orjson
import strawberry

from metadata import documents, naming
from metadata.languages import called
from metadata.model import Field, FieldType, Metadata, ObjectType, Option, Stage
from schema.platform.info import Info
from schema.scalars import Json
from schema.types.values import PICKED

strawberry.enum(
    FieldType,
    name="FieldKind",
    description="What a field holds, and so how it is shown and typed in.",
)


@strawberry.type
class OptionInfo:
    """A choice of a picklist."""

    value: str | None = strawberry.field(description="The value of the picklist's enum.")
    title: str | None = strawberry.field(description="What it is called.")
    deprecated: bool | None = strawberry.field(
        description="Whether records only keep it; no form should offer it."
    )


@strawberry.type
class PipelineStageInfo:
    """A stage that records of an object can be in."""

    value: str | None = strawberry.field(description="The value of the enum of stages.")
    title: str | None = strawberry.field(description="What it is called.")
    kind: str | None = strawberry.field(description="Whether it is open, and how it closes.")
    deprecated: bool | None = strawberry.field(description="Whether no record enters it any more.")


@strawberry.type
class UniqueKeyInfo:
    """Fields whose values no two records share."""

    value: str | None = strawberry.field(description="What an upsert takes as its `key`.")
    fields: list[str] | None = strawberry.field(description="By their names in the input.")


@strawberry.type
class ObjectFieldInfo:
    """A declared field: what it is called, and what may be written to it."""

    name: str | None = strawberry.field(description="In the record, and in its input.")
    key: str | None = strawberry.field(description="In declarations and expressions.")
    kind: FieldType | None = strawberry.field(description="What it holds.")
    title: str | None = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What it is for.")
    required: bool | None = strawberry.field(
        description="Whether each record must have a value; a default counts as one."
    )
    read_only: bool | None = strawberry.field(
        description="Whether the server writes it; the input has no such field then."
    )
    deprecated: bool | None = strawberry.field(description="Whether it is no longer in use.")
    default: Json | None = strawberry.field(
        description="What a new record has where nothing is given, as the input takes it."
    )
    options: list[OptionInfo] | None = strawberry.field(
        description="Of a picklist, in declared order."
    )
    object: str | None = strawberry.field(description="Of a reference: the type it leads to.")
    scale: int | None = strawberry.field(
        description="How many digits after the point; of money null: as many as the currency has."
    )
    value_schema: Json | None = strawberry.field(
        description="The JSON Schema of a value, such as its bounds, lengths and pattern."
    )


async def _fields(parent: strawberry.Parent[ObjectTypeInfo]) -> list[ObjectFieldInfo] | None:
    await asyncio.sleep(0)  # many objects have thousands of fields: others come in between
    shown = filter(parent.metadata.shows, parent.declared.fields.values())
    return [_field(it, parent.language) for it in shown]


@strawberry.type
class ObjectTypeInfo:
    """A kind of record: what it is called, its fields, and its stages."""

    name: str | None = strawberry.field(description="The GraphQL type.")
    key: str | None = strawberry.field(description="In declarations, imports and exports.")
    title: str | None = strawberry.field(description="What one record is called.")
    plural_title: str | None = strawberry.field(description="What several are called.")
    description: str | None = strawberry.field(description="What it is for.")
    one: str | None = strawberry.field(description="The root field that gives one record.")
    many: str | None = strawberry.field(description="The root field that lists them.")
    title_field: str | None = strawberry.field(
        description="The field that says which record it is, to be shown and searched by."
    )
    tree_field: str | None = strawberry.field(
        description="The reference to the node above, where the object is a tree."
    )
    unique_keys: list[UniqueKeyInfo] | None = strawberry.field(
        description="Those whose fields an input can give."
    )
    stages: list[PipelineStageInfo] | None = strawberry.field(
        description="In the pipeline's order; null where the object has none."
    )
    fields: list[ObjectFieldInfo] | None = strawberry.field(
        resolver=_fields, description="Those that are declared, in declared order."
    )
    metadata: strawberry.Private[Metadata]
    declared: strawberry.Private[ObjectType]
    language: strawberry.Private[str]


async def object_types(
    info: Info, names: list[str] | None = None, language: str | None = None
) -> list[ObjectTypeInfo] | None:
    published = info.context.run.published
    wanted = None if names is None else frozenset(names)
    return [
        _object(published.metadata, it, language or published.language)
        for it in published.metadata.objects.values()
        if not it.hidden and (wanted is None or naming.type_name(it.key) in wanted)
    ]


def _object(metadata: Metadata, of: ObjectType, language: str) -> ObjectTypeInfo:
    pipeline = metadata.pipeline_of(of.key)
    names = naming.operations(of, staged=pipeline is not None)
    return ObjectTypeInfo(
        name=naming.type_name(of.key),
        key=of.key,
        title=called(of.title, of.labels, language),
        plural_title=called(of.plural_title or of.title, of.plural_labels, language),
        description=of.description or None,
        one=names.one,
        many=names.many,
        title_field=_shown(metadata, of, of.title_field),
        tree_field=_shown(metadata, of, of.tree.key if of.tree else None),
        unique_keys=[
            UniqueKeyInfo(value=naming.enum_value(it.key), fields=_names(it.fields))
            for it in of.uniques
            if all(_shown(metadata, of, key) for key in it.fields)
        ],
        stages=[_stage(it, language) for it in pipeline.stages] if pipeline else None,
        metadata=metadata,
        declared=of,
        language=language,
    )


def _shown(metadata: Metadata, of: ObjectType, key: str | None) -> str | None:
    """A field by its name, where the API has it."""
    field = of.fields.get(key) if key is not None else None
    return naming.field_name(field.key) if field and metadata.shows(field) else None


def _field(field: Field, language: str) -> ObjectFieldInfo:
    reference = field.reference
    return ObjectFieldInfo(
        name=naming.field_name(field.key),
        key=field.key,
        kind=field.type,
        title=called(field.title, field.labels, language),
        description=field.description or None,
        required=field.required,
        read_only=field.derived or field.read_only or field.type is FieldType.AUTONUMBER,
        deprecated=field.deprecated,
        default=_json(_default(field)),
        options=_options(field.options, language) if field.type in PICKED else None,
        object=naming.type_name(reference.object) if reference else None,
        scale=field.scale,
        value_schema=_json(_schema(field)),
    )


def _options(options: Iterable[Option], language: str) -> list[OptionInfo]:
    return [
        OptionInfo(
            value=naming.enum_value(it.key),
            title=called(it.title, it.labels, language),
            deprecated=it.deprecated,
        )
        for it in options
    ]


def _stage(stage: Stage, language: str) -> PipelineStageInfo:
    return PipelineStageInfo(
        value=naming.enum_value(stage.key),
        title=called(stage.title, stage.labels, language),
        kind=stage.kind,
        deprecated=stage.deprecated,
    )


def _default(field: Field) -> object:
    """A default as the input takes it: options by their enum's values."""
    given = field.default
    if field.type is FieldType.PICKLIST and isinstance(given, str):
        return naming.enum_value(given)
    if field.type is FieldType.PICKLISTS and isinstance(given, Sequence):
        return [naming.enum_value(str(it)) for it in given]
    return given


def _schema(field: Field) -> object:
    """A value's schema, unless the options or the record behind it say all."""
    spoken = field.type in PICKED or field.reference is not None
    return None if spoken or not field.schema else field.schema


def _json(value: object) -> Json | None:
    return Json(orjson.Fragment(documents.text(value))) if value is not None else None


def _names(keys: Iterable[str]) -> list[str]:
    return [naming.field_name(key) for key in keys]
