"""Edges between records, and whether they lead back to where they start."""

from __future__ import annotations

from collections import defaultdict
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
