"""In which order values that are made of each other can be computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter


@dataclass(frozen=True, slots=True)
class Cycle:
    """Names of which each reads the next; the first is the last again."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return " → ".join(self.names)


def order(reads: Mapping[str, Iterable[str]]) -> tuple[str, ...] | Cycle:
    """The names, each after those it reads, or a cycle that keeps them from having an order.

    What is read and is not among the names is taken as given. Equal input, equal order.
    """
    graph = {name: sorted(set(reads[name]) & reads.keys()) for name in sorted(reads)}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        # graphlib lists each name before those that read it; ours reads the other way.
        cycle: list[str] = error.args[1]
        return Cycle(tuple(reversed(cycle)))
