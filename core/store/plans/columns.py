"""The columns of the record table that one object's records fill, and what goes into each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from core.store.plans.field_plans import FieldPlan, StagePlan
from metadata.model import LISTS, FieldType
from metadata.text import member_token, tokens

SQL_TYPES = {
    "p": "text",
    "t": "text",
    "n": "numeric",
    "z": "timestamptz",
    "d": "date",
    "b": "boolean",
    "r": "uuid",
}
"""By the first letter of a slot."""


class Source(Protocol):
    """A record with its values, as columns are filled from it."""

    values: dict[str, Any]
    data: dict[str, Any]
    long: dict[str, Any] | None
    owner: UUID | None
    currency: str | None
    stage: str | None
    stage_entered_at: datetime | None
    deleted_at: datetime | None
    deletion_id: UUID | None


Fill = Callable[[Source], object]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Its value changes only with the fields (or system fields) in `of`, or where one in `marking`
    gets its first value or loses its last; without any of these, always.
    """

    name: str
    type: str  # of its parameter
    value: Fill
    of: frozenset[str]
    cast: str = ""  # what makes the column's value of the parameter
    marking: frozenset[str] = frozenset()

    def changes(self, names: frozenset[str], marked: frozenset[str]) -> bool:
        """Whether it may be another where these fields change, and these come or go."""
        if not self.of and not self.marking:
            return True
        return not self.of.isdisjoint(names) or not self.marking.isdisjoint(marked)


LIFE = frozenset(("deleted_at",))
OF_LIFE = (
    Column("deleted_at", "timestamptz", lambda of: of.deleted_at, LIFE),
    Column("deletion_id", "uuid", lambda of: of.deletion_id, LIFE),
)
"""The columns that tell whether a record is deleted, and with which others."""


def columns_of(
    fields: Sequence[FieldPlan], stage: StagePlan | None, marks: Mapping[str, str]
) -> tuple[Column, ...]:
    """The columns that records with these fields fill; id and version left out.

    `marks` are the tokens of fields without a value, by field.
    """
    return (
        *_fixed(fields),
        *(_stage_columns(stage) if stage is not None else ()),
        *_token_columns(fields, marks),
        *(_slot(plan, plan.column) for plan in fields if plan.column is not None),
    )


def _fixed(fields: Sequence[FieldPlan]) -> Iterator[Column]:
    yield Column("data", "jsonb", lambda of: of.data, frozenset())
    long = frozenset(plan.key for plan in fields if plan.long)
    if long:
        yield Column("long", "jsonb", lambda of: of.long, long)
    yield Column("owner", "uuid", lambda of: of.owner, frozenset(("owner",)))
    if any(plan.type is FieldType.MONEY for plan in fields):
        yield Column("currency", "text", lambda of: of.currency, frozenset(("currency",)))


def _stage_columns(stage: StagePlan) -> Iterator[Column]:
    of = frozenset(("stage",))
    yield Column("stage", "text", lambda record: record.stage, of)
    yield Column("stage_entered_at", "timestamptz", lambda record: record.stage_entered_at, of)
    if stage.amount is not None:
        yield _plain("stage_amount", "numeric", stage.amount)
    if stage.date is not None:
        yield _plain("stage_date", "date", stage.date)


def _plain(name: str, type: str, plan: FieldPlan) -> Column:
    key = plan.key
    return Column(name, type, lambda of: of.values.get(key), frozenset((key,)))


def _slot(plan: FieldPlan, column: str) -> Column:
    key, slot = plan.key, plan.form.slot

    def value(of: Source) -> object:
        held = of.values.get(key)
        return None if held is None else slot(held)

    return Column(column, SQL_TYPES[column[0]], value, frozenset((key,)))


def _token_columns(fields: Sequence[FieldPlan], marks: Mapping[str, str]) -> Iterator[Column]:
    lists = {plan.key: plan.stored for plan in fields if plan.type in LISTS}
    searched = [plan.key for plan in fields if plan.field.search and plan.key not in lists]
    if not lists and not searched and not marks:
        return

    def value(of: Source) -> object:
        missing = [mark for key, mark in marks.items() if of.values.get(key) is None]
        return search_tokens(of.values, searched, lists, missing)

    keys = frozenset((*searched, *lists))
    yield Column("tokens", "text", value, keys, "::text::text[]", frozenset(marks))


def search_tokens(
    values: Mapping[str, Any],
    searched: Sequence[str],
    lists: Mapping[str, str],
    missing: Sequence[str] = (),
) -> str | None:
    """What searches and tests for members of lists look for, as an array; None without any value.

    Parts of the searched texts, `key=member` for each member of a list, by its storage key, and
    what stands for missing values. A text of nothing but white space has no parts, and an array
    without any.
    """
    found = set(missing)
    texts = [str(text) for key in searched if (text := values.get(key)) is not None]
    for text in texts:
        found |= tokens(text)
    for key, stored in lists.items():
        found.update(member_token(stored, member) for member in values.get(key) or ())
    return _array(found) if found or texts else None


def _array(texts: Collection[str]) -> str:
    """The texts as PostgreSQL writes an array: four times as fast to send as a list."""
    if not texts:
        return "{}"
    joined = "\x00".join(sorted(texts)).replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + joined.replace("\x00", '","') + '"}'
