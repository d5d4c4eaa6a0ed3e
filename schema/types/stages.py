"""The stage that a record is in, and those that it was in before."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
)

from core import query
from metadata import naming
from metadata.model import ObjectType, StageKind
from schema.limits import OPENS, Opens
from schema.scalars import DATE, DATE_TIME, DECIMAL
from schema.types.catalogue import USER, Catalogue, Fields
from schema.types.meanings import MEANS, Branch, Leaf, Listed

STAGE_KIND: Final = GraphQLEnumType(
    "StageKind",
    {kind.name: GraphQLEnumValue(kind.value) for kind in StageKind},
    description="Whether a record in the stage is open, and how it was closed.",
)


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The types of an object's stage and of its stage history, if it is staged."""
    if catalogue.metadata.pipeline_of(of.key) is not None:
        name = naming.type_name(of.key)
        catalogue.add_object(f"{name}StageInfo", partial(_info, catalogue, of))
        catalogue.add_object(f"{name}StageHistoryInfo", partial(_history, catalogue, of))


def fields(catalogue: Catalogue, of: ObjectType) -> Fields:
    """`stage` and `stageHistory` of a staged object."""
    if catalogue.metadata.pipeline_of(of.key) is None:
        return {}
    return {
        "stage": GraphQLField(
            catalogue.object(of.key, "StageInfo"),
            description="The stage that the record is in.",
            extensions={MEANS: Branch(query.StageInfo)},
        ),
        "stageHistory": GraphQLField(
            GraphQLList(GraphQLNonNull(catalogue.object(of.key, "StageHistoryInfo"))),
            {"first": GraphQLArgument(GraphQLInt)},
            description="Every stage that the record entered, the oldest first.",
            extensions={MEANS: Listed(query.StageHistory), OPENS: Opens.LIST},
        ),
    }


def _info(catalogue: Catalogue, of: ObjectType) -> Fields:
    types: dict[str, GraphQLOutputType] = {
        "key": _stage(catalogue, of),
        "title": GraphQLString,
        "kind": STAGE_KIND,
        "probability": DECIMAL,
        "forecast_category": GraphQLString,
        "since": DATE_TIME,
    }
    return {
        naming.field_name(part): GraphQLField(
            type_, extensions={MEANS: Leaf(query.StagePart(part))}
        )
        for part, type_ in types.items()
    }


def _history(catalogue: Catalogue, of: ObjectType) -> Fields:
    fields = {
        name: GraphQLField(type_, extensions={MEANS: Leaf(query.StageHistoryPart(part))})
        for name, part, type_ in _history_parts(_stage(catalogue, of))
    }
    if USER in catalogue.objects:
        for key, says in (("owner", "Whose record it was."), ("actor", "Who moved it.")):
            fields[key] = GraphQLField(
                catalogue.object(USER),
                description=says,
                extensions={MEANS: Branch(partial(query.One, key, USER)), OPENS: Opens.RECORD},
            )
    return fields


def _history_parts(stage: GraphQLEnumType) -> Iterator[tuple[str, str, GraphQLOutputType]]:
    yield "kind", "kind", GraphQLString
    yield "fromStage", "from_stage", stage
    yield "toStage", "to_stage", stage
    yield "skipped", "skipped", GraphQLList(GraphQLNonNull(stage))
    yield "enteredAt", "entered_at", DATE_TIME
    yield "exitedAt", "exited_at", DATE_TIME
    yield "durationSeconds", "duration_s", GraphQLInt
    yield "amount", "amount", DECIMAL
    yield "currency", "currency", GraphQLString
    yield "probability", "probability", DECIMAL
    yield "closeDate", "close_date", DATE
    yield "reason", "reason", GraphQLString
    yield "note", "note", GraphQLString


def _stage(catalogue: Catalogue, of: ObjectType) -> GraphQLEnumType:
    return catalogue.named(f"{naming.type_name(of.key)}Stage", GraphQLEnumType)
