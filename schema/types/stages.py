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
    {
        kind.name: GraphQLEnumValue(kind.value, description=says)
        for kind, says in (
            (StageKind.OPEN, "Still to be decided."),
            (StageKind.WON, "Closed, and ours."),
            (StageKind.LOST, "Closed, and somebody else's or nobody's."),
            (StageKind.INVALID, "Closed, for it was none."),
        )
    },
    description="Whether a record in the stage is open, and how it was closed.",
)


def declare(catalogue: Catalogue, of: ObjectType) -> None:
    """The types of an object's stage and of its stage history, if it is staged."""
    if catalogue.metadata.pipeline_of(of.key) is not None:
        name = naming.type_name(of.key)
        says = "The stage that a record is in, and since when."
        catalogue.add_object(f"{name}StageInfo", partial(_info, catalogue, of), says)
        says = "A stage that a record entered."
        catalogue.add_object(f"{name}StageHistoryInfo", partial(_history, catalogue, of), says)


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
            {"first": GraphQLArgument(GraphQLInt, description="How many, from the oldest.")},
            description="Every stage that the record entered, the oldest first.",
            extensions={MEANS: Listed(query.StageHistory), OPENS: Opens.LIST},
        ),
    }


def _info(catalogue: Catalogue, of: ObjectType) -> Fields:
    types: dict[str, tuple[GraphQLOutputType, str]] = {
        "key": (_stage(catalogue, of), "Which stage it is."),
        "title": (GraphQLString, "What it is called in the tenant's language."),
        "kind": (STAGE_KIND, "Whether it is open, and how it was closed."),
        "probability": (DECIMAL, "The stage's own, as a fraction."),
        "forecast_category": (GraphQLString, "The stage's own."),
        "since": (DATE_TIME, "When the record entered it."),
    }
    return {
        naming.field_name(part): GraphQLField(
            type_, description=says, extensions={MEANS: Leaf(query.StagePart(part))}
        )
        for part, (type_, says) in types.items()
    }


def _history(catalogue: Catalogue, of: ObjectType) -> Fields:
    fields = {
        naming.field_name(name): GraphQLField(
            type_,
            description=says,
            extensions={MEANS: Leaf(query.StageHistoryPart(name.replace("seconds", "s")))},
        )
        for name, type_, says in _history_parts(_stage(catalogue, of))
    }
    if USER in catalogue.objects:
        for key, says in (("owner", "Whose record it was."), ("actor", "Who moved it.")):
            fields[key] = GraphQLField(
                catalogue.object(USER),
                description=says,
                extensions={MEANS: Branch(partial(query.One, key, USER)), OPENS: Opens.RECORD},
            )
    return fields


def _history_parts(stage: GraphQLEnumType) -> Iterator[tuple[str, GraphQLOutputType, str]]:
    yield "kind", GraphQLString, "What brought the record there, such as create."
    yield "from_stage", stage, "The stage before; null for the first."
    yield "to_stage", stage, "The stage that it entered."
    yield "skipped", GraphQLList(GraphQLNonNull(stage)), "The stages between them, passed over."
    yield "entered_at", DATE_TIME, "When it entered."
    yield "exited_at", DATE_TIME, "When it left; null while it is there."
    yield "duration_seconds", GraphQLInt, "How long it was there; null while it is."
    yield "amount", DECIMAL, "The record's amount when it entered."
    yield "currency", GraphQLString, "The currency of the amount."
    yield "probability", DECIMAL, "The record's probability when it entered."
    yield "close_date", DATE, "The record's close date when it entered."
    yield "reason", GraphQLString, "Why, by the key of the pipeline's reason."
    yield "note", GraphQLString, "What was noted."


def _stage(catalogue: Catalogue, of: ObjectType) -> GraphQLEnumType:
    return catalogue.named(f"{naming.type_name(of.key)}Stage", GraphQLEnumType)
