"""The mutations of an object's records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from metadata import naming
from metadata.model import ObjectType
from schema.limits import OPENS, Opens
from schema.types.catalogue import Catalogue
from schema.types.meanings import MEANS, Verb, Write

NEW_PARENT: Final = "The node to stand below; null makes it a root. It must be given."
_ID: Final = GraphQLArgument(GraphQLNonNull(GraphQLID), description="The record's id.")
_IF_VERSION: Final = GraphQLArgument(
    GraphQLInt, description="Refuse with a conflict unless the record is at this version."
)


def fields(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    """Create, update, delete, restore, their batches, upsert and reparent."""
    yield from _single(catalogue, of)
    yield from _batches(catalogue, of)


def _single(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    names = _names(catalogue, of)
    input_type = GraphQLNonNull(catalogue.input(of.key, "Input"))
    given = GraphQLArgument(input_type, description="What is written.")

    def made(verb: Verb, says: str, **arguments: GraphQLArgument) -> GraphQLField:
        payload = catalogue.object(of.key, "Payload")
        means = Write(verb, of.key)
        return GraphQLField(payload, arguments, description=says, extensions={MEANS: means})

    yield names.create, made(Verb.CREATE, "A new record.", input=given)
    says = "Change what is given; null clears."
    yield names.update, made(Verb.UPDATE, says, id=_ID, input=given, ifVersion=_IF_VERSION)
    says = "Delete a record, with what is to go along; it can be restored."
    yield names.delete, made(Verb.DELETE, says, id=_ID, ifVersion=_IF_VERSION)
    says = "Bring back what one deletion took."
    yield names.restore, made(Verb.RESTORE, says, id=_ID)
    if names.reparent is not None:
        says = "Move a node with everything below it."
        parent = GraphQLArgument(GraphQLID, description=NEW_PARENT)
        moved = made(Verb.REPARENT, says, id=_ID, parent=parent, ifVersion=_IF_VERSION)
        yield names.reparent, moved


def _batches(catalogue: Catalogue, of: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    names = _names(catalogue, of)
    payload = catalogue.named(f"{naming.type_name(of.plural)}Payload", GraphQLObjectType)

    def made(verb: Verb, says: str, **arguments: GraphQLArgument) -> GraphQLField:
        return GraphQLField(
            payload,
            arguments,
            description=f"{says} All, or none where one is refused.",
            extensions={MEANS: Write(verb, of.key), OPENS: Opens.BATCH},
        )

    inputs = _list(catalogue.input(of.key, "Input"), "What is written, one for each record.")
    yield names.create_many, made(Verb.CREATE_MANY, "New records.", inputs=inputs)
    updates = _list(catalogue.input(of.key, "UpdateInput"), "One for each record.")
    yield names.update_many, made(Verb.UPDATE_MANY, "Change records.", updates=updates)
    ids = _list(GraphQLID, "Of the records to delete.")
    yield names.delete_many, made(Verb.DELETE_MANY, "Delete records.", ids=ids)
    if catalogue.uniques_of(of):
        name = f"{naming.type_name(of.key)}UniqueKey"
        key = GraphQLArgument(
            GraphQLNonNull(catalogue.named(name, GraphQLEnumType)),
            description="By which the records are found that are there.",
        )
        says = "Update the records that have these keys, create those that are not there."
        yield names.upsert_many, made(Verb.UPSERT_MANY, says, key=key, inputs=inputs)


def _names(catalogue: Catalogue, of: ObjectType) -> naming.Operations:
    return naming.operations(of, staged=catalogue.metadata.pipeline_of(of.key) is not None)


def _list(of: GraphQLInputType, says: str) -> GraphQLArgument:
    return GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(of))), description=says)
