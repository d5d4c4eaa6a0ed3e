from __future__ import annotations

import base64
import json

import pytest

from core import cursors
from core.query import Column, Connection, Order
from schema.requests import BadRequest
from tests.schema.translation.a_plan import asked, codes, planned

ID = "0190a0b0-0000-7000-8000-000000000001"
BY_AMOUNT = (Order(Column("amount"), descending=True),)


def test_asks_for_the_default_number_of_rows() -> None:
    plan, coerced = planned("{ accounts { nodes { contacts { nodes { name } } } } }")

    assert sorted(map(str, plan.values(coerced))) == ["10", "50"]


def test_counts_from_the_end() -> None:
    connection = asked("{ accounts(last: 3) { nodes { name } } }")

    assert isinstance(connection, Connection)
    assert connection.page.backward


def test_refuses_both_ends_at_once() -> None:
    assert codes("{ accounts(first: 1, last: 1) { totalCount } }") == [("BAD_PAGE", ["last"])]
    assert codes("{ accounts(first: 1, last: null) { totalCount } }") == []


@pytest.mark.parametrize("argument", ["first", "last"])
def test_refuses_a_negative_number(argument: str) -> None:
    source = f"query ($n: Int) {{ accounts({argument}: $n) {{ totalCount }} }}"
    plan, coerced = planned(source, n=-1)

    with pytest.raises(BadRequest) as caught:
        plan.values(coerced)

    assert caught.value.errors[0]["extensions"] == {"code": "BAD_PAGE", "argument": [argument]}
    assert caught.value.errors[0]["path"] == ["accounts"]


def test_takes_a_cursor_of_the_same_order() -> None:
    plan, coerced = planned(BY_CURSOR, after=cursor("7.5"))

    assert "7.5" in plan.values(coerced)


def test_whether_a_cursor_stands_at_a_null_is_part_of_the_question() -> None:
    at_value = asked(BY_CURSOR, after=cursor("7.5"))
    at_null = asked(BY_CURSOR, after=cursor(None))

    assert isinstance(at_value, Connection)
    assert isinstance(at_null, Connection)
    assert at_null.page.after is not None
    assert at_null.page.after.values == (None,)
    assert at_null != at_value


@pytest.mark.parametrize("text", ["", "x", "💥", base64.b64encode(b"[1]").decode(), "a" * 9_000])
def test_refuses_what_is_no_cursor(text: str) -> None:
    assert codes(BY_CURSOR, after=text) == [("BAD_CURSOR", ["after"])]
    literal = BY_CURSOR.replace("query ($after: String)", "query").replace(
        "$after", json.dumps(text)
    )
    assert codes(literal) == [("BAD_CURSOR", ["after"])]


@pytest.mark.parametrize(
    ("order", "object"),
    [((Order(Column("amount")),), "opportunity"), (BY_AMOUNT, "opportunity_line")],
)
def test_refuses_a_cursor_of_another_order_or_object(order: tuple[Order, ...], object: str) -> None:
    other = cursor("7.5", order, object)
    plan, coerced = planned(BY_CURSOR, after=other)

    with pytest.raises(BadRequest) as caught:
        plan.values(coerced)

    assert caught.value.code == "BAD_CURSOR"


def test_an_explicit_null_is_no_cursor() -> None:
    assert codes(BY_CURSOR, after=None) == []


def test_tells_everything_that_is_wrong_with_the_values() -> None:
    source = "query ($n: Int, $m: Int) { a: accounts(first: $n) { totalCount } b: accounts(last: $m) { totalCount } }"
    plan, coerced = planned(source, n=-1, m=-2)

    with pytest.raises(BadRequest) as caught:
        plan.values(coerced)

    assert [it["path"] for it in caught.value.errors] == [["a"], ["b"]]


BY_CURSOR = """query ($after: String) {
  opportunities(orderBy: [{amount: DESC}], after: $after) { totalCount }
}"""


def cursor(
    value: str | None, order: tuple[Order, ...] = BY_AMOUNT, object: str = "opportunity"
) -> str:
    parts = [cursors.signature(object, order), value, ID]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
