"""How values travel: as what SQL type, made of what Python value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from core import cursors
from metadata.text import fold, sort_key, tokens

Encode = Callable[[Any], object]
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Form:
    """An SQL type, and what makes a value of it; None: the value is one already."""

    sql_type: str
    encode: Encode | None = None

    @property
    def listed(self) -> Form:
        """The same of each member of a list."""
        return Form(f"{self.sql_type}[]", _Each(self.encode) if self.encode else None)


@dataclass(frozen=True, slots=True)
class _Each:
    encode: Encode

    def __call__(self, values: Any) -> list[object]:
        return [self.encode(value) for value in values]


def number(value: object) -> Decimal:
    """The exact number; a float is the shortest one that reads back as it."""
    if isinstance(value, float):
        return Decimal(repr(value))
    return Decimal(value)  # type: ignore[arg-type]


def after_prefix(text: str) -> str:
    """What sorts behind the sort keys of all texts that begin with this one."""
    return sort_key(text) + "\u0100"


def token_list(text: str) -> list[str]:
    """The tokens that a text with this part has."""
    return sorted(tokens(text))


TEXT = Form("text")
FOLDED = Form("text", fold)
SORT_KEY = Form("text", sort_key)
AFTER_PREFIX = Form("text", after_prefix)
TOKENS = Form("text[]", token_list)
NUMBER = Form("numeric", number)
BOOLEAN = Form("boolean")
DATE = Form("date")
INSTANT = Form("timestamptz")
ID = Form("uuid")
SIZE = Form("bigint")


# From the texts that cursors hold


def _from_cursor(read: Callable[[str], Read]) -> Encode:
    def encode(text: str) -> Read:
        try:
            return read(text)
        except ValueError:
            raise cursors.refusal() from None

    return encode


def _plain_number(text: str) -> Decimal:
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(text)
    return text == "true"


def _id(value: object) -> UUID:
    if not isinstance(value, UUID):
        raise cursors.refusal()
    return value


def _path(value: object) -> str:
    if not isinstance(value, str):
        raise cursors.refusal()
    return value


_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?")
_BOOLEANS = ("true", "false")

CURSOR_TEXT = Form("text")
CURSOR_NUMBER = Form("numeric", _from_cursor(_plain_number))
CURSOR_BOOLEAN = Form("boolean", _from_cursor(_boolean))
CURSOR_DATE = Form("date", _from_cursor(date.fromisoformat))
CURSOR_INSTANT = Form("timestamptz", _from_cursor(_instant))
CURSOR_ID = Form("uuid", _id)
CURSOR_PATH = Form("text", _path)
CURSOR_REFERENCE = Form("uuid", _from_cursor(UUID))
