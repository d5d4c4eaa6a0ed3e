"""How far statistics may reach."""

from __future__ import annotations

import pytest

from core.errors import LimitExceeded
from tests.schema.translation.a_plan import LIMITS, planned

ACCOUNT = "account { parent { parent { parent { parent { count } } } } }"


def statistics(hops: int) -> str:
    """Statistics of opportunities behind so many references, five to a list."""
    lists = (f"a{n}: opportunities {{ aggregate {{ {ACCOUNT} }} }}" for n in range(hops // 5))
    return f"{{ {' '.join(lists)} }}"


def test_refuses_statistics_behind_too_many_references() -> None:
    planned(statistics(LIMITS.hops))
    with pytest.raises(LimitExceeded) as refused:
        planned(statistics(LIMITS.hops + 5))
    assert refused.value.limit == "hops"


def test_the_keys_of_groups_are_no_statistics() -> None:
    key = "key { account { parent { parent { parent { industry } } } } }"
    by = "{account: {parent: {parent: {parent: {industry: true}}}}}"
    lists = (f"a{n}: opportunities {{ groups(by: {by}) {{ {key} }} }}" for n in range(20))
    plan, _ = planned(f"{{ {' '.join(lists)} }}")
    assert plan.problems == ()
