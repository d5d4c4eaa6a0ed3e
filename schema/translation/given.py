"""An argument as translation sees it: its form, never the values that vary from run to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Variables: TypeAlias = Mapping[str, object]
"""Coerced values by name; a variable that was not given is not there."""

Fetch: TypeAlias = Callable[[Variables], object]
"""Takes one value out of a run's variables."""


@dataclass(frozen=True, slots=True)
class Null:
    """An explicit null."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value, or a list of values, that only a run knows."""

    fetch: Fetch


@dataclass(frozen=True, slots=True)
class Word:
    """A value that decides what is asked: a direction, a unit, a yes or no."""

    value: str | bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A cursor: which of its values are null is known (None: it is no cursor at all)."""

    fetch: Fetch
    nulls: tuple[bool, ...] | None


@dataclass(frozen=True, slots=True)
class Fields:
    """An input object: what is present, in the order of its type."""

    parts: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Items:
    """A list of input objects or words."""

    parts: tuple[Given, ...]


Given: TypeAlias = Null | Leaf | Word | Marked | Fields | Items


def constant(value: object) -> Leaf:
    """A value that the document itself holds."""
    return Leaf(lambda _: value)
