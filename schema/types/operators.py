"""Types that every tenant's schema shares: operators of filters, statistics, pages, errors."""

from __future__ import annotations

from typing import Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLNullableInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)

from core.query import DiffPart, Operator, PagePart, Statistic, Unit
from schema.scalars import BIG_INT, DATE, DATE_TIME, DECIMAL, JSON, SCALARS
from schema.types.meanings import MEANS, STRUCTURAL, Leaf

ORDER: Final = GraphQLEnumType(
    "OrderKind",
    {
        "ASC": GraphQLEnumValue("ASC", description="Smallest first; nulls are smallest."),
        "DESC": GraphQLEnumValue("DESC", description="Largest first, nulls last."),
    },
    description="In which direction a key orders.",
    extensions={STRUCTURAL: True},
)
GROUP_ORDER: Final = GraphQLEnumType(
    "GroupOrderKind",
    {
        "COUNT": GraphQLEnumValue(
            "COUNT", description="The group with the most records first, then by their keys."
        ),
        "KEY": GraphQLEnumValue(
            "KEY",
            description="By their keys, nulls first: dates from the earliest on, stages as in the "
            "pipeline.",
        ),
    },
    description="Which groups come first.",
    extensions={STRUCTURAL: True},
)
RECORDS: Final = GraphQLEnumType(
    "RecordsKind",
    {
        "LIVE": GraphQLEnumValue("LIVE", description="Those that are not deleted."),
        "DELETED": GraphQLEnumValue(
            "DELETED",
            description="Those that were deleted, and can be restored: `updatedAt` and `updatedBy`"
            " tell when and by whom. Nothing refers to them, and of a tree they have but ancestors.",
        ),
    },
    description="Whether records live.",
    extensions={STRUCTURAL: True},
)
DATE_UNIT: Final = GraphQLEnumType(
    "DateUnitKind",
    {unit.name: GraphQLEnumValue(unit.value, description=f"A {unit.value}.") for unit in Unit},
    description="How long a period is that dates are grouped by. Weeks begin on Monday.",
    extensions={STRUCTURAL: True},
)

_EQUALITY: Final = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN, Operator.IS_NULL)
_RANGE: Final = (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
_PARTS: Final = (Operator.CONTAINS, Operator.STARTS_WITH)
_LIST: Final = (Operator.HAS, Operator.HAS_ANY, Operator.HAS_ALL, Operator.IS_NULL)

_SAYS: Final = {
    Operator.EQ: "Equals.",
    Operator.NE: "Differs; a null differs from every value.",
    Operator.IN: "Is one of these; an empty list matches nothing.",
    Operator.NOT_IN: "Is none of these; a null is none of any.",
    Operator.IS_NULL: "Whether there is no value.",
    Operator.LT: "Comes before.",
    Operator.LTE: "Comes before, or equals.",
    Operator.GT: "Comes after.",
    Operator.GTE: "Comes after, or equals.",
    Operator.CONTAINS: "Contains this text, whatever the case.",
    Operator.STARTS_WITH: "Begins with this text, whatever the case.",
    Operator.HAS: "Holds this.",
    Operator.HAS_ANY: "Holds at least one of these.",
    Operator.HAS_ALL: "Holds all of these.",
}
SAYS: Final = "Operators; all that are given must hold."
_PLURAL: Final = (Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.HAS_ALL)


def operators(
    operand: GraphQLNullableInputType, offered: tuple[Operator, ...]
) -> dict[str, GraphQLInputField]:
    """The fields of an operator input for one type of operand."""
    fields = {}
    for operator in offered:
        type_: GraphQLInputType = operand
        if operator is Operator.IS_NULL:
            type_ = GraphQLBoolean
        elif operator in _PLURAL:
            type_ = GraphQLList(GraphQLNonNull(operand))
        fields[operator.value] = GraphQLInputField(
            type_, description=_SAYS[operator], extensions={MEANS: operator}
        )
    return fields


def equality(operand: GraphQLNullableInputType) -> dict[str, GraphQLInputField]:
    """What can be asked of a picklist, or of a record's identity."""
    return operators(operand, _EQUALITY)


def membership(operand: GraphQLNullableInputType) -> dict[str, GraphQLInputField]:
    """What can be asked of a field that holds several values."""
    return operators(operand, _LIST)


def _input(
    name: str, operand: GraphQLNullableInputType, *offered: tuple[Operator, ...]
) -> GraphQLInputObjectType:
    return GraphQLInputObjectType(name, operators(operand, sum(offered, ())), description=SAYS)


ID_FILTER: Final = _input("IdFilterInput", GraphQLID, _EQUALITY)
TEXT_FILTER: Final = _input("TextFilterInput", GraphQLString, _EQUALITY, _PARTS)
SORTED_TEXT_FILTER: Final = _input(
    "SortedTextFilterInput", GraphQLString, _EQUALITY, _RANGE, _PARTS
)
INT_FILTER: Final = _input("IntFilterInput", GraphQLInt, _EQUALITY, _RANGE)
BIG_INT_FILTER: Final = _input("BigIntFilterInput", BIG_INT, _EQUALITY, _RANGE)
FLOAT_FILTER: Final = _input("FloatFilterInput", GraphQLFloat, _EQUALITY, _RANGE)
DECIMAL_FILTER: Final = _input("DecimalFilterInput", DECIMAL, _EQUALITY, _RANGE)
BOOLEAN_FILTER: Final = _input(
    "BooleanFilterInput", GraphQLBoolean, (Operator.EQ, Operator.NE, Operator.IS_NULL)
)
DATE_FILTER: Final = _input("DateFilterInput", DATE, _EQUALITY, _RANGE)
DATE_TIME_FILTER: Final = _input("DateTimeFilterInput", DATE_TIME, _EQUALITY, _RANGE)
TEXT_LIST_FILTER: Final = _input("TextListFilterInput", GraphQLString, _LIST)
PRESENCE_FILTER: Final = _input("PresenceFilterInput", GraphQLBoolean, (Operator.IS_NULL,))


_STATISTICS: Final = {
    Statistic.SUM: "The sum.",
    Statistic.AVG: "The average.",
    Statistic.MIN: "The smallest, or earliest.",
    Statistic.MAX: "The largest, or latest.",
    Statistic.CURRENCY: "The tenant's currency, which the amounts are in.",
    Statistic.EXCLUDED: "How many amounts are left out, since their currency has no rate.",
}


def _stats(name: str, **statistics: GraphQLOutputType) -> GraphQLObjectType:
    return GraphQLObjectType(
        name,
        {
            word: GraphQLField(
                type_,
                description=_STATISTICS[Statistic(word)],
                extensions={MEANS: Leaf(Statistic(word))},
            )
            for word, type_ in statistics.items()
        },
        description=(
            "Statistics of the values that there are; without any, the sum is 0 and the rest null."
            if "sum" in statistics
            else "Statistics of the values that there are; null where there are none."
        ),
    )


INT_STATS: Final = _stats("IntStats", sum=DECIMAL, avg=DECIMAL, min=GraphQLInt, max=GraphQLInt)
BIG_INT_STATS: Final = _stats("BigIntStats", sum=DECIMAL, avg=DECIMAL, min=BIG_INT, max=BIG_INT)
FLOAT_STATS: Final = _stats(
    "FloatStats", sum=GraphQLFloat, avg=GraphQLFloat, min=GraphQLFloat, max=GraphQLFloat
)
DECIMAL_STATS: Final = _stats("DecimalStats", sum=DECIMAL, avg=DECIMAL, min=DECIMAL, max=DECIMAL)
MONEY_STATS: Final = _stats(
    "MoneyStats",
    sum=DECIMAL,
    avg=DECIMAL,
    min=DECIMAL,
    max=DECIMAL,
    currency=GraphQLString,
    excluded=GraphQLInt,
)
DATE_STATS: Final = _stats("DateStats", min=DATE, max=DATE)
DATE_TIME_STATS: Final = _stats("DateTimeStats", min=DATE_TIME, max=DATE_TIME)

_PAGE_PARTS: Final = {
    PagePart.HAS_NEXT: "Whether more come after the page.",
    PagePart.HAS_PREVIOUS: "Whether more come before it.",
    PagePart.START: "The cursor of its first row: `before` it, the page before.",
    PagePart.END: "The cursor of its last row: `after` it, the next page.",
}
PAGE_INFO: Final = GraphQLObjectType(
    "PageInfo",
    {
        part.value: GraphQLField(
            GraphQLNonNull(GraphQLBoolean) if part.name.startswith("HAS") else GraphQLString,
            description=_PAGE_PARTS[part],
            extensions={MEANS: Leaf(part)},
        )
        for part in PagePart
    },
    description="Where a page stands among the rows of its connection.",
)

FIELD_CHANGE: Final = GraphQLObjectType(
    "FieldChangeInfo",
    {
        part.value: GraphQLField(type_, description=says, extensions={MEANS: Leaf(part)})
        for part, type_, says in (
            (DiffPart.FIELD, GraphQLString, "Its name in the API."),
            (DiffPart.BEFORE, JSON, "The value before, as the input takes it."),
            (DiffPart.AFTER, JSON, "The value after; a reference is told by its id."),
        )
    },
    description="A field before and after a change.",
)

SHARED: Final[tuple[GraphQLNamedType, ...]] = (
    GraphQLString,
    GraphQLInt,
    GraphQLFloat,
    GraphQLBoolean,
    GraphQLID,
    *SCALARS,
    ORDER,
    DATE_UNIT,
    GROUP_ORDER,
    RECORDS,
    ID_FILTER,
    TEXT_FILTER,
    SORTED_TEXT_FILTER,
    INT_FILTER,
    BIG_INT_FILTER,
    FLOAT_FILTER,
    DECIMAL_FILTER,
    BOOLEAN_FILTER,
    DATE_FILTER,
    DATE_TIME_FILTER,
    TEXT_LIST_FILTER,
    PRESENCE_FILTER,
    INT_STATS,
    BIG_INT_STATS,
    FLOAT_STATS,
    DECIMAL_STATS,
    MONEY_STATS,
    DATE_STATS,
    DATE_TIME_STATS,
    PAGE_INFO,
    FIELD_CHANGE,
)
