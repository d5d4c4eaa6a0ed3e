"""Edges between records, and whether they lead back to where they start."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Edge(Generic[Id]):
    """That one node leads to another: within one anchor, or (None) within every one."""

    source: Id
    target: Id
    within: Id | None = None


def leading_back(edges: Iterable[Edge[Id]], starts: Iterable[Edge[Id]]) -> set[Edge[Id]]:
    """Those among `starts` from which `edges` lead back, by no more than one anchor's own."""
    ways: defaultdict[Id, list[Edge[Id]]] = defaultdict(list)
    for edge in edges:
        ways[edge.source].append(edge)
    return {start for start in starts if _leads_back(ways, start)}


def in_circles(edges: Iterable[Edge[Id]]) -> set[Id]:
    """The nodes that edges lead back to, by no more than one anchor's own.

    Edges that lead to a node from which none go on are left out first, again and again: where
    there is no circle, nothing remains.
    """
    into: defaultdict[Id, list[Edge[Id]]] = defaultdict(list)
    going: Counter[Id] = Counter()
    for edge in edges:
        into[edge.target].append(edge)
        going[edge.source] += 1
    ends = [node for node in into if not going[node]]
    while ends:
        for edge in into.pop(ends.pop(), ()):
            going[edge.source] -= 1
            if not going[edge.source]:
                ends.append(edge.source)
    left = [edge for some in into.values() for edge in some]
    return {edge.source for edge in leading_back(left, left)}


def _leads_back(ways: Mapping[Id, Sequence[Edge[Id]]], start: Edge[Id]) -> bool:
    seen = set()
    ahead = [(start.target, start.within)]
    while ahead:
        here, within = ahead.pop()
        if here == start.source:
            return True
        if (here, within) not in seen:
            seen.add((here, within))
            ahead += [
                (way.target, way.within if within is None else within)
                for way in ways.get(here, ())
                if way.within is None or within is None or way.within == within
            ]
    return False
