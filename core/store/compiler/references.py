"""References: the id that one holds, and the record behind it."""

from __future__ import annotations

from core.store.compiler.data import typed_data
from core.store.compiler.work import Row, live_elsewhere, of_tenant

USER = "user"
PEOPLE = frozenset({"owner", "created_by", "updated_by"})
"""System fields that refer to users."""
MAKERS = frozenset({"created_by", "updated_by"})
"""Those of them that go on naming a user who was deleted."""


def reference_id(row: Row, reference: str) -> str:
    """SQL for the id that a reference holds: a uuid."""
    column = reference_column(row, reference)
    if column is not None:
        return row.column(column)
    place = row.place(reference)
    assert place is not None
    return typed_data(row, place.key, "uuid")


def reference_column(row: Row, reference: str) -> str | None:
    """The column that holds a reference; None while it is being filled."""
    if reference in PEOPLE:
        return reference
    place = row.place(reference)
    assert place is not None
    return place.readable


def target(row: Row, reference: str) -> str:
    """The object that a reference names."""
    if reference in PEOPLE:
        return USER
    found = row.field(reference).reference
    assert found is not None
    return found.object


def through(row: Row, hops: tuple[str, ...]) -> Row:
    """The row behind references, outermost first, joined to this one's FROM: all null if none."""
    for reference in hops:
        row = _joined(row, reference)
    return row


def _joined(row: Row, reference: str) -> Row:
    known = row.joins.get(reference)
    if known is not None:
        return known[0]
    found = row.work.row("h", target(row, reference))
    found.is_joined = True
    is_it = f"{found.alias}.id = {reference_id(row, reference)}"
    on = of_tenant(found.alias, is_it, *live_elsewhere(found))
    row.joins[reference] = (found, f"left join read.record as {found.alias} on {on}")
    return found
