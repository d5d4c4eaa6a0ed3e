"""What a JSON Schema's complaint about a document says to people, with a mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

import jsonschema_rs

from metadata import dialects
from metadata.dialects import Kind
from metadata.problems import Path, Problem, did_you_mean, listed, pointer, shown

Complaint: TypeAlias = jsonschema_rs.ValidationError
Words: TypeAlias = tuple[str, str, str]  # rule, message, mend

_PATTERNS = {
    "^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*(__c)?$": (
        "BAD_KEY",
        "is no key",
        "Keys are lower_snake, as in close_date or close_date__c: no digit right after _.",
    ),
    "^[a-z0-9]+(_[a-z0-9]+)*(__c|_)?$": (
        "BAD_KEY",
        "is no key of an option",
        "Use lower case letters, digits and single underscores; put words for people in title.",
    ),
    "^#/\\$defs/[A-Za-z0-9_-]+$": (
        "BAD_REFERENCE",
        "is no reference into this document",
        "Put the schema under $defs and write #/$defs/name; nothing else is followed.",
    ),
    "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$": (
        "BAD_LANGUAGE",
        "is no language tag",
        "Write it as in en, zh-Hans or pt-BR.",
    ),
}
_MOVED = {
    "enumNames": "Write the choices as oneOf: [{const, title}].",
    "x-enum": "Write the choices as oneOf: [{const, title}].",
    "nullable": "A value may always be absent unless its field is in required.",
    "definitions": "It is called $defs.",
    "$anchor": "Refer to #/$defs/name.",
    "$dynamicRef": "Refer to #/$defs/name.",
    "x-readonly": "It is called readOnly.",
    "x-required": "List the field in required of the object.",
    "additionalProperties": "Fields that are not declared are always refused.",
}
_INSTEAD = {
    "text": 'Write "type": "string".',
    "int": 'Write "type": "integer".',
    "float": 'Write "type": "number".',
    "bool": 'Write "type": "boolean".',
    "date": 'Write "type": "string", "format": "date".',
    "datetime": 'Write "type": "string", "format": "date-time".',
    "currency": 'Write "x-type": "money".',
    "picklist": 'Leave the type out and write oneOf: [{"const": "…", "title": "…"}].',
    "reference": 'Leave the type out and write "x-reference": {"object": "…"}.',
    "null": "A value may always be absent unless its field is in required.",
    "closed": "Closed stages are won, lost or invalid.",
    "in_progress": "Stages in progress are called open.",
}
_MOST = {"maxLength": "characters", "maxItems": "items", "maxProperties": "entries"}


def problems(document: Mapping[str, object], kind: Kind, name: str) -> list[tuple[Path, Problem]]:
    """Everything that a document's metaschema has against it, each with the path to it."""
    schema = dialects.metaschema(kind)
    return [
        (path, Problem(name, pointer(path), *told))
        for complaint in dialects.validator(kind).iter_errors(document)
        for path, told in _told(complaint, schema)
    ]


def _told(complaint: Complaint, schema: object) -> Iterator[tuple[Path, Words]]:
    path, kind = tuple(complaint.instance_path), complaint.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        known = _known(schema, tuple(complaint.schema_path[:-1]))
        for word in kind.unexpected:
            mend = _MOVED.get(word) or did_you_mean(word, known) or _all_of(known)
            yield (*path, word), ("UNKNOWN_KEYWORD", f"'{word}' is not known here.", mend)
    elif isinstance(kind, jsonschema_rs.ValidationErrorKind.PropertyNames):
        yield (*path, str(kind.error.instance)), words(kind.error)
    elif isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf):
        for inner in _closest(kind.context, path):
            yield from _told(inner, schema)
    else:
        yield path, words(complaint)


def words(complaint: Complaint) -> Words:
    """Rule, message and mend of one complaint about a value."""
    keyword = complaint.kind.name
    value = complaint.instance
    told = _TOLD.get(keyword)
    if told is not None:
        return told(complaint.kind.value, value)
    if keyword in _MOST:
        return "TOO_LONG", f"At most {complaint.kind.value} {_MOST[keyword]} are allowed.", ""
    return "INVALID", f"{complaint.message}.", ""


def _type(expected: object, value: object) -> Words:
    kinds = cast("list[str]", expected if isinstance(expected, list) else [expected])
    wanted = " or ".join(_ARTICLES.get(kind, kind) for kind in kinds)
    return "WRONG_TYPE", f"{_shown(value)} is given where {wanted} is expected.", ""


def _pattern(pattern: object, value: object) -> Words:
    unknown = ("BAD_FORM", "does not have the expected form", "")
    rule, what, mend = _PATTERNS.get(str(pattern), unknown)
    return rule, f"{_shown(value)} {what}.", mend


def _format(form: object, value: object) -> Words:
    if form == "regex":
        mend = "Look-around and back references are not supported."
        return "BAD_PATTERN", f"{_shown(value)} is no regular expression of the linear kind.", mend
    return "BAD_FORM", f"{_shown(value)} is no {form}.", ""


def _enum(options: object, value: object) -> Words:
    known = [option for option in cast("list[object]", options) if isinstance(option, str)]
    mend = _INSTEAD.get(value) or did_you_mean(value, known) if isinstance(value, str) else ""
    return "NOT_ALLOWED", f"{_shown(value)} is not one of {listed(known)}.", mend


def _const(expected: object, value: object) -> Words:
    return "NOT_ALLOWED", f"Only {_shown(expected)} is allowed here, not {_shown(value)}.", ""


def _required(key: object, _value: object) -> Words:
    return "MISSING", f"'{key}' is missing.", f"Add '{key}'."


def _at_least(limit: object, value: object) -> Words:
    return "OUT_OF_RANGE", f"{_shown(value)} is less than {limit}.", ""


def _at_most(limit: object, value: object) -> Words:
    return "OUT_OF_RANGE", f"{_shown(value)} is more than {limit}.", ""


def _above(limit: object, value: object) -> Words:
    return "OUT_OF_RANGE", f"{_shown(value)} is not more than {limit}.", ""


def _too_short(limit: object, value: object) -> Words:
    empty = "It must not be empty." if limit == 1 else f"At least {limit} are needed."
    return "TOO_SHORT", empty, ""


def _unique(_expected: object, _value: object) -> Words:
    return "DUPLICATE", "The list has an item twice.", "Remove one of them."


def _false(_expected: object, _value: object) -> Words:
    return "NOT_ALLOWED", "Nothing is allowed here.", "Remove it."


_ARTICLES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_TOLD = {
    "type": _type,
    "pattern": _pattern,
    "format": _format,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "minimum": _at_least,
    "maximum": _at_most,
    "exclusiveMinimum": _above,
    "minLength": _too_short,
    "minItems": _too_short,
    "uniqueItems": _unique,
    "falseSchema": _false,
}


def _shown(value: object) -> str:
    return shown(value)


def _closest(branches: list[list[Complaint]], path: Path) -> list[Complaint]:
    """The complaints of the branch that the value was most likely meant for."""

    def far(branch: list[Complaint]) -> bool:
        return any(
            found.kind.name in ("type", "const") and tuple(found.instance_path) == path
            for found in branch
        )

    return min(branches, key=far)


def _known(schema: object, path: Path) -> list[str]:
    """The keywords that the metaschema allows at a place of itself."""
    found = schema
    for part in path:
        found = cast("dict[str | int, object]", found)[part]
    properties = cast("dict[str, object]", found).get("properties", {})
    return list(cast("dict[str, object]", properties))


def _all_of(known: list[str]) -> str:
    return f"Known are {listed(sorted(known), 'and')}." if 0 < len(known) <= 12 else ""
