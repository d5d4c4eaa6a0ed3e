"""What is asked of one record, as a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core import query
from core.store.compiler import columns, connections, stages
from core.store.compiler.json_text import Text, bare, obj, said
from core.store.compiler.references import reference_id
from core.store.compiler.scans import Population, opened, opens_data
from core.store.compiler.work import Row, live, source


def outputs(row: Row, asked: tuple[query.Output, ...]) -> Text:
    """The JSON object of what is asked of a record that is there."""
    return obj((output.name, _part(row, output.value)) for output in asked)


def by_id(row: Row, asked: tuple[query.Output, ...], id: str, *, deleted: bool = False) -> Text:
    """The object of the record with an id, or null; `row` is under an alias of its own."""
    text = outputs(row, asked)
    if not opens_data(row):
        return bare(f"(select {text.sql} {_found(row, id, deleted=deleted)})")
    inner = Row(row.work, row.work.alias("q"), row.object)
    selected = ", ".join(opened(row, inner.alias, name) for name in row.uses)
    rows = f"select {selected} {_found(inner, id, deleted=deleted)} offset 0"
    return bare(f"(select {text.sql} from ({rows}) as {row.alias})")


def _found(row: Row, id: str, *, deleted: bool) -> str:
    of_object, is_live = live(row)
    conditions = (of_object,) if deleted else (of_object, is_live)
    return source("record", row.alias, f"{row.alias}.id = {id}", *conditions)


def _part(row: Row, part: query.Part) -> Text:
    return _PARTS[type(part)](row, part)


def _constant(row: Row, part: query.Constant) -> Text:
    return said(part.json)


def _scalar(row: Row, part: query.Scalar) -> Text:
    return columns.shown(row, part.column)


def _group(row: Row, part: query.Group) -> Text:
    return outputs(row, part.outputs)


def _one(row: Row, part: query.One) -> Text:
    there = row.work.row("o", part.object)
    return by_id(there, part.outputs, reference_id(row, part.reference))


def _connection(row: Row, part: query.Connection) -> Text:
    return connections.connection(Population(row.work, part, row))


_PARTS: Mapping[type, Callable[[Row, Any], Text]] = {
    query.Constant: _constant,
    query.Scalar: _scalar,
    query.Group: _group,
    query.One: _one,
    query.StageInfo: stages.info,
    query.Connection: _connection,
}
