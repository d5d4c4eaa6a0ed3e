"""One record by its id, as a JSON object."""

from __future__ import annotations

from core import query
from core.store.compiler.json_text import Text, bare
from core.store.compiler.scans import opened, opens_data
from core.store.compiler.work import Row, live, source


def by_id(row: Row, asked: tuple[query.Output, ...], id: str, *, deleted: bool = False) -> Text:
    """The object of the record with an id, or null; `row` is under an alias of its own."""
    text = row.work.outputs(row, asked)
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
