"""Orders, and where in one a page begins: as branches that an index answers one by one.

Nulls sort as smallest, and the id, in the last key's direction, breaks ties. What comes behind
a position is a list of branches, each a plain bound behind equalities; their rows, one branch
after the other, are in order. (One condition of `or`s would be a thousand times slower.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from core.query import SYSTEM_FIELDS, Column, Order, Position
from core.store.compiler import columns, forms
from core.store.compiler.json_text import literal
from core.store.compiler.kinds import Kind
from core.store.compiler.references import PEOPLE, reference_id, target
from core.store.compiler.work import Row, live, of_tenant

NEVER_NULL = frozenset({"id", "version", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an order."""

    sql: str
    kind: Kind
    descending: bool
    nullable: bool
    is_null: str = ""
    """The condition that finds the nulls."""
    sorted_by: bool = False
    """Whether an index holds the values that are not null, in order."""

    @property
    def spelled(self) -> str:
        """As ORDER BY wants it."""
        if not self.nullable:
            return f"{self.sql} desc" if self.descending else self.sql
        return f"{self.sql} desc nulls last" if self.descending else f"{self.sql} nulls first"

    @property
    def turned(self) -> Key:
        return replace(self, descending=not self.descending)


_ONE_STAGE = Key("0::numeric", Kind.NUMBER, descending=False, nullable=False)


@dataclass(frozen=True, slots=True)
class Ordering:
    """Keys, and the tie-break: the id, or in a tree the node's path."""

    keys: tuple[Key, ...]
    last: Key

    def spelled(self, fixed: Collection[int] = frozenset()) -> str:
        """As ORDER BY wants it; keys that are fixed say nothing."""
        free = (key for at, key in enumerate(self.keys) if at not in fixed)
        return ", ".join(key.spelled for key in (*free, self.last))

    @property
    def turned(self) -> Ordering:
        return Ordering(tuple(key.turned for key in self.keys), self.last.turned)


@dataclass(frozen=True, slots=True)
class Place:
    """A position as SQL: one operand for each key (None: a null), and one for the tie-break."""

    operands: tuple[str | None, ...]
    last: str


def ordering(row: Row, order: Sequence[Order], *, in_one_stage: bool) -> Ordering:
    """The order of a row's records. Behind the id no further key decides anything.

    Where all are in one stage, it is a constant, so that an index gives the rest of the order.
    """
    keys: list[Key] = []
    descending = False
    for one in order:
        descending = one.descending
        if one.column == Column("id"):
            break
        is_fixed = in_one_stage and one.column == Column("stage")
        keys.append(_ONE_STAGE if is_fixed else _key(row, one))
    return Ordering(tuple(keys), Key(row.column("id"), Kind.ID, descending, nullable=False))


def place(row: Row, ordering: Ordering, position: Position) -> Place:
    """A position, its values in the forms of the keys."""
    parameters = row.work.parameters
    operands = tuple(
        None if value is None else parameters.value(value, key.kind.cursor)
        for key, value in zip(ordering.keys, position.values, strict=False)
    )
    form = forms.CURSOR_ID if ordering.last.kind is Kind.ID else forms.CURSOR_PATH
    return Place(operands, parameters.value(position.id, form))


def _key(row: Row, order: Order) -> Key:
    column = order.column
    slot = columns.indexed(row, column)
    return Key(
        columns.rank(row, column),
        columns.rank_kind(row, column),
        order.descending,
        nullable=bool(column.hops) or column.field not in NEVER_NULL,
        is_null=_is_null(row, column),
        sorted_by=slot is not None and column.field not in row.bound,
    )


def _is_null(row: Row, column: Column) -> str:
    """By the token that records without a value have, where they have one."""
    plain = f"{columns.rank(row, column)} is null"
    if column.corporate or column.field in SYSTEM_FIELDS or column.field in row.bound:
        return plain
    if not column.hops:
        return _marked(row, column.field, plain)
    if len(column.hops) > 1 or column.hops[0] in PEOPLE:
        return plain
    return _nothing_there(row, column.hops[0], column.field, plain)


def _marked(row: Row, field: str, plain: str) -> str:
    token = row.null_token(field)
    return f"{plain} and {row.column('tokens')} @> array[{literal(token)}]" if token else plain


def _nothing_there(row: Row, reference: str, field: str, plain: str) -> str:
    """Either no record behind the reference, or one of those without a value."""
    there = row.work.row("t", target(row, reference))
    own, other = row.null_token(reference), there.null_token(field)
    if own is None or other is None:
        return plain
    held = reference_id(row, reference)
    none = _marked(row, reference, f"{held} is null")
    without = _marked(there, field, f"{columns.rank(there, Column(field))} is null")
    where = of_tenant(there.alias, *live(there), without)
    ids = f"select {there.alias}.id from read.record as {there.alias} where {where}"
    return f"(({none}) or {held} = any(array({ids})))"


# Branches


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows under one condition, in the order's own order."""

    condition: str
    spelled: str


def whole(ordering: Ordering) -> Branch:
    """All rows."""
    return Branch("", ordering.spelled())


def along(ordering: Ordering, column: str) -> Branch:
    """All rows, where one more column is the same in all, so as to be read along its index."""
    direction = " desc" if ordering.last.descending else ""
    return Branch("", f"{column}{direction}, {ordering.spelled()}")


def halves(ordering: Ordering) -> list[Branch]:
    """The first key's nulls and its values, in order."""
    key = ordering.keys[0]
    found = [
        Branch(key.is_null, ordering.spelled({0})),
        Branch(f"{key.sql} is not null", ordering.spelled()),
    ]
    return found[::-1] if key.descending else found


def behind(ordering: Ordering, place: Place, *, inclusive: bool = False) -> Iterator[Branch]:
    """The rows that come after a position (or are at it)."""
    pairs = tuple(zip(ordering.keys, place.operands, strict=True))
    yield _ties(ordering, pairs, place, inclusive=inclusive)
    for count in range(len(pairs) - 1, -1, -1):
        equal = [_same(*pair) for pair in pairs[:count]]
        fixed = {at for at in range(count) if pairs[at][1] is None}
        is_covered = count == len(pairs) - 1 and _compares_row(*pairs[count], ordering)
        for bound, is_null in _beyond(*pairs[count], is_covered=is_covered):
            order = ordering.spelled(fixed | {count} if is_null else fixed)
            yield Branch(" and ".join((*equal, bound)), order)


def _ties(
    ordering: Ordering,
    pairs: Sequence[tuple[Key, str | None]],
    place: Place,
    *,
    inclusive: bool,
) -> Branch:
    """Rows whose keys equal the position's; with the values beyond the last key's, if they can."""
    sign = ("<" if ordering.last.descending else ">") + ("=" if inclusive else "")
    bound = f"{ordering.last.sql} {sign} {place.last}"
    equal = [_same(*pair) for pair in pairs]
    if pairs and _compares_row(*pairs[-1], ordering):
        key, operand = pairs[-1]
        bound = f"({key.sql}, {ordering.last.sql}) {sign} ({operand}, {place.last})"
        if key.sorted_by:  # which the index knows of no pair
            bound = f"{key.sql} is not null and {bound}"
        equal.pop()
    fixed = {at for at, (_, operand) in enumerate(pairs) if operand is None}
    return Branch(" and ".join((*equal, bound)), ordering.spelled(fixed))


def _compares_row(key: Key, operand: str | None, ordering: Ordering) -> bool:
    """Whether one comparison of a pair covers the last key and the tie-break."""
    return operand is not None and key.descending == ordering.last.descending


def _same(key: Key, operand: str | None) -> str:
    return key.is_null if operand is None else f"{key.sql} = {operand}"


def _beyond(key: Key, operand: str | None, *, is_covered: bool) -> Iterator[tuple[str, bool]]:
    """Conditions on the key, and whether they leave nulls alone."""
    if operand is None:
        if not key.descending:
            yield f"{key.sql} is not null", False
        return
    if not is_covered:
        yield f"{key.sql} {'<' if key.descending else '>'} {operand}", False
    if key.descending and key.nullable:
        yield key.is_null, True
