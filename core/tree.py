"""Where a node stands in a tree, written as one text that sorts and nests by itself.

A path is the elements from the root down to the node. An element is the node's number in base 36
behind a letter that tells its length (`a` for one digit, `b` for two …), so elements need no
separator, sort by number, and a subtree is every path that starts with its top's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

MOST_LEVELS = 20
"""Levels that a tree may have, its root counted."""
BEYOND = "~"
"""Sorts behind every element: a subtree is the range [path, path + BEYOND)."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: a root has depth 0."""

    path: str
    depth: int

    def below(self, number: int) -> Place:
        """Where a child with this number stands."""
        return Place(self.path + element(number), self.depth + 1)

    def holds(self, other: Place) -> bool:
        """Whether the other one is this node or stands anywhere below it."""
        return other.path.startswith(self.path)


def root(number: int) -> Place:
    """Where a node without a parent stands."""
    return Place(element(number), 0)


def element(number: int) -> str:
    """What a node's number (1 or more) adds to its parent's path."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return chr(ord("a") - 1 + len(digits)) + digits


def too_deep(depth: int, levels_below: int) -> bool:
    """Whether a subtree with so many levels below its top may not stand at this depth."""
    return depth + levels_below >= MOST_LEVELS


def levels(parents: Mapping[Id, Id | None]) -> dict[Id, int]:
    """On which level each node stands, roots on 1; nodes in a circle or below one are left out."""
    found: dict[Id, int] = {}
    for start in parents:
        above: dict[Id, None] = {}
        here: Id | None = start
        while here is not None and here not in found and here not in above:
            above[here] = None
            here = parents[here]
        if here is None or here in found:
            level = found[here] if here is not None else 0
            for node in reversed(above):
                level += 1
                found[node] = level
    return found
