"""Values in a record's `data`, taken out in a way that never raises."""

from __future__ import annotations

from core.store.compiler.json_text import literal
from core.store.compiler.work import Row


def text_data(row: Row, key: str, column: str = "data") -> str:
    """A member of `data` as text; null where it is missing."""
    return f"({row.column(column)}->>{literal(key)})"


def json_data(row: Row, key: str) -> str:
    """A member of `data` as jsonb."""
    return f"({row.column('data')}->{literal(key)})"


def typed_data(row: Row, key: str, sql_type: str) -> str:
    """A member of `data` as a number, date, uuid …; null where it is none.

    A plain cast would raise on another value, and the error would tell what that is.
    """
    path = literal(f'$."{key}"')
    return f"json_value({row.column('data')}, {path} returning {sql_type} null on error)"
