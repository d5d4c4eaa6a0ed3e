"""The type of an object's records: fields, references, connections and capabilities."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
)

from core import query
from metadata import naming
from metadata.model import Field, FieldType, ObjectType
from schema.limits import OPENS, Opens
from schema.scalars import DATE_TIME, DECIMAL
from schema.types import connections, graphs, histories, stages, trees, values
from schema.types.catalogue import SYSTEM, USER, Catalogue, Fields, described
from schema.types.enums import DEPRECATED
from schema.types.meanings import MEANS, Branch, FieldMeaning, Leaf

_STAMPS: Final[dict[str, tuple[GraphQLOutputType, str]]] = {
    "version": (GraphQLInt, "Raised by each change; give it as `ifVersion`."),
    "created_at": (DATE_TIME, SYSTEM["created_at"]),
    "updated_at": (DATE_TIME, SYSTEM["updated_at"]),
    "deleted_at": (DATE_TIME, "When the record was deleted; null while it lives."),
}
_PEOPLE: Final = ("owner", "created_by", "updated_by")


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The type of an object's records."""
    catalogue.add_object(
        naming.type_name(of.key),
        partial(_fields, catalogue, of),
        described(of.title, of.labels, of.description),
        (catalogue.node,),
    )


def scalar(type_: GraphQLOutputType, column: query.Column, description: str) -> GraphQLField:
    """A field that gives a column's value."""
    means = Leaf(query.Scalar(column))
    return GraphQLField(type_, description=description, extensions={MEANS: means})


def to_one(catalogue: Catalogue, object_key: str, make: FieldMeaning, says: str) -> GraphQLField:
    """A field that gives one record."""
    return GraphQLField(
        catalogue.object(object_key),
        description=says,
        extensions={MEANS: make, OPENS: Opens.RECORD},
    )


def _fields(catalogue: Catalogue, of: ObjectType) -> Fields:
    return {
        "id": scalar(GraphQLNonNull(GraphQLID), query.Column("id"), "The record's id."),
        **{
            name: made
            for field in catalogue.fields_of(of)
            for name, made in _own(catalogue, of, field)
        },
        **dict(_system(catalogue, of)),
        **{
            naming.field_name(it.key): connections.children(catalogue, it)
            for it in catalogue.inverses_of(of)
        },
        **trees.fields(catalogue, of),
        **stages.fields(catalogue, of),
        **graphs.fields(catalogue, of),
        **histories.fields(catalogue),
    }


def _own(catalogue: Catalogue, of: ObjectType, field: Field) -> Iterator[tuple[str, GraphQLField]]:
    says = described(field.title, field.labels, field.description)
    name = naming.field_name(field.key)
    if field.reference is not None:
        target = field.reference.object
        make = Branch(partial(query.One, field.key, target))
        made = to_one(catalogue, target, make, says)
    else:
        made = scalar(values.whole(catalogue, of, field), query.Column(field.key), says)
    if field.deprecated:
        made.deprecation_reason = DEPRECATED
    yield name, made
    if field.type is FieldType.MONEY:
        column = query.Column(field.key, corporate=True)
        also = " In the tenant's currency." if says.endswith(".") else ", in the tenant's currency"
        made = scalar(DECIMAL, column, f"{says}{also}")
        yield naming.field_name(naming.corporate(field.key)), made


def _system(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    for key, (type_, says) in _STAMPS.items():
        yield naming.field_name(key), scalar(type_, query.Column(key), says)
    if any(field.type is FieldType.MONEY for field in catalogue.fields_of(of)):
        yield "currency", scalar(GraphQLString, query.Column("currency"), SYSTEM["currency"])
    if USER in catalogue.objects:
        for key in _PEOPLE:
            make = Branch(partial(query.One, key, USER))
            yield naming.field_name(key), to_one(catalogue, USER, make, SYSTEM[key])
