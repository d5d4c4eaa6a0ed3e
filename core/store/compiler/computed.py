"""Formulas that are computed when they are read: over other objects' fields, or by the clock."""

from __future__ import annotations

from core.store.compiler.work import Row
from metadata.model import Field


def value(row: Row, field: Field) -> str:
    """SQL for a formula's value."""
    raise NotImplementedError(field.key)
