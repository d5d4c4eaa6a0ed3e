"""Paths sort and nest, and levels are counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core import tree

NUMBERS = st.integers(min_value=1, max_value=10**12)


@given(NUMBERS, NUMBERS)
def test_elements_sort_as_their_numbers(one: int, other: int) -> None:
    assert (tree.element(one) < tree.element(other)) == (one < other)


@given(st.lists(NUMBERS, min_size=1, max_size=6), st.lists(NUMBERS, min_size=1, max_size=6))
def test_a_path_starts_with_anothers_exactly_when_it_stands_below(
    one: list[int], other: list[int]
) -> None:
    above, below = path(one), path(other)

    assert below.path.startswith(above.path) == (other[: len(one)] == one)
    inside = above.path <= below.path < above.path + tree.BEYOND
    assert inside == above.holds(below)


def test_elements_are_base_36_behind_their_length() -> None:
    assert [tree.element(n) for n in (1, 35, 36, 1296)] == ["a1", "az", "b10", "c100"]


def test_a_root_is_at_depth_0_and_its_child_at_1() -> None:
    assert tree.root(7) == tree.Place("a7", 0)
    assert tree.root(7).below(40) == tree.Place("a7b14", 1)


def test_twenty_levels_fit_and_twenty_one_do_not() -> None:
    assert not tree.too_deep(19, 0)
    assert not tree.too_deep(0, 19)
    assert tree.too_deep(20, 0)
    assert tree.too_deep(10, 10)


def path(numbers: list[int]) -> tree.Place:
    place = tree.root(numbers[0])
    for number in numbers[1:]:
        place = place.below(number)
    return place


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_levels_count_from_the_root_and_leave_out_what_no_root_leads_to(above: list[int]) -> None:
    parents = {node: parent if parent < len(above) else None for node, parent in enumerate(above)}
    found = tree.levels(parents)
    for node, parent in parents.items():
        chain = [node]
        while parents[chain[-1]] is not None and parents[chain[-1]] not in chain:
            chain.append(parents[chain[-1]])  # type: ignore[arg-type]
        ends = parents[chain[-1]] is None
        assert found.get(node) == (len(chain) if ends else None)
        assert parent is None or not ends or found[node] == found[parent] + 1
