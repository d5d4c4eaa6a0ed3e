from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LimitExceeded
from core.query import (
    All,
    Column,
    Compare,
    Either,
    Not,
    Operator,
    Predicate,
    Quantifier,
    Related,
    Through,
    Under,
    Value,
)
from schema.translation.sharing import looks, shared
from tests.schema.translation.a_plan import LIMITS, planned, where

Node = int
"""A record of a small world: `boss` and `peer` are its references, `team` what has it as a boss."""

BOSS = {1: 0, 2: 0, 3: 1}
PEER = {0: 3, 3: 3}
VALUES = {0: {0, 1}, 1: {1, 2}, 2: set(), 3: {0, 2, 3}}


def holds(predicate: Predicate, node: Node) -> bool:
    """What a predicate says of a record, by its definition."""
    match predicate:
        case Compare(value=Value(index)):
            return index in VALUES[node]
        case Under():
            return node in (1, 3)
        case All(parts):
            return all(holds(it, node) for it in parts)
        case Either(parts):
            return any(holds(it, node) for it in parts)
        case Not(part):
            return not holds(part, node)
        case Through(reference, part):
            there = (BOSS if reference == "boss" else PEER).get(node)
            return there is not None and holds(part, there)
        case Related(quantifier=quantifier, part=part):
            team = [it for it, boss in BOSS.items() if boss == node]
            found = [part is None or holds(part, it) for it in team]
            by_word = {"some": any(found), "none": not any(found), "every": all(found)}
            return by_word[quantifier.value]
    raise AssertionError(predicate)


def _extended(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, min_size=1, max_size=4).map(tuple)
    team = st.builds(Related, st.just("node"), st.just("boss"), st.sampled_from(Quantifier), inner)
    through = st.builds(Through, st.sampled_from(["boss", "peer"]), inner)
    return st.one_of(
        several.map(All), several.map(Either), inner.map(Not), through, through, team, team
    )


compared = st.integers(0, 3).map(lambda it: Compare(Column("x"), Operator.HAS, Value(it)))
predicates: st.SearchStrategy[Predicate] = st.recursive(
    compared | st.just(Under(Value(0))), _extended, max_leaves=12
)


@given(predicates)
def test_asks_the_same_and_looks_no_more_often(predicate: Predicate) -> None:
    found = shared(predicate)

    assert [holds(found, it) for it in VALUES] == [holds(predicate, it) for it in VALUES]
    assert looks(found) <= looks(predicate)


@pytest.mark.parametrize("kind", [All, Either])
@pytest.mark.parametrize("about", [*Quantifier, "boss", Not])
def test_two_conditions_of_any_kind_ask_the_same_together(
    kind: type[All | Either], about: object
) -> None:
    def wrapped(part: Predicate) -> Predicate:
        if isinstance(about, Quantifier):
            return Related("node", "boss", about, part)
        return Through("boss", part) if about == "boss" else Not(part)

    each = [Compare(Column("x"), Operator.HAS, Value(index)) for index in range(4)]
    for one, other in product(each, each):
        both = kind((wrapped(one), wrapped(other)))
        assert [holds(shared(both), it) for it in VALUES] == [holds(both, it) for it in VALUES]


@pytest.mark.parametrize(
    "literal",
    [
        '{and: [{account: {name: {eq: "a"}}}, {name: {eq: "x"}}, {account: {name: {eq: "b"}}}]}',
        '{account: {name: {eq: "a"}}, and: [{account: {name: {eq: "b"}}}]}',
        '{or: [{account: {name: {eq: "a"}}}, {or: [{account: {industry: {eq: SAAS}}}]}]}',
        '{not: {account: {name: {eq: "a"}}}, and: [{not: {account: {name: {eq: "b"}}}}]}',
        '{or: [{contacts: {some: {roles: {has: USER}}}}, {contacts: {some: {id: {ne: "a"}}}}]}',
        '{and: [{contacts: {none: {joint: {eq: true}}}}, {contacts: {none: {id: {eq: "a"}}}}]}',
        '{and: [{contacts: {every: {joint: {eq: true}}}}, {contacts: {every: {id: {eq: "a"}}}}]}',
    ],
)
def test_looks_once_at_the_same_records(literal: str) -> None:
    found, _ = where(literal)

    assert found is not None
    assert looks(found) == 1


@pytest.mark.parametrize(
    "literal",
    [
        '{and: [{contacts: {some: {roles: {has: USER}}}}, {contacts: {some: {id: {ne: "a"}}}}]}',
        '{or: [{contacts: {none: {joint: {eq: true}}}}, {contacts: {none: {id: {eq: "a"}}}}]}',
        '{account: {name: {eq: "a"}}, owner: {name: {eq: "b"}}}',
    ],
)
def test_looks_twice_where_it_may_be_at_different_ones(literal: str) -> None:
    found, _ = where(literal)

    assert found is not None
    assert looks(found) == 2


def some(count: int) -> str:
    """Opportunities with so many contacts, which may be the same or not."""
    parts = ", ".join(["{contacts: {some: {joint: {eq: true}}}}"] * count)
    return f"{{ opportunities(filter: {{and: [{parts}]}}) {{ totalCount }} }}"


def test_refuses_a_filter_that_looks_at_too_many_others() -> None:
    planned(some(LIMITS.joins))
    with pytest.raises(LimitExceeded) as refused:
        planned(some(LIMITS.joins + 1))
    assert refused.value.limit == "joins"


def test_subtrees_are_asked_for_as_often_as_one_likes() -> None:
    parts = ", ".join(f'{{account: {{under: "{n}"}}}}' for n in range(LIMITS.joins + 1))
    found, _ = where(f"{{or: [{parts}]}}")

    assert found is not None
    assert looks(found) == 0
