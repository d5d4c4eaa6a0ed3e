"""Texts and lists of texts: by character, folded where people search, exact where they compare."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from metadata import text
from metadata.expressions.numbers import at_most, plain
from metadata.expressions.tree import Function, Type, Value, Whole

CONCATENATED = 10_000
"""A text enters a concatenation with so many of its first characters."""
TRIMMED = " \t\n\r\f\v\u00a0\u3000"
"""What `trim` takes away: white space of Latin and Chinese texts."""


def _concat(*parts: str) -> str:
    return "".join(part[:CONCATENATED] for part in parts)


def _size(of: str | tuple[str, ...]) -> Decimal:
    return Decimal(len(of))


def _contains(whole: str, part: str) -> bool:
    return text.fold(part) in text.fold(whole)


def _starts(whole: str, part: str) -> bool:
    return text.fold(whole).startswith(text.fold(part))


def _ends(whole: str, part: str) -> bool:
    return text.fold(whole).endswith(text.fold(part))


def _substring(whole: str, start: Decimal, end: Decimal | None = None) -> str:
    return whole[int(start) : None if end is None else int(end)]


def _spelled(truth: bool) -> str:
    return "true" if truth else "false"


def _member(known: tuple[str, ...], wanted: str) -> bool:
    return wanted in known


def _has(
    combine: Callable[[list[bool]], bool], known: tuple[str, ...] | None, *wanted: str | None
) -> bool | None:
    if known is None:
        return None
    return combine([one in known for one in wanted if one is not None])


_any_of: Callable[..., Value] = partial(_has, any)
_all_of: Callable[..., Value] = partial(_has, all)

_T = Type.TEXT
_PLACE = Whole(0, CONCATENATED)
_text = partial(Function, gives=_T, stored=True)
_test = partial(Function, gives=Type.BOOL, stored=True)
_length = partial(Function, "size", gives=Type.NUMBER, call=_size, size=at_most(10), stored=True)

CONCAT = _text(
    "concat",
    (_T, _T),
    says="The texts one after the other; of each at most the first 10,000 characters.",
    call=_concat,
    variadic=True,
)
HAS = _test(
    "has",
    (Type.TEXTS, _T),
    says="Whether the text is in the list.",
    call=_member,
)

FUNCTIONS = (
    CONCAT,
    HAS,
    _test(
        "hasAny",
        (Type.TEXTS, _T),
        says="Whether one of the texts, at least, is in the list; nulls among them are passed over.",
        call=_any_of,
        variadic=True,
        strict=False,
    ),
    _test(
        "hasAll",
        (Type.TEXTS, _T),
        says="Whether all of the texts are in the list; nulls among them are passed over.",
        call=_all_of,
        variadic=True,
        strict=False,
    ),
    _length((_T,), says="The number of characters."),
    _length((Type.TEXTS,), says="The number of texts in the list."),
    _text("lower", (_T,), says="The text in lower case, character by character.", call=text.fold),
    _text("upper", (_T,), says="The text in upper case, character by character.", call=text.upper),
    _text(
        "trim",
        (_T,),
        says="The text without white space at its start and end.",
        call=lambda whole: whole.strip(TRIMMED),
    ),
    _test(
        "contains",
        (_T, _T),
        says="Whether the second text is part of the first, whatever the case of the letters.",
        call=_contains,
    ),
    _test(
        "startsWith",
        (_T, _T),
        says="Whether the first text begins with the second, whatever the case of the letters.",
        call=_starts,
    ),
    _test(
        "endsWith",
        (_T, _T),
        says="Whether the first text ends with the second, whatever the case of the letters.",
        call=_ends,
    ),
    _text(
        "substring",
        (_T, _PLACE),
        says="The text from a character on; the first one is 0.",
        call=_substring,
    ),
    _text(
        "substring",
        (_T, _PLACE, _PLACE),
        says="The text from one character up to another, which is left out; the first one is 0.",
        call=_substring,
    ),
    _text(
        "text",
        (Type.NUMBER,),
        says="The number in plain digits, without zeros at the end of its decimals.",
        call=plain,
    ),
    _text("text", (Type.BOOL,), says="'true' or 'false'.", call=_spelled),
)
