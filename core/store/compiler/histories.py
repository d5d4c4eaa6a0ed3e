"""What happened to a record: its changes, and the stages that it was in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core import query
from core.query import ChangePart, DiffPart
from core.stages import Move
from core.store.compiler import columns, forms, kinds
from core.store.compiler.json_text import (
    Text,
    array,
    bare,
    escaped,
    joined,
    json_literal,
    literal,
    obj,
    plain_sure,
    said,
    sure,
)
from core.store.compiler.kinds import Kind
from core.store.compiler.records_by_id import by_id
from core.store.compiler.work import Row, source
from core.store.writing.changes import CURRENCY, DELETED_AT, OWNER, STAGE
from metadata import naming
from metadata.model import FieldType, Pipeline

_PICKED = frozenset({FieldType.PICKLIST, FieldType.PICKLISTS})


# Changes


def changes(row: Row, part: query.History) -> Text:
    """The record's changes, the newest first, as an array."""
    work = row.work
    inner, shown = work.alias("c"), work.alias("c")
    member = obj((o.name, _change_part(row, shown, o.value)) for o in part.outputs)
    conditions = [f"{inner}.record_id = {row.column('id')}"]
    if part.before is not None:
        before = work.parameters.value(part.before, forms.SIZE)
        conditions.append(f"{inner}.version < {before}")
    size = work.parameters.value(part.size, forms.SIZE)
    rows = (
        f"select {inner}.* {source('change', inner, *conditions)}"
        f" order by {inner}.version desc limit {size}"
    )
    return sure(f"(select {array(joined(member)).sql} from ({rows}) as {shown})")


def _change_part(row: Row, change: str, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if isinstance(part, query.One):
        there = row.work.row("o", part.object)
        return by_id(there, part.outputs, f"{change}.user_id")
    if isinstance(part, query.Changes):
        return _differences(row, change, part)
    assert isinstance(part, ChangePart)
    if part is ChangePart.VERSION:
        return sure(f"{change}.version::text")
    if part is ChangePart.AT:
        return plain_sure(kinds.moment(f"{change}.at"))
    return plain_sure(f"{change}.{part.value}")


def _differences(row: Row, change: str, part: query.Changes) -> Text:
    """The fields that a change names, in the order they are declared."""
    known = row.work.alias("f")
    member = obj((o.name, _difference_part(change, known, o.value)) for o in part.outputs)
    fields = ", ".join(
        f"({place}, {literal(key)}, {literal(json_literal(name))}, {str(is_option).lower()})"
        for place, (key, name, is_option) in enumerate(_fields(row))
    )
    listed = array(joined(member, order=f"{known}.place"))
    return sure(
        f"(select {listed.sql} from (values {fields}) as {known} (place, key, name, is_option)"
        f" where coalesce({change}.after, {change}.before) ? {known}.key)"
    )


def _difference_part(change: str, known: str, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if part is DiffPart.FIELD:
        return sure(f"{known}.name")
    side = "before" if part is DiffPart.BEFORE else "after"
    held = f"nullif(({change}.{side}->{known}.key)::text, 'null')"  # in upper case it is no JSON
    option = columns.options(held, ["0"])
    return bare(f"case when {known}.is_option then {option} else {held} end")


def _fields(row: Row) -> Iterator[tuple[str, str, bool]]:
    """(key in the log, name in the API, whether it holds options) of all that is shown."""
    metadata = row.work.published.metadata
    for field in row.object.fields.values():
        place = row.place(field.key)
        if place is not None and metadata.shows(field):
            yield place.key, naming.field_name(field.key), field.type in _PICKED
    for key in (OWNER, CURRENCY, STAGE, DELETED_AT):
        yield key, naming.field_name(key.removeprefix("$")), key == STAGE


# Stages


def stages(row: Row, part: query.StageHistory) -> Text:
    """The stages that the record entered, the oldest first, as an array."""
    work = row.work
    inner, shown = work.alias("c"), work.alias("c")
    member = obj((o.name, _stay_part(row, shown, o.value)) for o in part.outputs)
    of_record = f"{inner}.record_id = {row.column('id')}"
    size = work.parameters.value(part.size, forms.SIZE)
    rows = f"select {inner}.* {source('stage_history', inner, of_record)}"
    if row.staging is not None:
        rows += f" union all {_first_stay(row, row.staging)}"
    rows = f"select * from ({rows}) as {shown} order by seq_no limit {size}"
    return sure(f"(select {array(joined(member)).sql} from ({rows}) as {shown})")


def _first_stay(row: Row, pipeline: Pipeline) -> str:
    """The stay that a record without a stage is going to get, as a row of the history."""
    none, stay = row.work.alias("c"), row.work.alias("c")
    parts = {
        "seq_no": "1",
        "kind": literal(Move.CREATE.value),
        "to_stage": literal(pipeline.first.key),
        "skipped": "'[]'::jsonb",
        "entered_at": row.column("created_at"),
        "currency": row.column("currency"),
        "amount": _bound(row, pipeline.amount),
        "close_date": _bound(row, pipeline.date),
        "owner": row.column("owner"),
    }
    built = ", ".join(f"{literal(key)}, {sql}" for key, sql in parts.items())
    like = f"(select {none} {source('stage_history', none, 'false')})"
    return (
        f"select {stay}.* from jsonb_populate_record({like}, jsonb_build_object({built}))"
        f" as {stay} where {row.kept('stage')} is null"
    )


def _bound(row: Row, field: str | None) -> str:
    return "null" if field is None else columns.value(row, query.Column(field)).sql


def _stay_part(row: Row, stay: str, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if isinstance(part, query.One):
        there = row.work.row("o", part.object)
        return by_id(there, part.outputs, f"{stay}.{part.reference}")
    assert isinstance(part, query.StageHistoryPart)
    return _STAY[part.part](row, f"{stay}.{part.part}")


def _stage(row: Row, sql: str) -> Text:
    return columns.option(sql, columns.option_keys(row, "stage"))


def _stages(row: Row, sql: str) -> Text:
    return bare(columns.options(f"to_json({sql})::text", columns.option_keys(row, "stage")))


def _of(kind: Kind, *, quoted: bool = True) -> Callable[[Row, str], Text]:
    return lambda _, sql: kinds.shown(kind, sql, quoted=quoted)


_STAY: dict[str, Callable[[Row, str], Text]] = {
    "kind": _of(Kind.KEY),
    "from_stage": _stage,
    "to_stage": _stage,
    "skipped": _stages,
    "entered_at": _of(Kind.INSTANT),
    "exited_at": _of(Kind.INSTANT),
    "duration_s": _of(Kind.NUMBER, quoted=False),
    "amount": _of(Kind.NUMBER),
    "currency": _of(Kind.KEY),
    "probability": _of(Kind.NUMBER),
    "close_date": _of(Kind.DATE),
    "reason": lambda _, sql: escaped(sql),
    "note": lambda _, sql: escaped(sql),
}
