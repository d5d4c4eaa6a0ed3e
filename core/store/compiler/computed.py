"""Formulas that are computed when they are read: over other objects' fields, or by the clock."""

from __future__ import annotations

from collections.abc import Callable

from core.store.compiler import corporate, forms
from core.store.compiler.json_text import literal
from core.store.compiler.references import reference_id, target
from core.store.compiler.work import Row, live_elsewhere, source
from core.store.plans.expressions import Clock, compiled
from metadata import bounds, currencies, decimals
from metadata.model import Field, FieldType

Read = Callable[[Row, str], str]
"""SQL for a field of a row, or for one of the words that expressions know."""

# No text holds a NUL, so these stand for nothing else.
_MARKS = {"today": ("\0today\0", forms.DATE), "now": ("\0now\0", forms.INSTANT)}
_CLOCK = Clock(_MARKS["today"][0], _MARKS["now"][0])
_WHOLE = {FieldType.INTEGER: 2**31, FieldType.BIGINT: 2**63}
_SCALED = frozenset({FieldType.DECIMAL, FieldType.PERCENT})


def value(row: Row, field: Field, read: Read) -> str:
    """SQL for a formula's value, null where it does not fit the field."""
    expression = row.work.published.metadata.computed[row.object.key].formulas[field.key]
    home = row if field.type is FieldType.MONEY else None
    sql = compiled(expression, lambda name: _named(row, name, read, home), _CLOCK)
    for name, (mark, form) in _MARKS.items():
        if mark in sql:
            sql = sql.replace(mark, row.work.parameters.of_context(name, form))
    return _fitted(row, field, sql)


def _named(row: Row, name: str, read: Read, home: Row | None) -> str:
    """A dotted path is followed by one look-up for each reference.

    An amount that it ends in is converted into the currency of `home`.
    """
    reference, _, rest = name.partition(".")
    if not rest:
        return read(row, name)
    there = row.work.row("t", target(row, reference))
    held = _named(there, rest, read, home)
    if home is not None and "." not in rest and _is_amount(there, rest):
        held = corporate.converted(there, home, held)
    is_it = f"{there.alias}.id = {reference_id(row, reference)}"
    return f"(select {held} {source('record', there.alias, is_it, *live_elsewhere(there))})"


def _is_amount(row: Row, name: str) -> bool:
    field = row.object.fields.get(name)
    return field is not None and field.type is FieldType.MONEY


def _fitted(row: Row, field: Field, sql: str) -> str:
    """As a value that is written is rounded and bounded."""
    if field.type in _WHOLE:
        most = _WHOLE[field.type]
        return _bounded(row, sql, "0", f"v between {-most} and {most - 1}")
    limit = f"abs(v) < 1e{decimals.MAX_DIGITS}"
    if field.type is FieldType.MONEY:
        return _bounded(row, sql, _digits(row), limit)
    if field.type in _SCALED:
        scale = decimals.MAX_SCALE if field.scale is None else field.scale
        return _bounded(row, sql, str(scale), limit)
    if field.type is FieldType.FLOAT:
        return f"({sql})::float8::text::numeric"  # by its text, which loses no digit
    return f"left({sql}, {bounds.COMPUTED_LENGTH})" if field.type is FieldType.TEXT else sql


def _bounded(row: Row, sql: str, scale: str, condition: str) -> str:
    alias = row.work.alias("w")
    return (
        f"(select case when {condition} then v end"
        f" from (select round({sql}, {scale}) as v offset 0) as {alias})"
    )


def _digits(row: Row) -> str:
    """How many decimals amounts have in the record's currency."""
    odd = {code: digits for code in currencies.CODES if (digits := currencies.digits(code)) != 2}
    cases = " ".join(f"when {literal(code)} then {digits}" for code, digits in sorted(odd.items()))
    return f"(case {row.column('currency')} {cases} else 2 end)"
