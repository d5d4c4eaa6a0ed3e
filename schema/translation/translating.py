"""The state of one translation: the values that runs will bring, and what is wrong already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from graphql import FieldNode, GraphQLError

from core import query
from core.errors import DealgraphError
from schema import errors
from schema.limits import Limits
from schema.requests import WireError
from schema.translation.arguments import Reading
from schema.translation.given import Fetch, Variables
from schema.translation.selections import Selecting

EMPTY_FILTER = "EMPTY_FILTER"
BAD_PAGE = "BAD_PAGE"
BAD_GROUP = "BAD_GROUP"
BAD_CURSOR = "BAD_CURSOR"


@dataclass(frozen=True, slots=True)
class At:
    """A place in an operation: a field, by its path in the answer, and a part of an argument."""

    node: FieldNode
    path: tuple[str, ...]
    argument: tuple[str | int, ...] = ()

    def into(self, *steps: str | int) -> At:
        return replace(self, argument=(*self.argument, *steps))

    def error(self, code: str, message: str) -> WireError:
        """What a client is told of a fault there."""
        details = {"argument": list(self.argument)} if self.argument else None
        place = GraphQLError(message, [self.node])
        return errors.told(message, code, place, path=self.path, details=details)


class BadArgument(DealgraphError):
    """The value of an argument is refused; found when a run brings it."""

    def __init__(self, at: At, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.wire = at.error(code, message)


class Translation:
    """Collects, while a selection becomes a query, what its runs must fetch and check."""

    def __init__(self, selecting: Selecting, reading: Reading, limits: Limits) -> None:
        self.selecting = selecting
        self.reading = reading
        self.limits = limits
        self.fetches: list[Fetch] = []
        self.checks: list[Callable[[Variables], None]] = []
        self.problems: list[WireError] = []
        self._comparisons = 0
        self._hops = 0
        self._lists: list[Fetch] = []

    def count(self, comparisons: int) -> None:
        """Take note of parts of filters, however many there are in the operation.

        Raises:
            LimitExceeded: there are too many.
        """
        self._comparisons += comparisons
        self.limits.check("comparisons", self._comparisons)

    def hop(self) -> None:
        """Take note of a reference that statistics are taken behind: planning a join of many takes
        seconds.

        Raises:
            LimitExceeded: there are too many in the operation.
        """
        self._hops += 1
        self.limits.check("hops", self._hops)

    def bound(self, fetch: Fetch) -> None:
        """Have the values of a list counted at each run, with those of all other lists."""
        self._lists.append(fetch)
        if len(self._lists) == 1:
            self.checks.append(partial(_check_values, self._lists, self.limits))

    def value(self, fetch: Fetch) -> query.Value:
        """The next of the values that come with each run."""
        self.fetches.append(fetch)
        return query.Value(len(self.fetches) - 1)

    def refuse(self, at: At, code: str, message: str) -> None:
        """Note what is wrong whatever the values are; the translation goes on to find more."""
        self.problems.append(at.error(code, message))


def _check_values(lists: list[Fetch], limits: Limits, variables: Variables) -> None:
    found = (fetch(variables) for fetch in lists)
    limits.check("values", sum(len(one) for one in found if isinstance(one, list)))
