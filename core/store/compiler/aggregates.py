"""Figures over all records of a connection."""

from __future__ import annotations

from core import query
from core.store.compiler.json_text import Text
from core.store.compiler.scans import Population


def aggregate(population: Population, part: query.Aggregate) -> Text:
    """The JSON of an aggregate."""
    raise NotImplementedError
