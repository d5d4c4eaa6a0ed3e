"""One page of records in SQL: the scan, in order, bounded by cursors and a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.query import Page
from core.store.compiler import forms
from core.store.compiler.orders import Branch, Ordering, Place, along, behind, halves, place, whole
from core.store.compiler.subtrees import Apart
from core.store.compiler.work import Row


@dataclass(frozen=True, slots=True)
class Scan:
    """Records in an order: FROM with its conditions apart, so that branches can add theirs."""

    row: Row
    source: str
    """From FROM to the last condition of WHERE."""
    ordering: Ordering
    splits: bool = False
    """Whether the first key's nulls are to be looked for apart from its values."""
    walked: str = ""
    """Instead of `source`, where records are read by id from one end on."""
    apart: Apart | None = None
    """Conditions of which one holds, where each wants a plan of its own."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a page begins and ends."""

    page: Page
    after: Place | None
    before: Place | None
    size: str

    @property
    def start(self) -> Place | None:
        """The position that the page is counted from."""
        return self.before if self.page.backward else self.after

    @property
    def stop(self) -> Place | None:
        """The position at the other end."""
        return self.after if self.page.backward else self.before


def bounds(scan: Scan, page: Page) -> Bounds:
    """The page's cursors and size as SQL."""
    after, before = (
        place(scan.row, scan.ordering, position) if position is not None else None
        for position in (page.after, page.before)
    )
    return Bounds(page, after, before, scan.row.work.parameters.value(page.size, forms.SIZE))


def rows(scan: Scan, bounds: Bounds, selected: Sequence[str], *, more: bool) -> str:
    """The page's rows, counted from its start; with `more`, one row beyond it if there is one."""
    ordering = scan.ordering.turned if bounds.page.backward else scan.ordering
    limit = f"{bounds.size} + 1" if more else bounds.size
    found = _branches(scan, ordering, bounds)
    walked = scan.source, found
    if scan.walked and bounds.start is None and bounds.stop is None:
        walked = scan.walked, [along(ordering, f"{scan.row.alias}.object")]
    if scan.apart is None:
        return _union(*walked, selected, limit)
    parts = (
        _union(f"{scan.source} and {scan.apart.few}", found, selected, limit),
        _union(f"{walked[0]} and {scan.apart.many}", walked[1], selected, limit),
    )
    return f"with {scan.apart.table} ({parts[0]}) union all ({parts[1]}) limit {limit}"


def precedes(scan: Scan, bounds: Bounds) -> str:
    """Whether there is a row on the other side of the position that the page is counted from."""
    start = bounds.start
    if start is None:
        return "false"
    ordering = scan.ordering if bounds.page.backward else scan.ordering.turned
    branches = list(behind(ordering, start, inclusive=True))
    if scan.apart is None:
        return f"exists ({_union(scan.source, branches, (), '1')})"
    parts = (
        _union(f"{scan.source} and {condition}", branches, (), "1")
        for condition in (scan.apart.few, scan.apart.many)
    )
    return f"exists (with {scan.apart.table} ({') union all ('.join(parts)}))"


def _branches(scan: Scan, ordering: Ordering, bounds: Bounds) -> list[Branch]:
    if bounds.start is not None:
        found = list(behind(ordering, bounds.start))
    elif scan.splits:
        found = halves(ordering)
    else:
        found = [whole(ordering)]
    if bounds.stop is None:
        return found
    within = " or ".join(part.condition for part in behind(ordering.turned, bounds.stop))
    return [
        Branch(" and ".join(filter(None, (part.condition, f"({within})"))), part.spelled)
        for part in found
    ]


def _union(source: str, branches: Sequence[Branch], selected: Sequence[str], limit: str) -> str:
    """The branches' rows, each branch read only if those before it did not suffice."""
    parts = [
        f"select {', '.join(selected)} {source}"
        f"{f' and {part.condition}' if part.condition else ''}"
        f" order by {part.spelled} limit {limit}"
        for part in branches
    ]
    if len(parts) == 1:
        return parts[0]
    return f"{' union all '.join(f'({part})' for part in parts)} limit {limit}"
