"""What kinds of values are compared, ordered and shown, whatever field they come from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from core.store.compiler import forms
from core.store.compiler.forms import Form
from core.store.compiler.json_text import Text, bare, escaped, plain
from metadata.model import FieldType


class Kind(Enum):
    """A kind of value in SQL."""

    TEXT = "text"
    KEY = "key"  # plain ASCII: options, stages, currencies
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    ID = "id"
    LIST = "list"  # of texts
    JSON = "json"

    @property
    def form(self) -> Form:
        """The form of a value to compare with."""
        return _FORMS[self]

    @property
    def cursor(self) -> Form:
        """The form in which a cursor holds such a value."""
        return _CURSORS[self]


_FORMS: Mapping[Kind, Form] = {
    Kind.TEXT: forms.TEXT,
    Kind.KEY: forms.TEXT,
    Kind.NUMBER: forms.NUMBER,
    Kind.BOOLEAN: forms.BOOLEAN,
    Kind.DATE: forms.DATE,
    Kind.INSTANT: forms.INSTANT,
    Kind.ID: forms.ID,
    Kind.LIST: forms.TEXT,
    Kind.JSON: forms.TEXT,
}
_CURSORS: Mapping[Kind, Form] = {
    Kind.TEXT: forms.CURSOR_TEXT,
    Kind.KEY: forms.CURSOR_TEXT,
    Kind.NUMBER: forms.CURSOR_NUMBER,
    Kind.BOOLEAN: forms.CURSOR_BOOLEAN,
    Kind.DATE: forms.CURSOR_DATE,
    Kind.INSTANT: forms.CURSOR_INSTANT,
    Kind.ID: forms.CURSOR_REFERENCE,
}


KINDS: Mapping[FieldType, Kind] = {
    FieldType.TEXT: Kind.TEXT,
    FieldType.LONGTEXT: Kind.TEXT,
    FieldType.RICHTEXT: Kind.TEXT,
    FieldType.AUTONUMBER: Kind.TEXT,
    FieldType.INTEGER: Kind.NUMBER,
    FieldType.BIGINT: Kind.NUMBER,
    FieldType.FLOAT: Kind.NUMBER,
    FieldType.DECIMAL: Kind.NUMBER,
    FieldType.PERCENT: Kind.NUMBER,
    FieldType.MONEY: Kind.NUMBER,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.DATE,
    FieldType.DATETIME: Kind.INSTANT,
    FieldType.PICKLIST: Kind.KEY,
    FieldType.PICKLISTS: Kind.LIST,
    FieldType.TEXTS: Kind.LIST,
    FieldType.REFERENCE: Kind.ID,
    FieldType.JSON: Kind.JSON,
}
SYSTEM_KINDS: Mapping[str, Kind] = {
    "id": Kind.ID,
    "version": Kind.NUMBER,
    "created_at": Kind.INSTANT,
    "updated_at": Kind.INSTANT,
    "created_by": Kind.ID,
    "updated_by": Kind.ID,
    "owner": Kind.ID,
    "deleted_at": Kind.INSTANT,
    "currency": Kind.KEY,
    "stage": Kind.KEY,
    "stage_entered_at": Kind.INSTANT,
}


def day(expression: str) -> str:
    """SQL for a date as it is written: `2026-01-31`."""
    return f"to_char({expression}, 'YYYY-MM-DD')"


def moment(expression: str) -> str:
    """SQL for an instant as it is written: UTC, to the microsecond."""
    return f"""to_char({expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def spelled(kind: Kind, expression: str) -> str:
    """SQL for the text of a value, without quotes."""
    if kind is Kind.DATE:
        return day(expression)
    if kind is Kind.INSTANT:
        return moment(expression)
    return expression if kind in (Kind.TEXT, Kind.KEY) else f"{expression}::text"


def shown(kind: Kind, expression: str, *, quoted: bool = True) -> Text:
    """A typed value, or null, as JSON; `quoted` says whether a number travels as a text."""
    text = spelled(kind, expression)
    if kind is Kind.TEXT:
        return escaped(text)
    if kind in (Kind.BOOLEAN, Kind.LIST, Kind.JSON) or kind is Kind.NUMBER and not quoted:
        return bare(text)
    return plain(text)
