"""Whether a field's keywords go together and with its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast

from metadata import bounds, naming, picklists
from metadata.fields import CHECKS, Place
from metadata.layers import TENANT
from metadata.model import LONG, Field, FieldType
from metadata.problems import a, listed

_INDEXED = frozenset(
    {
        *(FieldType.TEXT, FieldType.AUTONUMBER, FieldType.PICKLIST, FieldType.REFERENCE),
        *(FieldType.INTEGER, FieldType.BIGINT, FieldType.FLOAT, FieldType.BOOLEAN),
        *(FieldType.DECIMAL, FieldType.PERCENT, FieldType.MONEY),
        *(FieldType.DATE, FieldType.DATETIME),
    }
)
_SEARCHED = frozenset({FieldType.TEXT, FieldType.AUTONUMBER, FieldType.TEXTS}) | LONG
_ALLOWED: Mapping[str, frozenset[FieldType]] = {
    "x-scale": frozenset({FieldType.DECIMAL, FieldType.PERCENT}),
    "x-format": frozenset({FieldType.AUTONUMBER}),
    "x-tree": frozenset({FieldType.REFERENCE}),
    "x-index": _INDEXED,
    "x-search": _SEARCHED,
}
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
)
_LOW = frozenset(low for low, _ in _PAIRS)
_CHECKS = frozenset(word for words in CHECKS.values() for word in words) - {"$ref", "type"}
_JUDGING = _CHECKS - {"format", "items", "oneOf"}  # what does not say of which type a field is


def check(object_key: str, field: Field, body: Mapping[str, object], place: Place) -> None:
    """Tells which keywords of a field say nothing, contradict each other, or ask too much."""
    _check_misplaced(field, body, place)
    _check_computed(field, body, place)
    _check_length(field, body, place)
    _check_bounds(field, body, place)
    if field.type is FieldType.REFERENCE:
        _check_reference(object_key, field, place)
    elif field.type is FieldType.AUTONUMBER:
        _check_autonumber(field, body, place)
    elif field.type is FieldType.PICKLIST:
        picklists.check(body, place.path, place.findings)
    elif field.type is FieldType.PICKLISTS:
        items = cast("Mapping[str, object]", body.get("items", {}))
        picklists.check(items, (*place.path, "items"), place.findings)
    if field.type in (FieldType.PICKLIST, FieldType.PICKLISTS):
        _check_options(field, place)


def _check_misplaced(field: Field, body: Mapping[str, object], place: Place) -> None:
    known = CHECKS[field.type]
    for word in body:
        allowed = _ALLOWED.get(word)
        if (allowed is not None and field.type not in allowed) or (
            word in _CHECKS and word not in known and not field.derived
        ):
            message = f"'{word}' says nothing about {a(field.type)} field."
            place.add(word, "MISPLACED", message, "Remove it, or change the type.")


def _check_computed(field: Field, body: Mapping[str, object], place: Place) -> None:
    if field.formula and field.rollup:
        message = "A field is computed by a formula or by a roll-up, not by both."
        place.add("x-rollup", "MISPLACED", message, "Remove one of them.")
    if not field.derived:
        return
    if body.get("readOnly") is False:
        place.add("readOnly", "MISPLACED", "The server computes this field.", "Remove readOnly.")
    if "default" in body:
        place.add("default", "MISPLACED", "A computed field has no default.", "Remove it.")
    for word in sorted(_JUDGING & body.keys()):
        message = f"'{word}' is not asked of what the server computes."
        place.add(word, "NO_EFFECT", message, "Write an x-rules entry instead.")
    if field.type in (FieldType.JSON, FieldType.REFERENCE, FieldType.PICKLIST, FieldType.PICKLISTS,
                      FieldType.TEXTS, FieldType.AUTONUMBER, *LONG):  # fmt: skip
        message = f"{a(field.type).capitalize()} field can't be computed."
        mend = "Computed are texts, numbers, booleans, dates and date-times."
        place.add("type", "WRONG_TYPE", message, mend)


def _check_length(field: Field, body: Mapping[str, object], place: Place) -> None:
    for word, most, mend in _longest(field):
        asked = body.get(word)
        if isinstance(asked, int | Decimal) and asked > most:
            message = f"'{word}' is at most {most:,} for {a(field.type)} field."
            place.add(word, "TOO_LONG", message, mend)


def _check_bounds(field: Field, body: Mapping[str, object], place: Place) -> None:
    for low, high in _PAIRS if not _LOW.isdisjoint(body) else ():
        least, most = body.get(low), field.schema.get(high)
        if isinstance(least, int | Decimal) and isinstance(most, int | Decimal) and least > most:
            message = f"No value fits: '{low}' is {least} and '{high}' is {most}."
            place.add(low, "CONTRADICTION", message)


def _longest(field: Field) -> Iterator[tuple[str, int, str]]:
    if field.type is FieldType.TEXT:
        yield "maxLength", bounds.MOST_TEXT_LENGTH, 'For longer ones take "x-type": "longtext".'
    elif field.type in LONG:
        yield "maxLength", bounds.MOST_LONGTEXT_LENGTH, ""
    elif field.type in (FieldType.PICKLISTS, FieldType.TEXTS):
        yield "maxItems", bounds.MOST_LIST_LENGTH, "Declare an object for more."


def _check_reference(object_key: str, field: Field, place: Place) -> None:
    reference = field.reference
    if reference is None:
        message = "The reference does not say which object it names."
        place.add("x-reference", "MISSING", message, "Add 'object'.")
        return
    inverse = reference.inverse
    if field.tree:
        _check_tree(object_key, field, place)
    elif inverse in naming.RESERVED_FIELDS:
        mend = "Only the tree's inverse is called children." if inverse == "children" else ""
        place.add("x-reference", "RESERVED", f"'{inverse}' is reserved.", mend or "Rename it.")
    elif inverse and place.layer == TENANT and not naming.suffix(inverse):
        message = f"What a tenant names ends in __c: '{inverse}__c'."
        place.add("x-reference", "SUFFIX", message, "Rename the inverse.")
    if field.default is not None:
        place.add("default", "MISPLACED", "A reference has no default.", "Remove it.")
    if field.required and reference.on_delete == "set_null":
        message = "A required reference can't be cleared when its record is deleted."
        mend = 'Say "onDelete": "restrict" or "cascade", or leave the field out of required.'
        place.add("x-reference", "MISPLACED", message, mend)


def _check_tree(object_key: str, field: Field, place: Place) -> None:
    reference = field.reference
    if reference is None or (field.key, reference.object, reference.inverse) != (
        "parent",
        object_key,
        "children",
    ):
        message = "A tree is a reference named parent to its own object, with the inverse children."
        mend = f'"parent": {{"x-reference": {{"object": "{object_key}", "inverse": "children"}}, "x-tree": true}}'
        place.add("x-tree", "BAD_TREE", message, mend)
    if field.required:
        message = "The parent can't be required: the topmost record has none."
        place.add("x-tree", "BAD_TREE", message, "Leave it out of required.")


def _check_autonumber(field: Field, body: Mapping[str, object], place: Place) -> None:
    if field.number_format is None:
        mend = 'Add for instance "x-format": "OPP-{00000}".'
        place.add("", "MISSING", "An autonumber has a format.", mend)
    if field.default is not None:
        place.add("default", "MISPLACED", "The server numbers it.", "Remove it.")
    for word in sorted(_JUDGING & body.keys()):
        message = f"'{word}' is not for numbers that the server gives: a write could not mend them."
        place.add(word, "NO_EFFECT", message, "Remove it.")


def _check_options(field: Field, place: Place) -> None:
    if not field.options:
        mend = 'Add oneOf: [{"const": "…", "title": "…"}].'
        place.add("", "MISSING", "A picklist has options.", mend)
    given = field.default if isinstance(field.default, list) else [field.default]
    retired = [key for key in given if (o := field.option(str(key))) is not None and o.deprecated]
    if retired:
        message = f"The default {listed(map(str, retired))} is deprecated."
        place.add("default", "BAD_DEFAULT", message, "Name another option.")
