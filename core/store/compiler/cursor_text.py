"""Cursors as SQL writes them; `core.cursors` reads them."""

from __future__ import annotations

from collections.abc import Sequence

from core import cursors
from core.query import Column, Order
from core.store.compiler import kinds
from core.store.compiler.json_text import NULL, Text, escaped, json_literal, plain, plain_sure
from core.store.compiler.kinds import Kind
from core.store.compiler.orders import Ordering
from core.store.compiler.pages import Scan
from core.store.compiler.work import Row


def cursor(row: Row, scan: Scan, order: tuple[Order, ...]) -> Text:
    """The position of a shown row as a JSON text."""
    pieces = _pieces(row, scan.ordering, order)
    signature = cursors.signature(row.object.key, order)
    return encoded([f"[{json_literal(signature)},", *pieces, "]"])


def encoded(pieces: Sequence[str | Text]) -> Text:
    """JSON in base64url, which needs no escapes."""
    flat = [
        part for piece in pieces for part in ((piece,) if isinstance(piece, str) else piece.pieces)
    ]
    array = f"convert_to({Text(tuple(flat)).sql}, 'UTF8')"
    return plain_sure(f"translate(encode({array}, 'base64'), E'+/=\\n', '-_')")


def selected(scan: Scan) -> dict[str, str]:
    """What the scan must give for its rows' cursors: the keys and the tie-break, by name."""
    found = {f"k{place}": key.sql for place, key in enumerate(scan.ordering.keys)}
    return found | {"last": scan.ordering.last.sql}


def _pieces(row: Row, ordering: Ordering, order: tuple[Order, ...]) -> list[str | Text]:
    last = plain_sure(f"{row.alias}.last::text")
    found: list[str | Text] = []
    for place, one in enumerate(order):
        if place < len(ordering.keys):
            found.append(_value(ordering.keys[place].kind, f"{row.alias}.k{place}"))
        else:
            found.append(last if one.column == Column("id") else NULL)
        found.append(",")
    return [*found, last]


def _value(kind: Kind, sql: str) -> Text:
    return escaped(sql) if kind is Kind.TEXT else plain(kinds.spelled(kind, sql))
