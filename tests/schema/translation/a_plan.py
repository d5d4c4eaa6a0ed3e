"""Operations translated, without anything that would run them."""

from __future__ import annotations

from functools import cache

from core import query
from schema.documents import Documents
from schema.limits import Limits
from schema.live import Live
from schema.platform.strawberry_schema import platform
from schema.requests import Request
from schema.translation.plans import Plan, Translator
from tests.schema.some_metadata import crm

LIMITS = Limits()


@cache
def live() -> Live:
    """The schema of the built-in pack."""
    return Live(crm(), platform(), LIMITS)


def planned(
    source: str, limits: Limits = LIMITS, **variables: object
) -> tuple[Plan, dict[str, object]]:
    """The plan of a query's root fields, and the coerced variables."""
    request = Request(source, None, variables, {}, "POST", "r")
    script = live().script(request, Documents(LIMITS))
    coerced = script.coerced(live().schema, variables)
    translator = Translator(live().schema, limits, script, script.shape(coerced))
    root = live().schema.query_type
    assert root is not None
    return translator.roots(root), coerced


def asked(source: str, **variables: object) -> query.Part:
    """What the first root field asks of the store."""
    plan, _ = planned(source, **variables)
    assert plan.problems == ()
    return plan.query.roots[0].value


def where(literal: str) -> tuple[query.Predicate | None, list[object]]:
    """The predicate of a filter of opportunities, and the values that it compares with."""
    source = f"{{ opportunities(first: 0, filter: {literal}) {{ totalCount }} }}"
    plan, coerced = planned(source)
    assert plan.problems == (), plan.problems
    connection = plan.query.roots[0].value
    assert isinstance(connection, query.Connection)
    return connection.where, plan.values(coerced)


def codes(source: str, **variables: object) -> list[tuple[str, list[object]]]:
    """What is refused whatever the values are: codes with the paths into the arguments."""
    plan, _ = planned(source, **variables)
    return [
        (it["extensions"]["code"], it["extensions"].get("argument"))  # type: ignore[index]
        for it in plan.problems
    ]
