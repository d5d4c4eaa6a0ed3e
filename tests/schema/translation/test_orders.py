from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import LimitExceeded
from core.query import Column, Connection, GroupBy, Groups, KeyPart, Order, Unit
from schema.requests import BadRequest
from tests.schema.translation.a_plan import LIMITS, asked, codes, planned


def test_orders_by_several_keys_in_turn() -> None:
    connection = asked(
        "{ opportunities(orderBy: [{closeDate: DESC}, {account: {name: ASC}}]) { totalCount } }"
    )

    assert isinstance(connection, Connection)
    assert connection.order == (
        Order(Column("close_date"), descending=True),
        Order(Column("name", ("account",))),
    )


def test_orders_by_a_variable_direction() -> None:
    source = """query ($by: OrderKind!) {
      opportunities(orderBy: [{amountCorporate: $by}]) { totalCount }
    }"""
    connection = asked(source, by="DESC")

    assert isinstance(connection, Connection)
    assert connection.order == (Order(Column("amount", corporate=True), descending=True),)


def test_a_key_that_comes_again_decides_nothing() -> None:
    connection = asked("{ accounts(orderBy: [{name: ASC}, {name: DESC}]) { totalCount } }")

    assert isinstance(connection, Connection)
    assert connection.order == (Order(Column("name")),)


@pytest.mark.parametrize("order", ["[]", "null"])
def test_orders_by_nothing(order: str) -> None:
    connection = asked(f"{{ accounts(orderBy: {order}) {{ totalCount }} }}")

    assert isinstance(connection, Connection)
    assert connection.order == ()


@pytest.mark.parametrize(
    "asking",
    [
        "($by: OrderKind) { accounts(orderBy: [{name: $by}]) { totalCount } }",
        "($by: OrderKind) { accounts(orderBy: {name: $by}) { totalCount } }",
        "($by: UserOrderBy) { accounts(orderBy: [{name: ASC}, {owner: $by}]) { totalCount } }",
        "($by: OrderKind) { accounts(orderBy: [{owner: {name: $by}}]) { totalCount } }",
        "($by: Boolean) { accounts { groups(by: [{industry: $by}]) { aggregate { count } } } }",
    ],
)
@pytest.mark.parametrize("given", [{}, {"by": None}])
def test_what_alone_decides_must_have_a_value(asking: str, given: dict[str, None]) -> None:
    with pytest.raises(BadRequest) as refused:
        planned(f"query {asking}", **given)

    (error,) = refused.value.errors
    assert "Variable '$by'" in error["message"]
    assert "must be non-nullable" in error["message"]


def test_groups_by_values_periods_and_references() -> None:
    groups = grouped("[{stage: true}, {closeDate: MONTH}, {account: {industry: true}}]")

    assert groups.by == (
        GroupBy(Column("stage")),
        GroupBy(Column("close_date"), Unit.MONTH),
        GroupBy(Column("industry", ("account",))),
    )


def test_a_row_has_each_key_in_its_place() -> None:
    groups = grouped(
        "[{account: {industry: true}}, {stage: true}]",
        "key { stage account { industry name } } ",
    )

    assert parts(groups) == [KeyPart(1), KeyPart(0), "null"]


@pytest.mark.parametrize(
    ("by", "path"),
    [
        ("[]", ["by"]),
        ("[{stage: false}]", ["by", 0, "stage"]),
        ("[{stage: true}, {stage: true}]", ["by", 1, "stage"]),
        ("[{closeDate: MONTH}, {closeDate: YEAR}]", ["by", 1, "closeDate"]),
    ],
)
def test_refuses_keys_that_say_nothing(by: str, path: list[object]) -> None:
    assert codes(source(by)) == [("BAD_GROUP", path)]


def test_refuses_a_key_that_a_variable_denies() -> None:
    asking = source("[{stage: $yes}]").replace("{", "query ($yes: Boolean!) {", 1)
    plan, coerced = planned(asking, yes=True)
    plan.values(coerced)
    plan, coerced = planned(asking, yes=False)

    with pytest.raises(BadRequest) as caught:
        plan.values(coerced)

    assert caught.value.code == "BAD_GROUP"


def source(by: str, below: str = "key { stage }") -> str:
    return f"{{ opportunities {{ groups(by: {by}) {{ {below} }} }} }}"


def grouped(by: str, below: str = "key { stage }") -> Groups:
    connection = asked(source(by, below))
    assert isinstance(connection, Connection)
    groups = connection.outputs[0].value
    assert isinstance(groups, Groups)
    return groups


def parts(groups: Groups) -> list[object]:
    found: list[object] = []

    def walk(part: object) -> None:
        if isinstance(part, KeyPart):
            found.append(part)
        elif hasattr(part, "json"):
            found.append(part.json)
        for output in getattr(part, "outputs", ()):
            walk(output.value)

    walk(groups)
    return found


@pytest.mark.parametrize(
    ("order", "limit"),
    [
        ("[" + "{owner: " * 11 + "{name: ASC}" + "}" * 11 + "]", "filter_depth"),
        ("[" + "{name: ASC}, " * 11 + "]", "keys"),
    ],
)
def test_refuses_orders_that_go_too_far(order: str, limit: str) -> None:
    with pytest.raises(LimitExceeded) as refused:
        planned(f"{{ accounts(orderBy: {order}) {{ totalCount }} }}")

    assert refused.value.limit == limit


def far(levels: int, said: str) -> str:
    """Keys behind one parent, behind its parent, and so on, and behind the owner of each."""
    keys = []
    for level in range(1, levels + 1):
        for end in (f"name: {said}", f"owner: {{name: {said}}}"):
            keys.append("{" + "parent: {" * level + end + "}" * level + "}")
    return f"[{', '.join(keys)}]"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{ accounts(orderBy: KEYS) { totalCount } }", "ASC"),
        ("{ accounts { groups(by: KEYS) { aggregate { count } } } }", "true"),
    ],
)
def test_refuses_keys_behind_too_many_references(source: str, said: str) -> None:
    planned(source.replace("KEYS", far(2, said)), limits=replace(LIMITS, joins=4))
    with pytest.raises(LimitExceeded) as refused:
        planned(source.replace("KEYS", far(2, said)), limits=replace(LIMITS, joins=3))
    assert refused.value.limit == "joins"
