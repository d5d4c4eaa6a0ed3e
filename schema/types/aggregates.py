"""Counts and statistics over records."""

from __future__ import annotations

from functools import partial
from typing import Final

from graphql import GraphQLField, GraphQLInt

from core import query
from metadata import naming
from metadata.model import ObjectType
from schema.types import operators, values
from schema.types.catalogue import USER, Catalogue, Fields, described
from schema.types.meanings import MEANS, Hop, Leaf, StatsOf

_STAMPS: Final = {
    "created_at": "When the records were created.",
    "updated_at": "When the records were last changed.",
}


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The aggregate over an object's records."""
    name = naming.type_name(of.key)
    says = f"Counts and statistics of {described(of.plural_title or of.title, of.plural_labels)}."
    catalogue.add_object(f"{name}Aggregate", partial(_fields, catalogue, of), says)


def _fields(catalogue: Catalogue, of: ObjectType) -> Fields:
    fields = {
        "count": GraphQLField(
            GraphQLInt, description="How many records.", extensions={MEANS: Leaf(query.Count())}
        )
    }
    for field in catalogue.fields_of(of):
        name = naming.field_name(field.key)
        stats = values.stats(field)
        says = described(field.title, field.labels)
        if stats is not None:
            means = StatsOf(field.key)
            fields[name] = GraphQLField(stats, description=says, extensions={MEANS: means})
        elif field.reference is not None:
            fields[name] = _hop(catalogue, field.key, field.reference.object, says)
    for key, says in _STAMPS.items():
        fields[naming.field_name(key)] = GraphQLField(
            operators.DATE_TIME_STATS, description=says, extensions={MEANS: StatsOf(key)}
        )
    if USER in catalogue.objects:
        fields["owner"] = _hop(catalogue, "owner", USER, "Owner")
    return fields


def _hop(catalogue: Catalogue, reference: str, target: str, says: str) -> GraphQLField:
    return GraphQLField(
        catalogue.object(target, "Aggregate"),
        description=f"{says}: statistics of what is behind the reference, once for each record.",
        extensions={MEANS: Hop(reference)},
    )
