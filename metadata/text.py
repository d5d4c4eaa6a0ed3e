"""Text as the database sees it: folded, tokenised, ordered, and checked for what it can't hold."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import add

SORT_KEY_LENGTH = 200
TOKEN_LENGTH = 200

# Cased letters of Unicode 15 and 16, which PostgreSQL 18 folds and older Pythons don't know yet.
_LATER_LOWER = {chr(upper): chr(upper + 0x20) for upper in range(0x10D50, 0x10D66)} | {
    "\u1c89": "\u1c8a",
    "\ua7cb": "\u0264",
    "\ua7cc": "\ua7cd",
    "\ua7da": "\ua7db",
    "\ua7dc": "\u019b",
}
_LATER_UPPER = {lower: upper for upper, lower in _LATER_LOWER.items()}
# U+0130 alone has a simple lower case that str.lower() does not give.
_LOWER = _LATER_LOWER | {"\u0130": "i"}
# str.lower() looks at the neighbours of Σ, where simple folding does not.
_IRREGULAR = re.compile(f"[Σ{''.join(_LOWER)}]")
_LATER = re.compile(f"[{''.join(_LATER_UPPER)}]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def fold(text: str) -> str:
    """The text in Unicode's simple lower case, character by character, as long as before.

    PostgreSQL's `lower(… collate pg_c_utf8)` gives the same.
    """
    lowered = text.lower()
    if text.isascii() or len(lowered) == len(text) and not _IRREGULAR.search(text):
        return lowered
    return "".join(map(_lower_character, text))


def upper(text: str) -> str:
    """The text in Unicode's simple upper case, character by character, as long as before.

    PostgreSQL's `upper(… collate pg_c_utf8)` gives the same.
    """
    raised = text.upper()
    if text.isascii() or len(raised) == len(text) and not _LATER.search(text):
        return raised
    return "".join(map(_upper_character, text))


def tokens(text: str) -> set[str]:
    """What a search for any part of the text looks for: its folded characters and bigrams.

    Tokens with white space are left out, so the tokens of a part are always among those of
    the whole, and a text of white space has none.
    """
    found: set[str] = set()
    for word in fold(text).split():
        found.update(word)
        found.update(map(add, word, word[1:]))
    return found


def member_token(key: str, member: str) -> str:
    """What a test for a member of a list looks for, by the list's storage key.

    Long members are cut, since an index entry holds 2,700 bytes: those with a long common
    beginning are told apart by looking into the list.
    """
    return f"{key}={member[:TOKEN_LENGTH]}"


def null_token(object_key: str, key: str) -> str:
    """What a search for records without a value looks for, by the field's storage key.

    An index in order holds no nulls. Short, since many records have it; where two fields share
    one, searches look at more records and find the same.
    """
    digest = blake2b(f"{object_key}.{key}".encode(), digest_size=3).digest()
    return "!" + b64encode(digest).decode()


def sort_key(text: str) -> str:
    """What orders texts when compared by code point: Latin by letter, Chinese by pinyin.

    The bytes of GB 18030 as characters: its 3,755 common ideographs stand in pinyin order, rare
    ones follow. At most 200 characters, so texts with a long common beginning tie.
    """
    encoded = fold(text[:SORT_KEY_LENGTH]).encode("gb18030")
    return encoded[:SORT_KEY_LENGTH].decode("latin-1")


def bad_text(value: object) -> Iterator[tuple[str | int, ...]]:
    """Paths to the texts that hold NUL or a lone surrogate, which PostgreSQL can't store.

    For anything made of dicts, lists and scalars, however deep. A bad key is reported by the
    path of the object that has it, since a path with the key could not be sent either.
    """
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while waiting:
        here, found = waiting.pop()
        if isinstance(found, str):
            if _UNSTORABLE.search(found):
                yield here
        elif isinstance(found, dict):
            good = [key for key in found if not _UNSTORABLE.search(key)]
            if len(good) < len(found):
                yield here
            waiting += [((*here, key), found[key]) for key in reversed(good)]
        elif isinstance(found, list | tuple):
            waiting += [((*here, i), found[i]) for i in range(len(found) - 1, -1, -1)]


@lru_cache(4096)
def _lower_character(character: str) -> str:
    known = _LOWER.get(character)
    if known is not None:
        return known
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


@lru_cache(4096)
def _upper_character(character: str) -> str:
    known = _LATER_UPPER.get(character)
    if known is not None:
        return known
    # Where the full upper case is several letters, the title case is the simple one, if any.
    for raised in (character.upper(), character.title()):
        if len(raised) == 1:
            return raised
    return character
