"""What can be wrong with an expression."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable names of what can be wrong."""

    TOO_LONG = "EXPRESSION_TOO_LONG"
    TOO_DEEP = "EXPRESSION_TOO_DEEP"
    SYNTAX = "EXPRESSION_SYNTAX"
    BAD_LITERAL = "EXPRESSION_BAD_LITERAL"
    UNKNOWN_NAME = "EXPRESSION_UNKNOWN_NAME"
    UNKNOWN_FUNCTION = "EXPRESSION_UNKNOWN_FUNCTION"
    WRONG_TYPE = "EXPRESSION_WRONG_TYPE"
    UNKNOWN_OPTION = "EXPRESSION_UNKNOWN_OPTION"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (characters from the start), what, and how to mend it."""

    position: int
    code: Code
    what: str
    mend: str

    @property
    def placed(self) -> str:
        """What is wrong, and at which character."""
        return f"{self.what[:-1]} (at character {self.position + 1})."

    @property
    def message(self) -> str:
        """What and mend in one text."""
        return f"{self.what} {self.mend}"
