"""The tables of the documentation: every operator and function, as they are declared."""

from __future__ import annotations

from collections.abc import Iterable

from metadata.expressions.catalogue import BUILT_IN, OPERATORS
from metadata.expressions.tree import Function


def tables() -> str:
    """Operators and functions in Markdown, with what they take, give and mean."""
    return "\n".join(
        [
            "### Operators",
            "",
            *_table("Operator", OPERATORS),
            "",
            "### Functions",
            "",
            *_table("Function", sorted(BUILT_IN, key=lambda function: function.name.lower())),
        ]
    )


def _table(what: str, functions: Iterable[Function]) -> list[str]:
    rows = [
        f"| `{function.name}` | {_taken(function)} | {_given(function)} | {function.says} |"
        for function in functions
    ]
    return [f"| {what} | Takes | Gives | |", "|---|---|---|---|", *map(_escaped, rows)]


def _taken(function: Function) -> str:
    taken = ", ".join(map(str, function.takes)) or "nothing"
    return f"{taken}, …" if function.variadic else taken


def _given(function: Function) -> str:
    return function.gives or "the same"


def _escaped(row: str) -> str:
    return row.replace("`||`", "`\\|\\|`")
