"""A declared graph around a record."""

from __future__ import annotations

from core import query
from core.store.compiler.json_text import Text
from core.store.compiler.work import Row


def graph(row: Row, part: query.GraphOf) -> Text:
    """The graph's JSON."""
    raise NotImplementedError(part.graph)
