"""What can be asked of records: a filter for each object, through its references too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graphql import (
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from core.query import Column, Operator, Quantifier
from metadata import naming
from metadata.model import Field, FieldType, ObjectType
from schema.types import connections, operators, values
from schema.types.catalogue import SYSTEM, USER, Catalogue, InputFields, described
from schema.types.meanings import (
    MEANS,
    Children,
    Combined,
    Compared,
    FilterMeaning,
    Identified,
    Operand,
    Referred,
    Subtree,
)

_QUANTIFIERS = {
    Quantifier.SOME: "At least one of them satisfies this.",
    Quantifier.NONE: "None of them satisfies this.",
    Quantifier.EVERY: "All of them satisfy this; true where there are none.",
}


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The filter of an object's records, and the one of lists of them."""
    name = naming.type_name(of.key)
    says = "All that is given must hold. Nothing may be empty or null: ask for null by `isNull`."
    catalogue.add_input(f"{name}Filter", partial(_fields, catalogue, of), description=says)
    says = f"What is asked of {described(of.plural_title or of.title, of.plural_labels)} together."
    catalogue.add_input(f"{name}ListFilter", partial(_list, catalogue, of), description=says)


def _fields(catalogue: Catalogue, of: ObjectType) -> InputFields:
    itself = catalogue.input(of.key, "Filter")
    several = GraphQLList(GraphQLNonNull(itself))
    return {
        "and": _input(several, Combined("and"), "All of these."),
        "or": _input(several, Combined("or"), "At least one of these."),
        "not": _input(itself, Combined("not"), "Not this."),
        "id": _compared(operators.ID_FILTER, "id", "The record's id.", Operand.ID),
        **{
            name: GraphQLInputField(
                made.type,
                description=made.description,
                extensions={MEANS: Identified(Operator(name))},
            )
            for name, made in operators.equality(GraphQLID).items()
        },
        **{
            name: made
            for field in catalogue.fields_of(of)
            for name, made in _own(catalogue, of, field)
        },
        **dict(_system(catalogue, of)),
        **{
            naming.field_name(it.key): _input(
                catalogue.input(it.object, "ListFilter"),
                Children(it.object, it.field),
                connections.of_inverse(catalogue, it),
            )
            for it in catalogue.inverses_of(of)
        },
        **_tree(of),
    }


def _own(
    catalogue: Catalogue, of: ObjectType, field: Field
) -> Iterator[tuple[str, GraphQLInputField]]:
    name = naming.field_name(field.key)
    says = described(field.title, field.labels)
    if field.reference is not None:
        target = catalogue.input(field.reference.object, "Filter")
        yield name, _input(target, Referred(field.key), says)
        return
    type_ = values.filtered(catalogue, of, field)
    yield name, _compared(type_, field.key, says)
    if field.type is FieldType.MONEY:
        corporate = Compared(Column(field.key, corporate=True))
        yield (
            naming.field_name(naming.corporate(field.key)),
            _input(type_, corporate, f"{says}, in the tenant's currency"),
        )


def _system(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLInputField]]:
    yield "createdAt", _compared(operators.DATE_TIME_FILTER, "created_at", SYSTEM["created_at"])
    yield "updatedAt", _compared(operators.DATE_TIME_FILTER, "updated_at", SYSTEM["updated_at"])
    if any(field.type is FieldType.MONEY for field in catalogue.fields_of(of)):
        yield "currency", _compared(operators.TEXT_FILTER, "currency", SYSTEM["currency"])
    if USER in catalogue.objects:
        user = catalogue.input(USER, "Filter")
        for key in ("owner", "created_by", "updated_by"):
            yield naming.field_name(key), _input(user, Referred(key), SYSTEM[key])
    if catalogue.metadata.pipeline_of(of.key) is not None:
        name = f"{naming.type_name(of.key)}StageFilter"
        type_ = catalogue.named(name, GraphQLInputObjectType)
        yield "stage", _compared(type_, "stage", "The stage that the record is in.")


def _tree(of: ObjectType) -> InputFields:
    if of.tree is None:
        return {}
    return {"under": _input(GraphQLID, Subtree(), "In the subtree of this node, or it itself.")}


def _list(catalogue: Catalogue, of: ObjectType) -> InputFields:
    each = catalogue.input(of.key, "Filter")
    return {
        it.value: GraphQLInputField(each, description=says, extensions={MEANS: it})
        for it, says in _QUANTIFIERS.items()
    }


def _compared(
    type_: GraphQLInputObjectType,
    field: str,
    says: str | None,
    operand: Operand = Operand.PLAIN,
) -> GraphQLInputField:
    return _input(type_, Compared(Column(field), operand), says)


def _input(type_: object, means: FilterMeaning, says: str | None) -> GraphQLInputField:
    return GraphQLInputField(type_, description=says, extensions={MEANS: means})  # type: ignore[arg-type]
