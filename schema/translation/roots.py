"""What is asked at the top of an operation, or of records that Python has found."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import FieldNode, GraphQLObjectType, SelectionSetNode

from core import query
from schema.translation.filters import identified
from schema.translation.parts import Call, Parts
from schema.translation.translating import Translation
from schema.types.meanings import MEANS, OBJECTS, AnyById, ById, Connected


def is_compiled(means: object) -> bool:
    """Whether a root field is answered by a statement."""
    return isinstance(means, ById | AnyById | Connected)


def root(
    translation: Translation, type_: GraphQLObjectType, name: str, nodes: Sequence[FieldNode]
) -> query.Output:
    """One root field that a statement answers."""
    parts = Parts(translation)
    call = parts.call(type_, nodes, (name,))
    means = call.field.extensions[MEANS]
    if isinstance(means, Connected):
        return query.Output(name, parts.connection(call, means, nested=False))
    one = translation.value(identified(parts.required(call, "id").fetch))
    if isinstance(means, ById):
        outputs = parts.outputs(call.type, call.below, (name,))
        return query.Output(name, query.Record(means.object, one, outputs))
    return query.Output(name, query.AnyRecord(one, choices(translation, call)))


def records(
    translation: Translation,
    found: tuple[str, GraphQLObjectType],
    below: Sequence[SelectionSetNode],
    path: tuple[str, ...],
) -> query.Query:
    """What is selected of records of one object, whose ids are the first value of each run."""
    object_key, type_ = found
    ids = translation.value(lambda variables: variables[IDS])
    outputs = Parts(translation).outputs(type_, below, path)
    part = query.Records(object_key, ids, outputs)
    return query.Query((query.Output("records", part),))


IDS = " ids"
"""The variable that holds the ids; no document can name it."""


def choices(
    translation: Translation, call: Call
) -> tuple[tuple[str, tuple[query.Output, ...]], ...]:
    """What is selected of each kind of record that may be found."""
    schema = translation.selecting.schema
    below: Sequence[SelectionSetNode] = call.below
    parts = Parts(translation)
    objects: dict[str, str] = schema.extensions[OBJECTS]
    return tuple(
        (key, parts.outputs(found, below, call.at.path))
        for key, name in objects.items()
        if isinstance(found := schema.get_type(name), GraphQLObjectType)
    )
