"""Values written in an expression: numbers, texts, truth and null."""

from __future__ import annotations

import re
from decimal import Decimal

from metadata.expressions.numbers import BOUNDS, within
from metadata.expressions.problems import Code, Problem
from metadata.expressions.syntax import Written
from metadata.expressions.tree import Literal, Type
from metadata.text import bad_text

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|X([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)
_LETTERS = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    **{itself: itself for itself in "\\?\"'`"},
}
_WORDS = {
    "TRUE": Literal(True, Type.BOOL),
    "FALSE": Literal(False, Type.BOOL),
    "NULL": Literal(None, Type.NULL),
}


def literal(written: Written) -> Literal | Problem:
    """The value that a literal stands for."""
    if written.kind == "NUMBER":
        return _number(written)
    if written.kind == "RAW":
        return Literal(written.text[2:-1], Type.TEXT)
    if written.kind == "TEXT":
        return _text(written)
    return _WORDS[written.kind]


def _number(written: Written) -> Literal | Problem:
    number = Decimal(written.text)
    if within(number) != number:
        return Problem(
            written.at,
            Code.BAD_LITERAL,
            f"{written.text} is out of bounds.",
            f"Numbers have at most {BOUNDS.digits} digits before the point "
            f"and {BOUNDS.scale} after it.",
        )
    return Literal(number, Type.NUMBER)


def _text(written: Written) -> Literal | Problem:
    inside = written.text[1:-1]
    try:
        text = _ESCAPE.sub(_unescaped, inside)
    except (KeyError, ValueError, OverflowError):
        return _bad_escape(written)
    if next(bad_text(text), None) is not None:
        return _bad_escape(written)
    return Literal(text, Type.TEXT)


def _unescaped(found: re.Match[str]) -> str:
    *codes, letter = found.groups()
    for code in codes:
        if code is not None:
            return chr(int(code, 16))
    return _LETTERS[letter]


def _bad_escape(written: Written) -> Problem:
    return Problem(
        written.at,
        Code.BAD_LITERAL,
        f"{written.text} has a backslash that means nothing.",
        r"Write \\ for a backslash, \n, \t, \' or \" for these, \u534e for a character.",
    )
