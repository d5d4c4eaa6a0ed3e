"""Records of a connection, grouped."""

from __future__ import annotations

from core import query
from core.store.compiler.json_text import Text
from core.store.compiler.scans import Population


def groups(population: Population, part: query.Groups) -> Text:
    """The JSON of the groups."""
    raise NotImplementedError
