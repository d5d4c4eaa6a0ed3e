from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from graphql import (
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    is_enum_type,
)
from graphql.utilities.coerce_input_value import coerce_input_value
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.numbers import Exact
from schema.platform.strawberry_schema import platform
from schema.translation.outlines import Outlines
from schema.types.tenant_schema import full
from tests.schema.some_metadata import crm

SCHEMA: GraphQLSchema = full(crm(), platform())
NAMES = sorted(n for n, it in SCHEMA.type_map.items() if isinstance(it, GraphQLInputObjectType))

LEAVES: dict[str, st.SearchStrategy[object]] = {
    "Int": st.integers(-(2**33), 2**33) | st.floats(allow_nan=False).map(lambda f: Exact(repr(f))),
    "Float": st.floats() | st.integers(-(2**53), 2**53),
    "String": st.text(),
    "Boolean": st.booleans(),
    "ID": st.uuids().map(str) | st.integers() | st.text(),
    "Decimal": st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.text("0123456789.-"),
    "BigInt": st.integers().map(str) | st.integers(),
    "Date": st.dates().map(str) | st.text("0123456789-", max_size=10),
    "DateTime": st.datetimes().map(lambda it: it.isoformat() + "Z") | st.text(max_size=5),
    "JSON": st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4),
}
ANYTHING = st.none() | st.booleans() | st.integers() | st.text() | st.just({}) | st.just([])


@settings(max_examples=400)
@given(data=st.data())
def test_coerces_as_graphql_core_does(data: st.DataObject) -> None:
    type_ = SCHEMA.type_map[data.draw(st.sampled_from(NAMES))]
    assert isinstance(type_, GraphQLInputObjectType)
    value = data.draw(values(type_, depth=3))

    expected = coerce_input_value(value, type_)

    assert quickly(lambda: Outlines().of(type_).coerce(value)) == expected


@pytest.mark.parametrize("number", [1.2345678901234568e20, 1.2345678901234567e19, -(2.0**60)])
def test_takes_a_large_float_by_the_digits_that_clients_write(number: float) -> None:
    written = int(format(Decimal(repr(number)), "f"))  # as JSON.stringify does below 1e21

    assert Outlines().of(GraphQLFloat).coerce(written) == number


def test_an_integer_beyond_all_floats_is_none() -> None:
    with pytest.raises(OverflowError):
        Outlines().of(GraphQLFloat).coerce(10**400)


@pytest.mark.parametrize(
    "value",
    [{"nam": {}}, {"name": "x"}, {"and": {"name": {"eq": "x"}}}, {"and": []}, [], "x", None],
    ids=str,
)
def test_coerces_what_is_no_filter_as_graphql_core_does(value: object) -> None:
    type_ = SCHEMA.type_map["AccountFilter"]
    assert isinstance(type_, GraphQLInputObjectType)

    assert quickly(lambda: Outlines().of(type_).coerce(value)) == coerce_input_value(value, type_)


def test_a_shape_tells_nothing_of_values() -> None:
    outline = Outlines().of(account_filter())
    one = outline.coerce({"name": {"eq": "A"}, "employees": {"in": [1]}, "tier": {"eq": "KEY"}})
    other = outline.coerce(
        {"name": {"eq": "B"}, "employees": {"in": [2, 3]}, "tier": {"eq": "STANDARD"}}
    )

    assert outline.shape(one) == outline.shape(other)


def test_a_shape_does_not_depend_on_the_order_of_keys() -> None:
    outline = Outlines().of(account_filter())
    one = outline.coerce({"name": {"eq": "A"}, "tier": {"eq": "KEY"}})
    other = outline.coerce({"tier": {"eq": "KEY"}, "name": {"eq": "A"}})

    assert outline.shape(one) == outline.shape(other)


@pytest.mark.parametrize(
    "value",
    [
        {"name": {"ne": "A"}},
        {"name": {"eq": None}},
        {"or": [{"name": {"eq": "A"}}]},
        {"name": {"eq": "A", "ne": "B"}},
        {"contacts": {"some": {"name": {"eq": "A"}}}},
    ],
    ids=str,
)
def test_a_shape_tells_what_is_asked(value: dict[str, object]) -> None:
    outline = Outlines().of(account_filter())

    shapes = {outline.shape(outline.coerce(it)) for it in ({"name": {"eq": "A"}}, value)}

    assert len(shapes) == 2


def test_directions_and_units_are_part_of_a_shape() -> None:
    orders = SCHEMA.type_map["OpportunityOrderBy"]
    keys = SCHEMA.type_map["OpportunityGroupBy"]
    assert isinstance(orders, GraphQLInputObjectType)
    assert isinstance(keys, GraphQLInputObjectType)
    order, key = Outlines().of(orders), Outlines().of(keys)

    assert order.shape({"amount": "ASC"}) != order.shape({"amount": "DESC"})
    assert key.shape({"closeDate": "month"}) != key.shape({"closeDate": "week"})
    assert key.shape({"stage": True}) != key.shape({"stage": False})


def account_filter() -> GraphQLInputType:
    found = SCHEMA.type_map["AccountFilter"]
    assert isinstance(found, GraphQLInputObjectType)
    return found


def quickly(coerce: Callable[[], object]) -> object:
    try:
        return coerce()
    except Exception:  # noqa: BLE001 - whatever it is, graphql-core is asked instead
        return Undefined


def values(type_: GraphQLInputType, depth: int) -> st.SearchStrategy[object]:
    """Mostly values of the type, sometimes something else."""
    return st.one_of(*[sound(type_, depth)] * 9, ANYTHING)


def sound(type_: GraphQLInputType, depth: int) -> st.SearchStrategy[object]:
    if isinstance(type_, GraphQLNonNull):
        return values(type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        each = values(type_.of_type, depth)
        return st.lists(each, max_size=3) | each
    if isinstance(type_, GraphQLInputObjectType):
        return objects(type_, depth)
    if is_enum_type(type_):
        return st.sampled_from(sorted(type_.values))
    return st.none() | LEAVES[type_.name]


@st.composite
def objects(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> object:
    if depth == 0:
        return {}
    count = 1 if type_.is_one_of else draw(st.integers(0, 3))
    names = draw(st.lists(st.sampled_from(sorted(type_.fields)), max_size=count, unique=True))
    return {name: draw(values(type_.fields[name].type, depth - 1)) for name in names}
