"""The order in which rows go that name each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions.importing.circles import in_order
from core.actions.importing.rows import Row
from core.actions.importing.spool import MOST_TOGETHER, Spool


def test_a_row_comes_after_those_it_names() -> None:
    assert list(in_order([[1], [2], [], []])) == [[2], [1], [0], [3]]


def test_a_circle_is_one_group() -> None:
    assert list(in_order([[2], [0], [0, 3], [3]])) == [[3], [0, 2], [1]]


def test_rows_that_do_not_name_each_other_keep_their_order() -> None:
    assert list(in_order([[4], [], [], [2], [], [0]])) == [[1], [2], [3], [4], [0], [5]]
    assert list(in_order([[]] * 12)) == [[place] for place in range(12)]


def test_a_chain_may_be_as_long_as_a_file() -> None:
    many = 50_000
    found = list(in_order([[place + 1] for place in range(many)] + [[]]))
    assert found == [[place] for place in range(many, -1, -1)]


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, n - 1)), min_size=n, max_size=n)
    )
)
def test_groups_are_those_that_lead_to_each_other_and_none_leads_to_a_later_one(
    ways: list[list[int]],
) -> None:
    reached = [_reached(ways, place) for place in range(len(ways))]
    groups = list(in_order(ways))
    assert sorted(place for group in groups for place in group) == list(range(len(ways)))
    at = {place: index for index, group in enumerate(groups) for place in group}
    for place, others in enumerate(reached):
        for other in others:
            assert at[other] <= at[place]
            assert (at[other] == at[place]) == (place == other or place in reached[other])


def _reached(ways: list[list[int]], start: int) -> set[int]:
    found: set[int] = set()
    going = [start]
    while going:
        for there in ways[going.pop()]:
            if there not in found:
                found.add(there)
                going.append(there)
    return found


@pytest.mark.parametrize("more", [0, 1])
def test_rows_of_a_circle_that_is_too_large_go_alone_and_that_is_told(more: int) -> None:
    count = MOST_TOGETHER + more
    spool = Spool()
    for place in range(count):
        spool.keep(0, Row(place, [], [], 0), [place], [(place + 1) % count])
    first = next(spool.all())
    assert (first.together, spool.circles_too_large) == ((1, True) if more else (count, False))
    spool.close()
