"""What a JSON Schema's complaint about a document says to people, with a mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias, cast

from metadata import complaints, decimals
from metadata.complaints import UNEXPECTED, Complaint
from metadata.decimals import Refusal
from metadata.dialects import Kind
from metadata.problems import Path, Problem, did_you_mean, listed, pointer, shown

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
    r"^[^{}]*\{0{1,18}\}[^{}]*$": (
        "BAD_FORM",
        "is no format of numbers",
        "Put one run of zeros in braces where the number goes, as in OPP-{00000}.",
    ),
    "^[A-Za-z0-9_-]{1,60}$": (
        "BAD_FORM",
        "is no name of a definition",
        "Names have letters, digits, - and _, at most 60.",
    ),
    r"^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*(__c)?\.[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*(__c)?$": (
        "BAD_FORM",
        "is no field of an object",
        "Write both, as in contact.reports_to.",
    ),
    r"^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*(__c)?(\.[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*(__c)?)?$": (
        "BAD_FORM",
        "is no field",
        "Write the key of a field of the link, or the object as well: contact.department.",
    ),
    r"^-?[0-9]{1,30}(\.[0-9]{1,12})?$": (
        "BAD_FORM",
        "is no number in plain digits",
        "Write it as in 1000 or 0.01.",
    ),
    "^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$": (
        "BAD_FORM",
        "is no name of a pack",
        "Names are lower_snake, as in medical_devices: no digit right after _.",
    ),
    r"^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$": (
        "BAD_FORM",
        "is no version",
        "Write three numbers, as in 1.4.0.",
    ),
    r"^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5}))?$": (
        "BAD_FORM",
        "is no version",
        "Write two or three numbers, as in 1.4 or 1.4.0.",
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
    "x-reference": "A field refers to one record. To several, let records of another object refer.",
}
_CALLED = {
    "title": ("label", "x_label", "caption", "display_name", "name"),
    "description": ("help", "help_text", "tooltip", "hint"),
    "oneOf": ("options", "x_options", "choices", "values", "picklist"),
    "properties": ("fields", "columns", "attributes"),
    "x-reference": ("object", "lookup", "reference_to", "target"),
    "x-title": ("x_name", "name_field", "title_field"),
    "x-formula": ("expression", "calculated"),
    "x-scale": ("precision", "decimals", "digits"),
    "check": ("expression", "condition", "formula"),
    "message": ("error", "error_message"),
    "const": ("value", "key"),
    "key": ("name", "id"),
    "maxLength": ("length", "size"),
}
"""What keywords are called elsewhere."""
_INSTEAD = {
    "text": 'Write "type": "string".',
    "int": 'Write "type": "integer".',
    "float": 'Write "type": "number".',
    "bool": 'Write "type": "boolean".',
    "date": 'Write "type": "string", "format": "date".',
    "datetime": 'Write "type": "string", "format": "date-time".',
    "currency": 'Write "x-type": "money".',
    "money": 'Write "type": "number", "x-type": "money".',
    "decimal": 'Write "type": "number", "x-type": "decimal".',
    "percent": 'Write "type": "number", "x-type": "percent".',
    "longtext": 'Write "type": "string", "x-type": "longtext".',
    "picklist": 'Leave the type out and write oneOf: [{"const": "…", "title": "…"}].',
    "reference": 'Leave the type out and write "x-reference": {"object": "…"}.',
    "lookup": 'Leave the type out and write "x-reference": {"object": "…"}.',
    "email": 'Write "type": "string", "format": "email".',
    "url": 'Write "type": "string", "format": "uri".',
    "phone": 'Write "type": "string"; what numbers look like says a pattern.',
    "checkbox": 'Write "type": "boolean".',
    "textarea": 'Write "type": "string", "x-type": "longtext".',
    "null": "A value may always be absent unless its field is in required.",
    "closed": "Closed stages are won, lost or invalid.",
    "in_progress": "Stages in progress are called open.",
}
_HERE = {
    ("type", "required"): 'It is a list of keys of the object: "required": ["name"].',
    ("type", "x-reference"): 'Write {"object": "…"}.',
    ("maximum", "probability"): "It is a fraction: 0.5 is 50 %.",
}
"""Mends by the keyword and by where it is broken."""
_FORMS = {"date": "Write it as 2026-01-31.", "date-time": "Write it as 2026-01-31T08:30:00Z."}
_MOST = {"maxLength": "characters", "maxItems": "items", "maxProperties": "entries"}


def problems(document: Mapping[str, object], kind: Kind, name: str) -> list[tuple[Path, Problem]]:
    """Everything that a document's metaschema has against it, each with the path to it."""
    return [
        (complaint.path, Problem(name, pointer(complaint.path), *words(complaint)))
        for complaint in complaints.of_document(document, kind)
    ]


def words(complaint: Complaint) -> Words:
    """Rule, message and mend of one complaint about a value."""
    keyword, limit = complaint.keyword, complaint.limit
    told = _TOLD.get(keyword)
    if told is not None:
        rule, message, mend = told(limit, complaint.value)
        return rule, message, mend or _mend_here(complaint)
    if keyword in _MOST:
        return "TOO_LONG", f"At most {limit} {_MOST[keyword]} are allowed.", ""
    return "INVALID", f"{complaint.sentence}.", ""


def _mend_here(complaint: Complaint) -> str:
    return _HERE.get((complaint.keyword, str(next(reversed(complaint.path), ""))), "")


def _unexpected(limit: object, key: object) -> Words:
    word, known = str(key), cast("list[str]", limit)
    mend = _MOVED.get(word) or _called(word, known) or did_you_mean(word, known) or _all_of(known)
    return "UNKNOWN_KEYWORD", f"'{word}' is not known here.", mend


def _called(word: str, known: list[str]) -> str:
    """The keyword that is known here for what other tools call so."""
    plain = word.lower().replace("-", "_")
    found = next((here for here, there in _CALLED.items() if here in known and plain in there), "")
    if found == "oneOf":
        return "Write the choices as oneOf: [{const, title}]."
    return f"It is called {found}." if found else ""


def _type(expected: object, value: object) -> Words:
    kinds = cast("list[str]", expected if isinstance(expected, list) else [expected])
    wanted = " or ".join(_ARTICLES.get(kind, kind) for kind in kinds)
    bare = isinstance(value, str) and any(_reads_as(value, kind) for kind in kinds)
    mend = f"Write it without quotation marks: {value}." if bare else ""
    return "WRONG_TYPE", f"{shown(value)} is given where {wanted} is expected.", mend


def _reads_as(text: str, kind: str) -> bool:
    """Whether a text is a number or a truth that was put into quotation marks."""
    if kind == "boolean":
        return text in ("true", "false")
    return kind in ("integer", "number") and not isinstance(decimals.parsed(text), Refusal)


def _pattern(pattern: object, value: object) -> Words:
    declared = ("BAD_FORM", "does not have the form that is declared", f"It is {pattern}.")
    rule, what, mend = _PATTERNS.get(str(pattern), declared)
    return rule, f"{shown(value)} {what}.", mend


def _format(form: object, value: object) -> Words:
    if form == "regex":
        mend = pattern_mend(str(value))
        return "BAD_PATTERN", f"{shown(value)} is no regular expression of the linear kind.", mend
    return "BAD_FORM", f"{shown(value)} is no {form}.", _FORMS.get(str(form), "")


_LINEAR = "Look-around, back references and huge repetitions are not supported."
_ELSEWHERE = (
    (r"\(\?[a-zA-Z]+\)", "There are no flags such as (?i): write [Aa] for both."),
    (r"\(\?P?<[a-zA-Z_]", "Groups have no names: write (…)."),
    (r"\[\[?:[a-z]+:\]", r"Write classes of letters as \p{L}, [a-z] or \d."),
    (r"\\[AZzh]", r"Write ^ and $ for the ends of the text, and [ \t] for spaces."),
    (r"\{,[0-9]", "Write 0 before the comma: {0,3}."),
    (r"[*+?}]\+|\(\?>", "There is no possessive repetition, nor need for it: write it plainly."),
    (r"\[\]|\[\^\]", r"Write a bracket within brackets as \]."),
)
"""What other kinds of regular expressions know, and what is written here."""


def pattern_mend(pattern: str) -> str:
    """How to mend a regular expression that can't be used."""
    found = next((mend for known, mend in _ELSEWHERE if re.search(known, pattern)), "")
    if found:
        return found
    plain = re.sub(r"\\.", "", pattern)
    if "[" in plain.rpartition("]")[2]:
        return "Close the [, or write \\[ for the bracket itself."
    if plain.count("(") != plain.count(")"):
        return "Give each ( its ), or write \\( for the bracket itself."
    return _LINEAR


def _enum(options: object, value: object) -> Words:
    known = [option for option in cast("list[object]", options) if isinstance(option, str)]
    mend = _INSTEAD.get(value) or did_you_mean(value, known) if isinstance(value, str) else ""
    if isinstance(value, list) and "null" in value:
        mend = f"Write one alone. {_INSTEAD['null']}"
    return "NOT_ALLOWED", f"{shown(value)} is not one of {listed(known)}.", mend


def _const(expected: object, value: object) -> Words:
    return "NOT_ALLOWED", f"Only {shown(expected)} is allowed here, not {shown(value)}.", ""


def _required(key: object, _value: object) -> Words:
    return "MISSING", f"'{key}' is missing.", f"Add '{key}'."


def _together(limit: object, value: object) -> Words:
    needs, given = cast("dict[str, list[str]]", limit), cast("dict[str, object]", value)
    key, missing = next(
        (key, other) for key in needs if key in given for other in needs[key] if other not in given
    )
    return "MISSING", f"'{key}' needs '{missing}' beside it.", f"Add '{missing}'."


def _at_least(limit: object, value: object) -> Words:
    return "OUT_OF_RANGE", f"{shown(value)} is less than {limit}.", ""


def _at_most(limit: object, value: object) -> Words:
    return "OUT_OF_RANGE", f"{shown(value)} is more than {limit}.", ""


def _above(limit: object, value: object) -> Words:
    return "OUT_OF_RANGE", f"{shown(value)} is not more than {limit}.", ""


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
    "dependentRequired": _together,
    "minimum": _at_least,
    "maximum": _at_most,
    "exclusiveMinimum": _above,
    "minLength": _too_short,
    "minItems": _too_short,
    "uniqueItems": _unique,
    "falseSchema": _false,
    UNEXPECTED: _unexpected,
}


def _all_of(known: list[str]) -> str:
    return f"Known are {listed(sorted(known), 'and')}." if 0 < len(known) <= 12 else ""
