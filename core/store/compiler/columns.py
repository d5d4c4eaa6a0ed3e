"""A field of a record in SQL: its value to compare and order by, and its JSON to show."""

from __future__ import annotations

from dataclasses import dataclass

from core.query import SYSTEM_FIELDS, Column
from core.store.compiler import computed, corporate, kinds
from core.store.compiler.data import json_data, text_data, typed_data
from core.store.compiler.json_text import (
    Text,
    bare,
    escaped,
    literal,
    plain,
    plain_sure,
    sure,
)
from core.store.compiler.kinds import KINDS, SYSTEM_KINDS, Kind
from core.store.compiler.references import reference_id, through
from core.store.compiler.work import Row
from metadata.model import LONG, Field, FieldType

_NOT_NULL = frozenset({"id", "version", "created_at", "updated_at"})
_SQL_TYPES = {
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.INSTANT: "timestamptz",
}
_AS_NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})


@dataclass(frozen=True, slots=True)
class Typed:
    """A value as SQL, null where there is none."""

    kind: Kind
    sql: str


# Values


def kind_of(row: Row, column: Column) -> Kind:
    """The kind of a column's values, whatever row it is asked of."""
    at = through(row, column.hops)
    if column.field in SYSTEM_FIELDS:
        return SYSTEM_KINDS[column.field]
    return KINDS[at.field(column.field).type]


def rank_kind(row: Row, column: Column) -> Kind:
    """The kind of what puts the column's values in order."""
    return Kind.NUMBER if column.field == "stage" else kind_of(row, column)


def value(row: Row, column: Column) -> Typed:
    """The value itself; a text as it is written."""
    at = through(row, column.hops)
    if column.field in SYSTEM_FIELDS:
        return Typed(SYSTEM_KINDS[column.field], at.column(column.field))
    field = at.field(column.field)
    kind = KINDS[field.type]
    sql = _field_value(at, field, kind)
    return Typed(kind, corporate.amount(at, sql) if column.corporate else sql)


def rank(row: Row, column: Column) -> str:
    """What puts values in order: of a text its sort key, of a stage its place, else the value."""
    typed = value(row, column)
    return sort_key(row, column) if typed.kind is Kind.TEXT else rank_of(row, column, typed.sql)


def rank_of(row: Row, column: Column, sql: str) -> str:
    """The same of a value that was read already."""
    kind = kind_of(row, column)
    if column.field == "stage":
        keys = ", ".join(map(literal, option_keys(through(row, column.hops), "stage")))
        return f"array_position(array[{keys}], {sql})::numeric"
    if kind is Kind.TEXT:
        return _made_sort_key(sql)
    return f'({sql} collate "C")' if kind is Kind.KEY else sql


def sort_key(row: Row, column: Column) -> str:
    """The sort key of a text: from its slot, else made in the same way."""
    slot = indexed(row, column)
    return slot if slot is not None else _made_sort_key(value(row, column).sql)


def _made_sort_key(sql: str) -> str:
    folded = f"lower(left({sql}, 200) collate pg_c_utf8)"
    encoded = f"convert_from(convert_to({folded}, 'GB18030'), 'LATIN1')"
    return f'(left({encoded}, 200) collate "C")'


def indexed(row: Row, column: Column) -> str | None:
    """The slot that a query may read for the field, if it has one."""
    at = through(row, column.hops)
    if column.corporate or column.field in SYSTEM_FIELDS:
        return None
    if column.field in at.bound:
        return at.column(at.bound[column.field])
    place = at.place(column.field)
    return at.column(place.readable) if place is not None and place.readable else None


def _field_value(row: Row, field: Field, kind: Kind) -> str:
    if kind is Kind.TEXT:
        return _text(row, field)
    place = row.place(field.key)
    if place is None:
        return row.if_there(computed.value(row, field, _named))
    if kind is Kind.ID:
        return reference_id(row, field.key)
    slot = indexed(row, Column(field.key))
    if slot is not None:
        return slot
    if kind is Kind.KEY:
        return text_data(row, place.key)
    if kind in (Kind.LIST, Kind.JSON):
        return json_data(row, place.key)
    return typed_data(row, place.key, _SQL_TYPES[kind])


def _text(row: Row, field: Field) -> str:
    place = row.place(field.key)
    if place is None:
        return row.if_there(computed.value(row, field, _named))
    return text_data(row, place.key, "long" if field.type in LONG else "data")


def _named(row: Row, name: str) -> str:
    """What a formula reads by this name; options, references and ids are texts to it."""
    if name == "stage_kind":
        return stage_kind(row)
    typed = value(row, Column(name))
    return f"{typed.sql}::text" if typed.kind is Kind.ID else typed.sql


def stage_kind(row: Row) -> str:
    """Whether the stage that the record is in is open, won, lost or invalid."""
    pipeline = row.work.published.metadata.pipeline_of(row.object.key)
    if pipeline is None:
        return "null::text"
    cases = " ".join(
        f"when {literal(stage.key)} then {literal(stage.kind.value)}" for stage in pipeline.stages
    )
    return f"(case {row.column('stage')} {cases} end)"


# JSON


def shown(row: Row, column: Column) -> Text:
    """The value as the API gives it, or null."""
    at = through(row, column.hops)
    if column.field in SYSTEM_FIELDS:
        return _system(at, column.field)
    field = at.field(column.field)
    place = at.place(column.field)
    if column.corporate or place is None:
        typed = value(at, Column(column.field, corporate=column.corporate))
        return kinds.shown(typed.kind, typed.sql, quoted=field.type not in _AS_NUMBERS)
    return _stored(at, field, place.key)


def _system(row: Row, name: str) -> Text:
    kind, sql = SYSTEM_KINDS[name], row.column(name)
    if name == "version":
        return sure(f"{sql}::text")
    if name == "stage":
        return option(sql, option_keys(row, name))
    if name in _NOT_NULL:
        return plain_sure(kinds.spelled(kind, sql))
    return kinds.shown(kind, sql)


def _stored(row: Row, field: Field, key: str) -> Text:
    """What is stored has the API's form already, but for options and quotes."""
    if field.type is FieldType.JSON:
        return bare(f"{json_data(row, key)}::text")
    text = text_data(row, key, "long" if field.type in LONG else "data")
    if field.type is FieldType.PICKLIST:
        return option(text, option_keys(row, field.key))
    if field.type is FieldType.PICKLISTS:
        return bare(options(text, option_keys(row, field.key)))
    if KINDS[field.type] is Kind.TEXT:
        return escaped(text)
    is_bare = field.type in _AS_NUMBERS or field.type in (FieldType.BOOLEAN, FieldType.TEXTS)
    return bare(text) if is_bare else plain(text)


def option_keys(row: Row, name: str) -> list[str]:
    """The keys that a picklist, or the stage, can hold."""
    if name != "stage":
        return [option.key for option in row.field(name).options]
    pipeline = row.work.published.metadata.pipeline_of(row.object.key)
    return list(pipeline.stage_keys) if pipeline else []


def option(expression: str, keys: list[str]) -> Text:
    """An option's key as the API's enum value: in upper case, a digit behind `_`."""
    value = f'upper({expression} collate "C")'
    if any(key[0].isdigit() for key in keys):
        value = f"regexp_replace({value}, '^([0-9])', '_\\1')"
    return plain(value)


def options(expression: str, keys: list[str]) -> str:
    """The same of the text of a JSON array of keys."""
    value = f'upper({expression} collate "C")'
    if any(key[0].isdigit() for key in keys):
        value = f"""regexp_replace({value}, '"([0-9])', '"_\\1', 'g')"""
    return value
