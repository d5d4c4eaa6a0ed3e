"""Figures over all records of a connection, or of its groups."""

from __future__ import annotations

from collections.abc import Iterator

from core import query
from core.query import SYSTEM_FIELDS, GroupBy, Unit
from core.store.compiler import columns, figures, forms, kinds, scans
from core.store.compiler.figures import Values
from core.store.compiler.json_text import Text, array, joined, obj, over, said, sure
from core.store.compiler.kinds import Kind
from core.store.compiler.references import through
from core.store.compiler.scans import Population
from core.store.compiler.work import Row
from metadata.model import FieldType


def aggregate(population: Population, part: query.Aggregate) -> Text:
    """The JSON of an aggregate over a population."""
    row = scans.row(population)
    values = Values(population.work.alias("s"))
    text = figures.figures(row, values, part)
    return over(text, values.rows(scans.whole(population, row)))


def groups(population: Population, part: query.Groups) -> Text:
    """The JSON of the groups, the largest first unless their keys alone order them."""
    work = population.work
    row = scans.row(population)
    values = Values(work.alias("s"))
    keys = [_Key(row, values.named(_key_sql(row, by)), by) for by in part.by]
    member = _member(row, values, keys, part.outputs)
    grouped = ", ".join(key.sql for key in keys)
    order = ", ".join(f"{sql} nulls first" for key in keys for sql in key.ranks())
    size = "" if part.in_key_order else "count(*) desc, "
    limit = work.parameters.value(part.limit, forms.SIZE)
    found = work.alias("g")
    rows = (
        f"select {member.sql} as member from {values.rows(scans.whole(population, row))}"
        f" group by {grouped} order by {size}{order} limit {limit}"
    )
    text = array(joined(sure(f"{found}.member")))
    return sure(f"(select {text.sql} from ({rows}) as {found})")


class _Key:
    """One key of the groups."""

    def __init__(self, row: Row, sql: str, by: GroupBy) -> None:
        self.row = row
        self.sql = sql
        self.by = by

    def ranks(self) -> Iterator[str]:
        """What puts the groups in order: as records are, then texts that are alike there."""
        if self.by.unit is None:
            yield columns.rank_of(self.row, self.by.column, self.sql)
        yield self.sql

    def shown(self) -> Text:
        """As JSON."""
        column, kind = self.by.column, columns.kind_of(self.row, self.by.column)
        at = through(self.row, column.hops)
        if kind is Kind.KEY and column.field != "currency":
            return columns.option(self.sql, columns.option_keys(at, column.field))
        if self.by.unit is not None:
            return kinds.shown(Kind.DATE, self.sql)
        is_quoted = column.field in SYSTEM_FIELDS or at.field(column.field).type not in _AS_NUMBERS
        return kinds.shown(kind, self.sql, quoted=is_quoted)


def _member(row: Row, values: Values, keys: list[_Key], outputs: tuple[query.Output, ...]) -> Text:
    return obj((output.name, _part(row, values, keys, output.value)) for output in outputs)


def _part(row: Row, values: Values, keys: list[_Key], part: query.Part) -> Text:
    if isinstance(part, query.Aggregate):
        return figures.figures(row, values, part)
    if isinstance(part, query.GroupKey | query.Group):
        return _member(row, values, keys, part.outputs)
    if isinstance(part, query.KeyPart):
        return keys[part.index].shown()
    assert isinstance(part, query.Constant)
    return said(part.json)


def _key_sql(row: Row, by: GroupBy) -> str:
    typed = columns.value(row, by.column)
    if by.unit is None:
        is_text = typed.kind in (Kind.TEXT, Kind.KEY)
        return f'({typed.sql} collate "C")' if is_text else typed.sql
    if typed.kind is Kind.INSTANT:
        zone = row.work.parameters.of_context("time_zone", forms.TEXT)
        day = _a_date(f"({typed.sql} at time zone {zone})::date")
        period = f"date_trunc('{by.unit.value}', {day}::timestamp)::date"
        return f"case when {typed.sql} is not null then {period} end"
    if by.unit is Unit.DAY:
        return typed.sql
    return f"date_trunc('{by.unit.value}', {typed.sql}::timestamp)::date"


def _a_date(day: str) -> str:
    """The day, or the nearest that a date can be: a zone shifts instants at either end beyond."""
    return f"greatest(least({day}, date '9999-12-31'), date '0001-01-01')"


_AS_NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})
