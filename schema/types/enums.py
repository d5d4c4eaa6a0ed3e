"""The values of picklists and stages, and the filters on them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from graphql import GraphQLEnumType, GraphQLEnumValue

from metadata import naming
from metadata.model import Field, FieldType, ObjectType, Option, Pipeline, Stage
from schema.types import operators
from schema.types.catalogue import Catalogue, InputFields, described
from schema.types.values import PICKED

DEPRECATED = "No longer in use."


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """An enum and a filter for each picklist of an object, and for its stages."""
    for field in catalogue.fields_of(of):
        if field.type in PICKED:
            name = naming.enum_name(of.key, field.key)
            says = f"{described(field.title, field.labels)} of {described(of.title, of.labels)}."
            catalogue.add_enum(name, partial(_values, field.options), description=says)
            _add_filter(catalogue, name, field)
    pipeline = catalogue.metadata.pipeline_of(of.key)
    if pipeline is not None:
        name = f"{naming.type_name(of.key)}Stage"
        says = f"The stages of {described(of.title, of.labels)}, in the pipeline's order."
        catalogue.add_enum(name, partial(_stages, pipeline), description=says)
        _add_filter(catalogue, name, None)


def _add_filter(catalogue: Catalogue, name: str, field: Field | None) -> None:
    fields = partial(_filter, catalogue, name, field)
    catalogue.add_input(f"{name}Filter", fields, description=operators.SAYS)


def _values(options: Iterable[Option | Stage]) -> dict[str, GraphQLEnumValue]:
    return {
        naming.enum_value(it.key): GraphQLEnumValue(
            it.key,
            description=described(it.title, it.labels),
            deprecation_reason=DEPRECATED if it.deprecated else None,
        )
        for it in options
    }


def _stages(pipeline: Pipeline) -> dict[str, GraphQLEnumValue]:
    return _values(pipeline.stages)


def _filter(catalogue: Catalogue, name: str, field: Field | None) -> InputFields:
    enum = catalogue.named(name, GraphQLEnumType)
    if field is not None and field.type is FieldType.PICKLISTS:
        return operators.membership(enum)
    return operators.equality(enum)
