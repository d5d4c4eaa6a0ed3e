"""The root fields of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core import query
from core.store.compiler import connections, forms
from core.store.compiler.json_text import NULL, Text, array, bare, joined, literal, sure
from core.store.compiler.records_by_id import by_id
from core.store.compiler.scans import Population
from core.store.compiler.work import Work, source


def root(work: Work, part: query.Part) -> Text:
    """The JSON of one root."""
    return _ROOTS[type(part)](work, part)


def _record(work: Work, part: query.Record) -> Text:
    wanted = work.parameters.value(part.id, forms.ID)
    return by_id(work.row("o", part.object), part.outputs, wanted)


def _any_record(work: Work, part: query.AnyRecord) -> Text:
    """Looks the object up first, so that only the record's own kind is rendered."""
    wanted = work.parameters.value(part.id, forms.ID)
    found = work.alias("a")
    cases = "".join(
        f" when {literal(key)} then {by_id(work.row('o', key), asked, wanted).sql}"
        for key, asked in part.choices
    )
    if not cases:
        return Text((NULL,))
    rows = source("record", found, f"{found}.id = {wanted}", f"{found}.deleted_at is null")
    return bare(f"(select case {found}.object{cases} end {rows})")


def _records(work: Work, part: query.Records) -> Text:
    ids = work.parameters.value(part.ids, forms.ID.listed)
    wanted = work.alias("u")
    row = work.row("o", part.object)
    member = by_id(row, part.outputs, f"{wanted}.id", deleted=part.deleted)
    rows = f"unnest({ids}) with ordinality as {wanted} (id, place)"
    text = array(joined(member, order=f"{wanted}.place"))
    return sure(f"(select {text.sql} from {rows})")


def _connection(work: Work, part: query.Connection) -> Text:
    return connections.connection(Population(work, part))


_ROOTS: Mapping[type, Callable[[Work, Any], Text]] = {
    query.Record: _record,
    query.AnyRecord: _any_record,
    query.Records: _records,
    query.Connection: _connection,
}
