"""One record by its id, as a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core import query
from core.store.compiler.json_text import Text, bare
from core.store.compiler.scans import opened, opens_data
from core.store.compiler.work import Row, live_elsewhere, of_tenant


def by_id(row: Row, asked: tuple[query.Output, ...], id: str, *, deleted: bool = False) -> Text:
    """The object of the record with an id, or null; `row` is under an alias of its own."""
    text = row.work.outputs(row, asked)

    def conditions(inner: Row) -> Iterable[str]:
        of_object, is_live = live_elsewhere(inner)
        return (f"{inner.alias}.id = {id}", of_object, *(() if deleted else (is_live,)))

    if opens_data(row):
        return bare(f"(select {text.sql} from {table(row, conditions)})")
    where = of_tenant(row.alias, *conditions(row))
    return bare(f"(select {text.sql} from read.record as {row.alias} where {where})")


def table(row: Row, conditions: Callable[[Row], Iterable[str]]) -> str:
    """The records that satisfy conditions, as a table under the row's alias.

    It holds the columns that are read of the row by now, with `data` open.
    """
    inner = Row(row.work, row.work.alias("q"), row.object)
    where = of_tenant(inner.alias, *conditions(inner))
    selected = ", ".join(opened(row, inner.alias, name) for name in row.uses)
    return (
        f"(select {selected} from read.record as {inner.alias} where {where} offset 0)"
        f" as {row.alias}"
    )
