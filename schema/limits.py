"""How large a request may be: every limit a setting, each refusal naming it.

Cost and depth are read from what a field says of itself in its `extensions`, under `OPENS`:

    GraphQLField(..., extensions={OPENS: Opens.CONNECTION})

A field without the key is a leaf or a plain object, costs what is selected below it, and adds
no depth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Final

from core.errors import LimitExceeded

OPENS: Final = "dealgraph"
AT_MOST: Final = "at_most"
"""In the `extensions` of a list without pages: how many rows it may have, all of which count."""


class Opens(StrEnum):
    """What a field leads to."""

    RECORD = "record"  # one record: a level deeper
    CONNECTION = "connection"  # a page of records, by `first` or `last`: a level deeper
    ROWS = "rows"  # inside a connection or a batch: once for each of its rows (nodes, edges)
    LIST = "list"  # records without a page (ancestors, members): a level deeper, a nested page
    GROUPS = "groups"  # inside a connection: a page of groups, by `first`
    BATCH = "batch"  # a mutation of the records in its list argument
    TYPES = "types"  # what is said of objects, as many as `names` has or all
    MEMBERS = "members"  # inside those: what is said of each field


def _limit(default: int, says: str) -> int:
    setting: int = field(default=default, metadata={"says": says})
    return setting


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as the API lists it."""

    name: str
    value: int
    description: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask. Each is a setting of the same name."""

    depth: int = _limit(10, "levels of records; introspection apart")
    cost: int = _limit(50_000, "points: rows times the leaf fields asked of each")
    page: int = _limit(50, "rows of a page at the root when neither first nor last is given")
    nested_page: int = _limit(10, "rows of a page inside a record when none is given")
    max_page: int = _limit(1_000, "rows of any page")
    aliases: int = _limit(50, "aliases in a document")
    conditions: int = _limit(8, "variables in @skip and @include")
    comparisons: int = _limit(500, "parts of all filters of an operation")
    values: int = _limit(10_000, "values in all lists of the filters of an operation")
    filter_depth: int = _limit(10, "references and children within each other in a filter or key")
    joins: int = _limit(20, "references and children that one filter, order or grouping looks at")
    tables: int = _limit(
        1_000, "look-ups in tables that fields, filters, orders and formulas of an operation need"
    )
    hops: int = _limit(50, "references that all statistics of an operation are taken behind")
    keys: int = _limit(10, "keys of one order, or of one grouping")
    fields: int = _limit(5_000, "fields and fragments of a document, the fragments spread out")
    overlaps: int = _limit(30_000, "comparisons of fields with the same response name")
    tokens: int = _limit(5_000, "tokens in a document")
    document: int = _limit(50_000, "bytes of a document")
    body: int = _limit(5_000_000, "bytes of a request body")
    nesting: int = _limit(100, "levels of lists and objects in the variables, or in an argument")
    batch: int = _limit(500, "records written by one request")
    deadline: int = _limit(5_000, "milliseconds a statement may take")

    def listing(self) -> tuple[Limit, ...]:
        """Every limit with its value and meaning, in declared order."""
        return tuple(
            Limit(it.name, getattr(self, it.name), it.metadata["says"]) for it in fields(self)
        )

    def check(self, name: str, value: int) -> None:
        """Refuse `value` where it is beyond the limit `name`.

        Raises:
            LimitExceeded: it is; the error names limit, value and allowed.
        """
        allowed: int = getattr(self, name)
        if value > allowed:
            raise exceeded(name, value, allowed)

    def default_page(self, *, nested: bool) -> int:
        """Rows of a page that asks for no number: nested is anything not at the root."""
        return self.nested_page if nested else self.page


def limits_of(chosen: Mapping[str, int], *, deadline: float) -> Limits:
    """Limits that were chosen by name, the others by default; `deadline` in seconds."""
    return replace(DEFAULTS, **chosen, deadline=round(deadline * 1000))


DEFAULTS: Final = Limits()

SETTABLE: Final = tuple(it.name for it in fields(Limits) if it.name != "deadline")
"""The limits that are settings of their own; the deadline is the statement timeout."""


def exceeded(
    name: str, value: int, allowed: int, *, costliest: tuple[Sequence[str], int] | None = None
) -> LimitExceeded:
    """The refusal for one limit, in the words of its description.

    `costliest` is the field, by a path of response names, that has most of the points.
    """
    unit = _SAYS.get(name, name)
    message = f"Limit `{name}` exceeded: {value:,} reached, {allowed:,} allowed ({unit})."
    path, points = costliest or (None, 0)
    if path is not None:
        field = ".".join(path)
        message += f" `{field}` has {points:,} of them: ask for fewer rows there, or less of each."
    return LimitExceeded(message, limit=name, value=value, allowed=allowed, field=path)


_SAYS: Mapping[str, str] = {it.name: it.metadata["says"] for it in fields(Limits)}
