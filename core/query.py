"""What is asked of the store: one value, built by any reader, compiled to one statement.

A query says nothing of the values it compares with: it names them by their index (`Value`), and
every run brings its own. So one compiled statement serves all requests of the same shape.

Fields are named by their keys. Every record also has the system fields of `SYSTEM_FIELDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

SYSTEM_FIELDS = frozenset(
    {
        "id",
        "version",
        "created_at",
        "updated_at",
        "created_by",  # references to the object `user`
        "updated_by",
        "owner",
        "deleted_at",
        "currency",
        "stage",  # of staged objects
        "stage_entered_at",
    }
)


@dataclass(frozen=True, slots=True)
class Value:
    """The n-th of the values that come with each run."""

    index: int


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the record at hand, or behind to-one references (`hops`, outermost first).

    `corporate` asks for a money field in the tenant's corporate currency.
    """

    field: str
    hops: tuple[str, ...] = ()
    corporate: bool = False


# Predicates


class Operator(StrEnum):
    """Comparisons. All answer true or false: a null differs from every value."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IN = "in"  # the value is a list
    NOT_IN = "notIn"
    IS_NULL = "isNull"  # the value is a boolean
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    HAS = "has"
    HAS_ANY = "hasAny"
    HAS_ALL = "hasAll"


@dataclass(frozen=True, slots=True)
class Compare:
    """`column operator value`; the value's type is that of the field (text, Decimal, UUID …)."""

    column: Column
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Predicate


@dataclass(frozen=True, slots=True)
class Through:
    """What the record behind a to-one reference must satisfy; false where there is none."""

    reference: str
    part: Predicate


class Quantifier(StrEnum):
    SOME = "some"
    NONE = "none"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class Related:
    """What the live records whose reference `via` names this one must satisfy."""

    object: str
    via: str
    quantifier: Quantifier
    part: Predicate | None  # None: any record


@dataclass(frozen=True, slots=True)
class Under:
    """In the subtree of the node whose id is `value`, the node included."""

    value: Value


@dataclass(frozen=True, slots=True)
class Member:
    """One of the ids in a list value."""

    value: Value


Predicate: TypeAlias = Compare | All | Either | Not | Through | Related | Under | Member


# Order and pages


@dataclass(frozen=True, slots=True)
class Order:
    """Nulls sort as smallest; the id, in the last key's direction, breaks ties."""

    column: Column
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A decoded cursor: the order's values at a row (None: a null) and the row's id.

    A run brings the values as the cursor holds them, which is as texts. Below a tree node the id
    is the row's path.
    """

    values: tuple[Value | None, ...]
    id: Value


@dataclass(frozen=True, slots=True)
class Page:
    """`size` rows after (or before) a position; `backward` counts from the end."""

    size: Value
    after: Position | None = None
    before: Position | None = None
    backward: bool = False


# What comes out


@dataclass(frozen=True, slots=True)
class Output:
    """One key of a JSON object in the answer, in the order asked for."""

    name: str
    value: Part


@dataclass(frozen=True, slots=True)
class Constant:
    """JSON text that does not depend on the row, such as the name of a type."""

    json: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field's value in its API form. References give the id; stage gives the enum value."""

    column: Column


@dataclass(frozen=True, slots=True)
class Group:
    """A JSON object whose parts come from the same row (a payload, an `Info` value)."""

    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class One:
    """The record behind a to-one reference (also owner, created_by, updated_by), or null."""

    reference: str
    object: str
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class StageInfo:
    """The stage a record is in: outputs over key, title, kind, probability … and `since`."""

    outputs: tuple[Output, ...]  # values are StagePart


@dataclass(frozen=True, slots=True)
class StagePart:
    """key (enum value), title, kind, probability, forecast_category, since."""

    part: str


@dataclass(frozen=True, slots=True)
class Connection:
    """Records of one object, filtered, ordered and paged.

    At the root `via` is None. Below a record it is the reference by which the records name that
    record, and each parent has its own page.
    """

    object: str
    outputs: tuple[Output, ...]  # values are Nodes, Edges, PageInfo, TotalCount, Aggregate, Groups
    page: Page
    via: str | None = None
    scope: Scope | None = None
    where: Predicate | None = None
    order: tuple[Order, ...] = ()
    deleted: bool = False  # at the root: those that were deleted, instead of those that live


class Scope(StrEnum):
    """Below a tree node: which records, instead of those that name the node itself."""

    DESCENDANTS = "descendants"  # nodes below, the node left out; `via` is None
    SUBTREE = "subtree"  # records whose `via` names any node of the subtree


@dataclass(frozen=True, slots=True)
class Nodes:
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Edges:
    outputs: tuple[Output, ...]  # values are Cursor, Node, Constant


@dataclass(frozen=True, slots=True)
class Cursor:
    """The opaque position of an edge."""


@dataclass(frozen=True, slots=True)
class Node:
    """The record of an edge."""

    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class PageInfo:
    outputs: tuple[Output, ...]  # values are PagePart, Constant


class PagePart(StrEnum):
    HAS_NEXT = "hasNextPage"
    HAS_PREVIOUS = "hasPreviousPage"
    START = "startCursor"
    END = "endCursor"


@dataclass(frozen=True, slots=True)
class TotalCount:
    """Exact up to a bound, then null."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Over all the records of the connection, not only the page."""

    outputs: tuple[Output, ...]  # values are Count, Stats, Group (a hop: the same), Constant


@dataclass(frozen=True, slots=True)
class Count:
    """How many records, exactly; with `hops`, how many have something behind the references."""

    hops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """Statistics of one field; of money: in corporate currency."""

    column: Column
    outputs: tuple[Output, ...]  # values are Statistic, Constant


class Statistic(StrEnum):
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    CURRENCY = "currency"
    EXCLUDED = "excluded"  # how many amounts had no rate


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class GroupBy:
    """One key to group by; dates and instants by a unit (instants in the tenant's time zone)."""

    column: Column
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """Records grouped, largest count first then by key, or by key alone; at most `limit` groups."""

    by: tuple[GroupBy, ...]
    outputs: tuple[Output, ...]  # values are GroupKey, Aggregate, Constant
    limit: Value
    in_key_order: bool = False


@dataclass(frozen=True, slots=True)
class GroupKey:
    outputs: tuple[Output, ...]  # values are KeyPart, Group (a hop), Constant


@dataclass(frozen=True, slots=True)
class KeyPart:
    """The n-th key. A unit's key is its first day, as a date."""

    index: int


# Trees


@dataclass(frozen=True, slots=True)
class Ancestors:
    """Nodes above, root first, the node itself left out: a plain list."""

    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Descendants:
    """Nodes below down to `depth` levels (None: all), as a connection in tree order."""

    depth: Value | None
    connection: Connection


@dataclass(frozen=True, slots=True)
class Subtree:
    """The node and everything below: outputs are Aggregate (over nodes) and Connection
    (related records, `scope` SUBTREE)."""

    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class TreeDepth:
    """How many nodes stand above this one."""


@dataclass(frozen=True, slots=True)
class Root:
    """The topmost ancestor, or the node itself: one record."""

    outputs: tuple[Output, ...]


# History


@dataclass(frozen=True, slots=True)
class History:
    """Changes of the record, newest first: outputs over version, at, kind, source, user, changes."""

    outputs: tuple[Output, ...]  # values are ChangePart, One("user"), Changes, Constant
    size: Value
    before: Value | None = None  # a version


class ChangePart(StrEnum):
    VERSION = "version"
    AT = "at"
    KIND = "kind"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Changes:
    """Fields that changed: outputs over field (API name), before, after (JSON values)."""

    outputs: tuple[Output, ...]  # values are DiffPart, Constant


class DiffPart(StrEnum):
    FIELD = "field"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class StageHistory:
    """Rows of the stage history, oldest first: outputs over HistoryPart names."""

    outputs: tuple[Output, ...]  # values are StageHistoryPart, One("owner"|"actor"), Constant
    size: Value


@dataclass(frozen=True, slots=True)
class StageHistoryPart:
    """kind, from_stage, to_stage, skipped, entered_at, exited_at, duration_s, amount, currency,
    probability, close_date, reason, note."""

    part: str


# Graphs


@dataclass(frozen=True, slots=True)
class GraphOf:
    """A declared graph around the record at hand."""

    graph: str
    outputs: tuple[Output, ...]  # values are GraphNodes, GraphEdges, Measures, PathTo, Constant


@dataclass(frozen=True, slots=True)
class GraphNodes:
    """Members, by rank: outputs are NodeKey, One (the node's record and its link), Constant."""

    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class GraphEdges:
    outputs: tuple[Output, ...]  # values are EdgePart, Constant


class EdgePart(StrEnum):
    KIND = "kind"
    FROM = "from"
    TO = "to"
    STRENGTH = "strength"


@dataclass(frozen=True, slots=True)
class NodeKey:
    """The node's key within the graph."""


@dataclass(frozen=True, slots=True)
class Measures:
    outputs: tuple[Output, ...]  # values are Measure, Constant


@dataclass(frozen=True, slots=True)
class Measure:
    """coverage_rate, support_index, unknown_share, single_thread_risk, top_gap, blocker_risk …"""

    name: str


@dataclass(frozen=True, slots=True)
class PathTo:
    """The shortest way from a covered member to one who holds the role, along edges from `from`
    to `to`: nodes, first to last; none where no edges lead there."""

    role: Value
    outputs: tuple[Output, ...]  # as GraphNodes


# Roots


@dataclass(frozen=True, slots=True)
class Record:
    """One live record of one object, by id, or null."""

    object: str
    id: Value
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class AnyRecord:
    """The live record with an id, whatever its object: {object: outputs}; null otherwise."""

    id: Value
    choices: tuple[tuple[str, tuple[Output, ...]], ...]


@dataclass(frozen=True, slots=True)
class Records:
    """Records by a list of ids, in its order, null where there is none: a JSON array."""

    object: str
    ids: Value
    outputs: tuple[Output, ...]
    deleted: bool = False  # whether deleted records are shown too


@dataclass(frozen=True, slots=True)
class Query:
    """Root fields, answered by one statement in one snapshot."""

    roots: tuple[Output, ...]  # values are Record, AnyRecord, Records, Connection


Part: TypeAlias = (
    Constant
    | Scalar
    | Group
    | One
    | StageInfo
    | StagePart
    | Connection
    | Nodes
    | Edges
    | Cursor
    | Node
    | PageInfo
    | PagePart
    | TotalCount
    | Aggregate
    | Count
    | Stats
    | Statistic
    | Groups
    | GroupKey
    | KeyPart
    | Ancestors
    | Descendants
    | Subtree
    | TreeDepth
    | Root
    | History
    | ChangePart
    | Changes
    | DiffPart
    | StageHistory
    | StageHistoryPart
    | GraphOf
    | GraphNodes
    | GraphEdges
    | EdgePart
    | NodeKey
    | Measures
    | Measure
    | PathTo
    | Record
    | AnyRecord
    | Records
)
