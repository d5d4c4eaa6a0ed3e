"""What is sent to create and change records, and what comes back."""

from __future__ import annotations

from functools import partial

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from metadata import naming
from metadata.model import Field, FieldType, ObjectType
from schema.limits import OPENS, Opens
from schema.types import values
from schema.types.catalogue import USER, Catalogue, Fields, InputFields, described


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The inputs of an object's mutations, and their payloads."""
    one, many = naming.type_name(of.key), naming.type_name(of.plural)
    called = described(of.title, of.labels)
    says = f"What is written of {called}: what is not given stays as it is, null clears it."
    catalogue.add_input(f"{one}Input", partial(_input, catalogue, of), description=says)
    says = f"The change of one {called} in a batch."
    catalogue.add_input(f"{one}UpdateInput", partial(_update, catalogue, of), description=says)
    if catalogue.uniques_of(of):
        says = f"The unique keys of {called}, by which an upsert finds records."
        catalogue.add_enum(f"{one}UniqueKey", partial(_keys, catalogue, of), description=says)
    says = "What came of a mutation: the record, or what is wrong."
    catalogue.add_object(f"{one}Payload", partial(_payload, catalogue, of), says)
    says = "What came of a batch: all records, or all that is wrong."
    catalogue.add_object(f"{many}Payload", partial(_batch, catalogue, of), says)


def _input(catalogue: Catalogue, of: ObjectType) -> InputFields:
    fields: InputFields = {}
    for field in catalogue.written_of(of):
        fields[naming.field_name(field.key)] = GraphQLInputField(
            values.whole(catalogue, of, field), description=_says(field), out_name=field.key
        )
    if USER in catalogue.objects:
        fields["owner"] = GraphQLInputField(GraphQLID, description="The id of a user.")
    if any(field.type is FieldType.MONEY for field in catalogue.fields_of(of)):
        says = "Of all amounts of the record, as a code of three letters."
        fields["currency"] = GraphQLInputField(GraphQLString, description=says)
    if catalogue.metadata.pipeline_of(of.key) is not None:
        stage = catalogue.named(f"{naming.type_name(of.key)}Stage", GraphQLEnumType)
        says = "Where a new record starts. A record that is there moves by its own mutation."
        fields["stage"] = GraphQLInputField(stage, description=says)
    return fields


def _says(field: Field) -> str:
    """What a field is, and whether a new record can do without it."""
    says = described(field.title, field.labels, field.description)
    if not field.required or field.default is not None:
        return says
    return f"{says}{'' if says.endswith('.') else '.'} A new record must have it."


def _update(catalogue: Catalogue, of: ObjectType) -> InputFields:
    return {
        "id": GraphQLInputField(GraphQLNonNull(GraphQLID), description="Of the record to change."),
        "ifVersion": GraphQLInputField(GraphQLInt, description="Only if the record is at it."),
        "input": GraphQLInputField(
            GraphQLNonNull(catalogue.input(of.key, "Input")), description="What changes."
        ),
    }


def _keys(catalogue: Catalogue, of: ObjectType) -> dict[str, GraphQLEnumValue]:
    return {
        naming.enum_value(it.key): GraphQLEnumValue(
            it.key, description=" and ".join(naming.field_name(key) for key in it.fields)
        )
        for it in catalogue.uniques_of(of)
    }


def _payload(catalogue: Catalogue, of: ObjectType) -> Fields:
    return {
        naming.field_name(of.key): GraphQLField(
            catalogue.object(of.key),
            description="The record as it is now; null where nothing was written.",
            extensions={OPENS: Opens.RECORD},
        ),
        "deletedId": GraphQLField(GraphQLID, description="Of the record that was deleted."),
        **said(catalogue),
    }


def _batch(catalogue: Catalogue, of: ObjectType) -> Fields:
    return {
        naming.field_name(of.plural): GraphQLField(
            GraphQLList(catalogue.object(of.key)),
            description="The records as they are now, in the order of the input.",
            extensions={OPENS: Opens.ROWS},
        ),
        "deletedIds": GraphQLField(
            GraphQLList(GraphQLNonNull(GraphQLID)), description="Of the records that were deleted."
        ),
        **said(catalogue),
    }


def said(catalogue: Catalogue) -> Fields:
    """`errors` and `warnings` of a payload."""
    error = catalogue.named("UserError", GraphQLObjectType)
    errors = GraphQLNonNull(GraphQLList(GraphQLNonNull(error)))
    return {
        "errors": GraphQLField(
            errors, description="What is wrong. Nothing was written unless this is empty."
        ),
        "warnings": GraphQLField(errors, description="What was written all the same."),
    }
