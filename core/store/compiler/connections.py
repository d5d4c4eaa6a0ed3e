"""Connections: a page of records, what surrounds it, and figures over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core import query
from core.query import PagePart
from core.store.compiler import aggregates, cursor_text, pages, scans
from core.store.compiler.json_text import NULL, Text, array, bare, joined, obj, over, said, sure
from core.store.compiler.pages import Bounds, Scan
from core.store.compiler.scans import Population
from core.store.compiler.work import Row

MOST_COUNTED = 100_000


def connection(population: Population) -> Text:
    """The JSON of a connection over a population."""
    asked = population.connection
    if not any(isinstance(output.value, _PAGED) for output in asked.outputs):
        return obj((output.name, _beside(population, output.value)) for output in asked.outputs)
    return _paged(population)


# Pages


@dataclass(slots=True)
class _Shown:
    """The rows of a page as they are shown: what is asked of them, and what that takes."""

    scan: Scan
    bounds: Bounds
    row: Row
    cursor: Text | None = None
    needs_more: bool = False
    needs_place: bool = False
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def is_shown(self) -> str:
        """Which rows belong to the page, if one beyond it was fetched."""
        return f"{self.row.alias}.place <= {self.bounds.size}" if self.needs_more else ""

    @property
    def order(self) -> str:
        return f"{self.row.alias}.place desc" if self.bounds.page.backward else ""


def _paged(population: Population) -> Text:
    scan = scans.scan(population)
    work = population.work
    row = Row(work, work.alias("p"), population.object)
    shown = _Shown(scan, pages.bounds(scan, population.connection.page), row)
    _prepare(shown, population)
    members = [
        (output.name, _part(shown, population, output.value))
        for output in population.connection.outputs
    ]
    text = obj(members)
    return over(text, f"({_rows(shown)}) as {row.alias}")


def _prepare(shown: _Shown, population: Population) -> None:
    """Find out what the parts take together."""
    parts = set(_page_parts(population.connection.outputs))
    near = PagePart.HAS_PREVIOUS if shown.bounds.page.backward else PagePart.HAS_NEXT
    shown.needs_more = near in parts
    ends = not parts.isdisjoint((PagePart.START, PagePart.END))
    shown.needs_place = shown.needs_more or ends or shown.bounds.page.backward
    if ends or _has_cursors(population.connection.outputs):
        shown.cursor = cursor_text.cursor(shown.row, shown.scan, population.order)
        shown.extra = cursor_text.selected(shown.scan)


def _rows(shown: _Shown) -> str:
    """The page's rows with the columns that are shown, `data` opened once where it is read often."""
    row = shown.row
    selected = [shown.scan.row.kept(name) for name in row.uses]
    selected += [f"{sql} as {name}" for name, sql in shown.extra.items()]
    rows = pages.rows(shown.scan, shown.bounds, selected, more=shown.needs_more)
    if not shown.needs_place and not scans.opens_data(row):
        return rows
    inner = row.work.alias("q")
    outer = [scans.opened(row, inner, name) for name in row.uses]
    outer += [f"{inner}.{name}" for name in shown.extra]
    if shown.needs_place:
        outer += ["row_number() over () as place", "count(*) over () as total"]
    return f"select {', '.join(outer)} from ({rows}) as {inner} offset 0"


def _page_parts(outputs: tuple[query.Output, ...]) -> list[query.Part]:
    return [
        inner.value
        for output in outputs
        if isinstance(output.value, query.PageInfo)
        for inner in output.value.outputs
    ]


def _has_cursors(outputs: tuple[query.Output, ...]) -> bool:
    return any(
        isinstance(inner.value, query.Cursor)
        for output in outputs
        if isinstance(output.value, query.Edges)
        for inner in output.value.outputs
    )


def _part(shown: _Shown, population: Population, part: query.Part) -> Text:
    make = _PARTS.get(type(part))
    return make(shown, part) if make is not None else _beside(population, part)


def _nodes(shown: _Shown, part: query.Nodes) -> Text:
    member = shown.row.work.outputs(shown.row, part.outputs)
    return array(joined(member, order=shown.order, where=shown.is_shown))


def _edges(shown: _Shown, part: query.Edges) -> Text:
    member = obj((output.name, _edge_part(shown, output.value)) for output in part.outputs)
    return array(joined(member, order=shown.order, where=shown.is_shown))


def _edge_part(shown: _Shown, part: query.Part) -> Text:
    if isinstance(part, query.Cursor):
        assert shown.cursor is not None
        return shown.cursor
    if isinstance(part, query.Node):
        return shown.row.work.outputs(shown.row, part.outputs)
    assert isinstance(part, query.Constant)
    return said(part.json)


def _page_info(shown: _Shown, part: query.PageInfo) -> Text:
    return obj((output.name, _page_part(shown, output.value)) for output in part.outputs)


def _page_part(shown: _Shown, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    backward = shown.bounds.page.backward
    if part in (PagePart.HAS_NEXT, PagePart.HAS_PREVIOUS):
        is_near = (part is PagePart.HAS_PREVIOUS) is backward
        if is_near:
            return sure(f"(count(*) > {shown.bounds.size})::text")
        return sure(f"({pages.precedes(shown.scan, shown.bounds)})::text")
    assert shown.cursor is not None
    alias = shown.row.alias
    last = f"{alias}.total"
    if shown.needs_more:
        last = f"least({last}, {shown.bounds.size})"
    is_first = (part is PagePart.START) is not backward
    where = f"{alias}.place = {'1' if is_first else last}"
    if shown.is_shown:
        where = f"{where} and {shown.is_shown}"
    return bare(f"string_agg({shown.cursor.sql}, '') filter (where {where})")


_PARTS: Mapping[type, Callable[[_Shown, Any], Text]] = {
    query.Nodes: _nodes,
    query.Edges: _edges,
    query.PageInfo: _page_info,
}
_PAGED = tuple(_PARTS)


# Beside the page


def _beside(population: Population, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if isinstance(part, query.TotalCount):
        return _total(population)
    if isinstance(part, query.Aggregate):
        return aggregates.aggregate(population, part)
    assert isinstance(part, query.Groups)
    return aggregates.groups(population, part)


def _total(population: Population) -> Text:
    row = scans.row(population)
    alias = population.work.alias("c")
    limited = f"select {scans.whole(population, row)} limit {MOST_COUNTED + 1}"
    shown = f"case when count(*) > {MOST_COUNTED} then {said(NULL).sql} else count(*)::text end"
    return sure(f"(select {shown} from ({limited}) as {alias})")
