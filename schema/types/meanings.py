"""What a field of a tenant's schema means: the words that translation reads.

Every output field, filter, order and group key carries one of these in its `extensions`, under
`MEANS`. So translation looks at no names, and a type is described in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from core import query

MEANS: Final = "means"

OBJECTS: Final = "objects"
"""In a schema's `extensions`: the type's name for each object's key."""

FIELDS: Final = "fields"
"""There as well: how many declared fields all objects have together."""

Outputs: TypeAlias = tuple[query.Output, ...]


# Fields


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part with nothing selected below it."""

    part: query.Part


@dataclass(frozen=True, slots=True)
class Branch:
    """A part made of what is selected below it."""

    make: Callable[[Outputs], query.Part]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of at most `first` rows, newest or oldest first, each made of what is selected."""

    make: Callable[[Outputs, query.Value], query.Part]


@dataclass(frozen=True, slots=True)
class Versions:
    """A record's changes, newest first."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A page of records; below a record: those whose `via` names it, or by `scope` its subtree."""

    object: str
    via: str | None = None
    scope: query.Scope | None = None


@dataclass(frozen=True, slots=True)
class Below:
    """The nodes under a tree node, as a connection."""

    object: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """Records by keys: rows of a key and an aggregate."""


@dataclass(frozen=True, slots=True)
class GroupKeys:
    """The keys of a row, as an object."""


@dataclass(frozen=True, slots=True)
class KeyOf:
    """One key: the field that it was grouped by."""

    field: str


@dataclass(frozen=True, slots=True)
class Hop:
    """In keys and aggregates: the same of the record behind a to-one reference."""

    reference: str


@dataclass(frozen=True, slots=True)
class StatsOf:
    """Statistics of a field."""

    field: str


@dataclass(frozen=True, slots=True)
class Way:
    """The shortest way through a graph to somebody who holds a role."""


@dataclass(frozen=True, slots=True)
class ById:
    """A record of one object, by its id."""

    object: str


@dataclass(frozen=True, slots=True)
class AnyById:
    """A record of whatever object, by its id."""


class Verb(StrEnum):
    """What a mutation does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"
    REPARENT = "reparent"
    CREATE_MANY = "create_many"
    UPDATE_MANY = "update_many"
    DELETE_MANY = "delete_many"
    UPSERT_MANY = "upsert_many"


@dataclass(frozen=True, slots=True)
class Write:
    """A mutation of an object's records, done in Python."""

    verb: Verb
    object: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What moving a node of a tree would do, found out in Python."""

    object: str


FieldMeaning: TypeAlias = (
    Leaf
    | Branch
    | Listed
    | Versions
    | Connected
    | Below
    | Grouped
    | GroupKeys
    | KeyOf
    | Hop
    | StatsOf
    | Way
    | ById
    | AnyById
    | Write
    | Preview
)


# Inputs


class Operand(StrEnum):
    """How the values that a column is compared with are prepared."""

    PLAIN = "plain"
    ID = "id"  # a text that may be no id at all, and then equals nothing


@dataclass(frozen=True, slots=True)
class Compared:
    """An object of operators on one column."""

    column: query.Column
    operand: Operand = Operand.PLAIN


@dataclass(frozen=True, slots=True)
class Referred:
    """A filter of the record behind a to-one reference."""

    reference: str


@dataclass(frozen=True, slots=True)
class Children:
    """`some`, `none`, `every` over the records that name this one."""

    object: str
    via: str


@dataclass(frozen=True, slots=True)
class Combined:
    """`and`, `or`, `not`."""

    word: str


@dataclass(frozen=True, slots=True)
class Identified:
    """An operator on the record's own id."""

    operator: query.Operator


@dataclass(frozen=True, slots=True)
class Subtree:
    """In the subtree of a node."""


FilterMeaning: TypeAlias = Compared | Referred | Children | Combined | Identified | Subtree


@dataclass(frozen=True, slots=True)
class Ranked:
    """Order by a column, or group by it."""

    column: query.Column


@dataclass(frozen=True, slots=True)
class RankedThrough:
    """Order or group by something of the record behind a to-one reference."""

    reference: str


STRUCTURAL: Final = "structural"
"""Marks enums and inputs whose values decide what is asked, not what it is compared with."""
