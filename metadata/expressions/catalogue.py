"""Everything an expression can call: the functions and operators, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from metadata.expressions import dates, logic, numbers, texts
from metadata.expressions.tree import Function

Catalogue = Mapping[str, tuple[Function, ...]]
"""Functions by name; those of one name differ in what they take."""


def catalogue(functions: Iterable[Function]) -> Catalogue:
    """Functions that an environment can offer. The first of one name that fits is called."""
    found: dict[str, tuple[Function, ...]] = {}
    for function in functions:
        found[function.name] = (*found.get(function.name, ()), function)
    return MappingProxyType(found)


OPERATORS = (*logic.OPERATORS, *numbers.OPERATORS)
BUILT_IN = (*logic.FUNCTIONS, *numbers.FUNCTIONS, *texts.FUNCTIONS, *dates.FUNCTIONS)
FUNCTIONS = catalogue(BUILT_IN)
