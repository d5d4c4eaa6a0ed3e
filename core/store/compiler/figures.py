"""Statistics over rows: counts, and sums, averages, least and greatest of one column."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from core import query
from core.query import SYSTEM_FIELDS, Column, Statistic
from core.store.compiler import columns, corporate, kinds
from core.store.compiler.json_text import Text, obj, plain_sure, said, sure
from core.store.compiler.kinds import Kind
from core.store.compiler.references import through
from core.store.compiler.work import Row
from metadata.decimals import MAX_SCALE
from metadata.model import FieldType

_LARGEST_FLOAT = "1.7976931348623157e308"


@dataclass(slots=True)
class Values:
    """Values of rows under the names that the level above knows them by."""

    alias: str
    _names: dict[str, str] = field(default_factory=dict)
    _uses: Counter[str] = field(default_factory=Counter)

    def named(self, sql: str) -> str:
        """The name of an expression over a row."""
        self._uses[sql] += 1
        name = self._names.setdefault(sql, f"v{len(self._names) + 1}")
        return f"{self.alias}.{name}"

    def rows(self, source: str) -> str:
        """The rows as a table of these values, each computed once where it is used again."""
        selected = ", ".join(f"{sql} as {name}" for sql, name in self._names.items())
        fence = " offset 0" if any(count > 1 for count in self._uses.values()) else ""
        return f"(select {selected} {source}{fence}) as {self.alias}"


def figures(row: Row, values: Values, part: query.Aggregate) -> Text:
    """The JSON of an aggregate over the rows that `values` names."""
    return _object(row, values, part.outputs)


def _object(row: Row, values: Values, outputs: tuple[query.Output, ...]) -> Text:
    return obj((output.name, _figure(row, values, output.value)) for output in outputs)


def _figure(row: Row, values: Values, part: query.Part) -> Text:
    if isinstance(part, query.Count):
        return sure(f"{_count(row, values, part)}::text")
    if isinstance(part, query.Stats):
        return _Stats(row, values, part.column).object(part.outputs)
    if isinstance(part, query.Group):
        return _object(row, values, part.outputs)
    assert isinstance(part, query.Constant)
    return said(part.json)


def _count(row: Row, values: Values, part: query.Count) -> str:
    if not part.hops:
        return "count(*)"
    return f"count({values.named(through(row, part.hops).column('id'))})"


@dataclass(frozen=True, slots=True)
class _Stats:
    """Statistics of one column. Of money they are in corporate currency."""

    row: Row
    values: Values
    column: Column

    def object(self, outputs: tuple[query.Output, ...]) -> Text:
        return obj((output.name, self._part(output.value)) for output in outputs)

    def _part(self, part: query.Part) -> Text:
        if isinstance(part, query.Constant):
            return said(part.json)
        assert isinstance(part, Statistic)
        if part is Statistic.CURRENCY:
            return plain_sure(corporate.currency(self.row))
        if part is Statistic.EXCLUDED:
            return sure(f"{self._excluded()}::text")
        return self._statistic(part)

    def _statistic(self, part: Statistic) -> Text:
        kind = columns.kind_of(self.row, self.column)
        held = self.values.named(self._value())
        sql = self._figure(part, held)
        if kind is not Kind.NUMBER:
            return kinds.shown(kind, sql)
        type_ = self._type()
        if type_ is FieldType.FLOAT:
            sql = f"(case when abs({sql}) <= {_LARGEST_FLOAT} then {sql} end)"
        is_number = type_ is FieldType.FLOAT or (
            type_ is FieldType.INTEGER and part in (Statistic.MIN, Statistic.MAX)
        )
        return kinds.shown(kind, sql, quoted=not is_number)

    def _figure(self, part: Statistic, held: str) -> str:
        """The figure itself. A sum over nothing is 0, the others are null."""
        if part is Statistic.AVG:
            return self._average(held)
        if part is not Statistic.SUM:
            return f"{part.value}({held})"
        is_money = self._type() is FieldType.MONEY
        return f"coalesce(sum({held}), {corporate.rounded(self.row, '0') if is_money else '0'})"

    def _value(self) -> str:
        is_money = self._type() is FieldType.MONEY
        column = Column(self.column.field, self.column.hops, corporate=is_money)
        return columns.value(self.row, column).sql

    def _excluded(self) -> str:
        plain = Column(self.column.field, self.column.hops)
        amount = self.values.named(columns.value(self.row, plain).sql)
        return f"(count({amount}) - count({self.values.named(self._value())}))"

    def _average(self, held: str) -> str:
        """Exact to the last digit, which `avg` is not for large numbers."""
        if self._type() is FieldType.FLOAT:
            return f"avg({held})"
        finer = MAX_SCALE + 1
        quotient = f"div(sum({held}) * 1e{finer}, count({held})) * 1e-{finer}"
        if self._type() is FieldType.MONEY:
            return corporate.rounded(self.row, quotient)
        return f"trim_scale(round({quotient}, {MAX_SCALE}))"

    def _type(self) -> FieldType | None:
        if self.column.field in SYSTEM_FIELDS:
            return None
        return through(self.row, self.column.hops).field(self.column.field).type
