"""What each type of field is in GraphQL: given, taken, filtered and counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)
from graphql.type import GraphQLLeafType

from metadata import naming
from metadata.model import Field, FieldType, ObjectType
from schema.scalars import BIG_INT, DATE, DATE_TIME, DECIMAL, JSON
from schema.types import operators
from schema.types.catalogue import Catalogue

_LEAVES: Final[Mapping[FieldType, GraphQLLeafType]] = {
    FieldType.TEXT: GraphQLString,
    FieldType.LONGTEXT: GraphQLString,
    FieldType.RICHTEXT: GraphQLString,
    FieldType.AUTONUMBER: GraphQLString,
    FieldType.INTEGER: GraphQLInt,
    FieldType.BIGINT: BIG_INT,
    FieldType.FLOAT: GraphQLFloat,
    FieldType.DECIMAL: DECIMAL,
    FieldType.PERCENT: DECIMAL,
    FieldType.MONEY: DECIMAL,
    FieldType.BOOLEAN: GraphQLBoolean,
    FieldType.DATE: DATE,
    FieldType.DATETIME: DATE_TIME,
    FieldType.TEXTS: GraphQLString,
    FieldType.REFERENCE: GraphQLID,
    FieldType.JSON: JSON,
}
_FILTERS: Final[Mapping[FieldType, GraphQLInputObjectType]] = {
    FieldType.TEXT: operators.TEXT_FILTER,
    FieldType.LONGTEXT: operators.TEXT_FILTER,
    FieldType.RICHTEXT: operators.TEXT_FILTER,
    FieldType.AUTONUMBER: operators.TEXT_FILTER,
    FieldType.INTEGER: operators.INT_FILTER,
    FieldType.BIGINT: operators.BIG_INT_FILTER,
    FieldType.FLOAT: operators.FLOAT_FILTER,
    FieldType.DECIMAL: operators.DECIMAL_FILTER,
    FieldType.PERCENT: operators.DECIMAL_FILTER,
    FieldType.MONEY: operators.DECIMAL_FILTER,
    FieldType.BOOLEAN: operators.BOOLEAN_FILTER,
    FieldType.DATE: operators.DATE_FILTER,
    FieldType.DATETIME: operators.DATE_TIME_FILTER,
    FieldType.TEXTS: operators.TEXT_LIST_FILTER,
    FieldType.JSON: operators.PRESENCE_FILTER,
}
_STATS: Final[Mapping[FieldType, GraphQLObjectType]] = {
    FieldType.INTEGER: operators.INT_STATS,
    FieldType.BIGINT: operators.BIG_INT_STATS,
    FieldType.FLOAT: operators.FLOAT_STATS,
    FieldType.DECIMAL: operators.DECIMAL_STATS,
    FieldType.PERCENT: operators.DECIMAL_STATS,
    FieldType.MONEY: operators.MONEY_STATS,
    FieldType.DATE: operators.DATE_STATS,
    FieldType.DATETIME: operators.DATE_TIME_STATS,
}
_LISTS: Final = frozenset({FieldType.TEXTS, FieldType.PICKLISTS})
_UNSORTED: Final = frozenset(
    {
        FieldType.LONGTEXT,
        FieldType.RICHTEXT,
        FieldType.PICKLISTS,
        FieldType.TEXTS,
        FieldType.REFERENCE,
        FieldType.JSON,
    }
)
_GROUPED: Final = frozenset(
    {
        FieldType.TEXT,
        FieldType.INTEGER,
        FieldType.BIGINT,
        FieldType.BOOLEAN,
        FieldType.DATE,
        FieldType.DATETIME,
        FieldType.PICKLIST,
    }
)
TEXT: Final = GraphQLString
DATED: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
PICKED: Final = frozenset({FieldType.PICKLIST, FieldType.PICKLISTS})


def leaf(catalogue: Catalogue, of: ObjectType, field: Field) -> GraphQLLeafType:
    """One value of a field; of a reference, the id."""
    if field.type in PICKED:
        return catalogue.named(naming.enum_name(of.key, field.key), GraphQLEnumType)
    return _LEAVES[field.type]


def number(type_: FieldType) -> GraphQLLeafType:
    """One value of a type of numbers."""
    return _LEAVES[type_]


def whole(
    catalogue: Catalogue, of: ObjectType, field: Field
) -> GraphQLLeafType | GraphQLList[GraphQLNonNull[GraphQLLeafType]]:
    """What a field gives and takes: a value, or a list of them."""
    one = leaf(catalogue, of, field)
    return GraphQLList(GraphQLNonNull(one)) if field.type in _LISTS else one


def filtered(catalogue: Catalogue, of: ObjectType, field: Field) -> GraphQLInputObjectType:
    """The operators on a field; texts are ranged over only where they are sorted."""
    if field.type in PICKED:
        name = naming.enum_name(of.key, field.key) + "Filter"
        return catalogue.named(name, GraphQLInputObjectType)
    if field.type in (FieldType.TEXT, FieldType.AUTONUMBER) and field.index:
        return operators.SORTED_TEXT_FILTER
    return _FILTERS[field.type]


def stats(field: Field) -> GraphQLObjectType | None:
    return _STATS.get(field.type)


def is_sorted(field: Field) -> bool:
    """Whether records can be put in order by it."""
    if field.type in (FieldType.TEXT, FieldType.AUTONUMBER):
        return field.index
    return field.type not in _UNSORTED


def is_grouped(field: Field) -> bool:
    """Whether records can be grouped by it."""
    return field.type in _GROUPED
