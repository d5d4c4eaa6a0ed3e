"""What an expression reads, known without running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from metadata.expressions import dates
from metadata.expressions.tree import Call, Expression, Function, Name, Node

OLD = "old"
"""`old.amount` is the field as it was before the change."""


@dataclass(frozen=True, slots=True)
class Reads:
    """Names that are read, as written; whether the clock is; and functions only Python has."""

    names: frozenset[str]
    volatile: bool
    foreign: frozenset[str]

    @property
    def fields(self) -> frozenset[str]:
        """Keys of the record's own fields, whose values or targets are read."""
        return frozenset(name.removeprefix(f"{OLD}.").partition(".")[0] for name in self.names)

    @property
    def hops(self) -> frozenset[tuple[str, ...]]:
        """References to follow, each as the path of its keys: `a.b.c` gives (a,) and (a, b)."""
        paths = (tuple(name.split(".")[:-1]) for name in self.names if not self._is_old(name))
        return frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))

    @property
    def old(self) -> bool:
        """Whether it reads a value from before the change."""
        return any(map(self._is_old, self.names))

    @property
    def storable(self) -> bool:
        """Whether its value stays right while the record does not change: no clock, no hops."""
        return not self.volatile and not self.hops and not self.old

    @staticmethod
    def _is_old(name: str) -> bool:
        return name.startswith(f"{OLD}.")


def parts(expression: Expression, of: Callable[[str], int]) -> int:
    """How many operators, values and names it has; `of` tells how many stand for a name."""
    return sum(of(node.name) if isinstance(node, Name) else 1 for node in _nodes(expression.root))


def reads(expression: Expression) -> Reads:
    """What the expression reads."""
    names = set()
    functions = set[Function]()
    for node in _nodes(expression.root):
        if isinstance(node, Name):
            names.add(node.name)
        elif isinstance(node, Call):
            functions.add(node.function)
    return Reads(
        frozenset(names),
        not functions.isdisjoint((dates.TODAY, dates.NOW)),
        frozenset(function.key for function in functions if not function.stored),
    )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from _nodes(argument)
