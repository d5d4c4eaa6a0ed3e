"""What records can be put in order by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graphql import GraphQLInputField

from core.query import Column
from metadata import naming
from metadata.model import FieldType, ObjectType
from schema.types import operators, values
from schema.types.catalogue import SYSTEM, USER, Catalogue, InputFields, described
from schema.types.meanings import MEANS, Ranked, RankedThrough


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The order of an object's records, by one key; lists of it order by several."""
    name = f"{naming.type_name(of.key)}OrderBy"
    says = "One key to order by; a list of them orders by several."
    catalogue.add_input(name, partial(_fields, catalogue, of), one_of=True, description=says)


def _fields(catalogue: Catalogue, of: ObjectType) -> InputFields:
    return dict(_inputs(catalogue, of))


def _inputs(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLInputField]]:
    yield "id", _by(Column("id"), "Records in the order of their creation.")
    for field in catalogue.fields_of(of):
        name, says = naming.field_name(field.key), described(field.title, field.labels)
        if field.reference is not None:
            yield name, _through(catalogue, field.key, field.reference.object, says)
        elif values.is_sorted(field):
            yield name, _by(Column(field.key), says)
        if field.type is FieldType.MONEY:
            corporate = naming.field_name(naming.corporate(field.key))
            yield (
                corporate,
                _by(Column(field.key, corporate=True), f"{says}, in the tenant's currency"),
            )
    for key in ("created_at", "updated_at"):
        yield naming.field_name(key), _by(Column(key), SYSTEM[key])
    if USER in catalogue.objects:
        yield "owner", _through(catalogue, "owner", USER, SYSTEM["owner"])
    if catalogue.metadata.pipeline_of(of.key) is not None:
        yield "stage", _by(Column("stage"), "By the stage's place in the pipeline.")


def _by(column: Column, says: str | None) -> GraphQLInputField:
    means = Ranked(column)
    return GraphQLInputField(operators.ORDER, description=says, extensions={MEANS: means})


def _through(
    catalogue: Catalogue, reference: str, target: str, says: str | None
) -> GraphQLInputField:
    return GraphQLInputField(
        catalogue.input(target, "OrderBy"),
        description=says,
        extensions={MEANS: RankedThrough(reference)},
    )
