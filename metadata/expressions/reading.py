"""From text to syntax, or to the one thing that keeps it from being read."""

from __future__ import annotations

import unicodedata
from typing import cast

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from metadata.expressions.grammar import parser
from metadata.expressions.problems import Code, Problem
from metadata.expressions.syntax import Node
from metadata.text import bad_text

MOST_CHARACTERS = 2_000
MOST_LEVELS = 50

_LIKE = "Write contains(x, 'part'), startsWith or endsWith."
_BETWEEN = "Write x >= 1 && x <= 2."
_BRACED = "Write names of fields as they are, without braces: amount."
_INSTEAD = {
    "=": "Write == to compare.",
    "{": _BRACED,
    "$": _BRACED,
    "and": "Write && for “and”.",
    "or": "Write || for “or”.",
    "not": "Write ! for “not”.",
    "AND": "Write && for “and”.",
    "OR": "Write || for “or”.",
    "NOT": "Write ! for “not”.",
    "is": "Write x == null, or has(x).",
    "&": "Write && for “and”, + to join texts.",
    "|": "Write || for “or”.",
    ">": "Write != for “not equal”.",
    "'": "Close the text with the same quotation mark, on the same line.",
    '"': "Close the text with the same quotation mark, on the same line.",
    "‘": "Write texts between straight quotation marks: 'text'.",
    "“": "Write texts between straight quotation marks: 'text'.",
    "（": "Write brackets as ( and ).",
    "）": "Write brackets as ( and ).",
    "，": "Write a plain comma.",
    "＞": "Write a plain >.",
    "＜": "Write a plain <.",
    "＝": "Write == to compare.",
    "^": "Write pow(x, 2).",
    "IS": "Write x == null, or has(x).",
    "like": _LIKE,
    "LIKE": _LIKE,
    "between": _BETWEEN,
    "BETWEEN": _BETWEEN,
    "[": "Lists stand after `in` only: x in ['a', 'b'].",
}
_CLOSING = {"RPAR": "a closing )", "RSQB": "a closing ]", "COLON": "a : and another value"}


def read(text: str) -> Node | Problem:
    """The syntax of an expression. At most 2,000 characters and 50 levels."""
    if len(text) > MOST_CHARACTERS:
        return Problem(
            MOST_CHARACTERS,
            Code.TOO_LONG,
            f"The expression has {len(text)} characters; {MOST_CHARACTERS} are allowed.",
            "Move a part of it to a formula field of its own.",
        )
    if next(bad_text(text), None) is not None:
        return Problem(
            0,
            Code.SYNTAX,
            "The expression holds characters that no text can store.",
            "Remove NUL and unpaired surrogates.",
        )
    try:
        node = cast(Node, parser().parse(text))
    except UnexpectedInput as error:
        return _misread(text, error)
    return too_deep(node.at) if node.depth > MOST_LEVELS else node


def too_deep(position: int) -> Problem:
    """More levels of calls, brackets and operators within each other than allowed."""
    return Problem(
        position,
        Code.TOO_DEEP,
        f"The expression has more than {MOST_LEVELS} levels.",
        "Move a part of it to a formula field of its own.",
    )


def _misread(text: str, error: UnexpectedInput) -> Problem:
    if isinstance(error, UnexpectedCharacters):
        position = error.pos_in_stream or 0
        found = text[position]
        if not found.isprintable():
            return _unexpected(
                position, f"The invisible U+{ord(found):04X}", "Write a plain space."
            )
        narrow = unicodedata.normalize("NFKC", found)
        mend = "Remove it." if narrow == found else f"Write it in half width: {narrow}"
        return _unexpected(position, found, mend)
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token: Token = error.token
        return _unexpected(token.start_pos or 0, str(token), _expected(error))
    what = "The expression ends too early." if text.strip() else "The expression is empty."
    return Problem(len(text), Code.SYNTAX, what, _expected(error))


def _unexpected(position: int, found: str, otherwise: str) -> Problem:
    return Problem(
        position,
        Code.SYNTAX,
        f"{found} can't stand here.",
        "Leave it out." if (position, found) == (0, "=") else _INSTEAD.get(found, otherwise),
    )


def _expected(error: UnexpectedInput) -> str:
    accepted: set[str] = set()
    if isinstance(error, UnexpectedToken):
        accepted = error.interactive_parser.accepts()  # type: ignore[no-untyped-call]
    if "NAME" in accepted and "NUMBER" in accepted:
        return "A value is expected: a name, a number, a text or a call."
    if "NAME" in accepted:
        return "A name is expected."
    closing = [words for terminal, words in _CLOSING.items() if terminal in accepted]
    return f"An operator{''.join(f' or {words}' for words in closing)} is expected."
