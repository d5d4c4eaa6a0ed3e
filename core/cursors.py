"""Cursors: where a row stands in an order, as one opaque text.

A cursor is base64url of a JSON array: a signature of the list that it belongs to, the order's
values at the row as texts (or null), and what tells rows apart that are equal so far: the row's
id, or its path where the order is that of a tree. The database writes them; here they are read.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import msgspec

from core.errors import Problem, Refused
from core.query import Order

CODE = "BAD_CURSOR"
LONGEST = 8_000

_PATH = re.compile(r"[0-9a-z]{1,400}")


@lru_cache(maxsize=2_000)
def signature(object_key: str, order: tuple[Order, ...]) -> str:
    """A short text that differs for lists of different objects, or in different orders."""
    keys = (
        f"{'.'.join((*one.column.hops, one.column.field))}"
        f"{'*' if one.column.corporate else ''}{'-' if one.descending else '+'}"
        for one in order
    )
    spelled = ";".join((object_key, *keys))
    return blake2b(spelled.encode(), digest_size=5).hexdigest()


def decode(text: str, object_key: str, order: Sequence[Order]) -> tuple[str | UUID | None, ...]:
    """The order's values at the row, and last the row's id (or path).

    Raises:
        Refused: it is no cursor, or one of another list; the code is BAD_CURSOR.
    """
    found = _parts(text)
    expected = signature(object_key, tuple(order))
    if found is None or found[0] != expected or len(found) != len(order) + 2:
        raise refusal()
    last = found[-1]
    assert last is not None
    return (*found[1:-1], _identity(last, is_alone=not order))


def nulls(text: str) -> tuple[bool, ...] | None:
    """Which of the cursor's values are null; None if it is no cursor."""
    found = _parts(text)
    return None if found is None else tuple(value is None for value in found[1:-1])


def refusal() -> Refused:
    """That a text is no cursor here."""
    return Refused([Problem((), CODE, "This is no cursor of a list in this order.")])


def _parts(text: str) -> list[str | None] | None:
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        found = _DECODER.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (msgspec.DecodeError, NotBase64, ValueError):
        return None
    is_whole = len(found) > 1 and found[0] is not None and found[-1] is not None
    return found if is_whole and not any(part and "\0" in part for part in found) else None


def _identity(last: str, *, is_alone: bool) -> str | UUID:
    if is_alone and _PATH.fullmatch(last):
        return last  # before all that is taken for a UUID: one may be written without dashes
    try:
        return UUID(last)
    except ValueError:
        raise refusal() from None


_DECODER = msgspec.json.Decoder(list[str | None])
