"""One field of an object, from its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, cast

from metadata import bounds, naming, picklists
from metadata.model import (
    LISTS,
    LONG,
    TEXTUAL,
    Field,
    FieldType,
    Json,
    Labels,
    OnDelete,
    Reference,
    Rollup,
)
from metadata.problems import Findings, Path, a

Body: TypeAlias = Mapping[str, object]

_X_TYPES: Mapping[str, tuple[FieldType, str]] = {
    "money": (FieldType.MONEY, "number"),
    "decimal": (FieldType.DECIMAL, "number"),
    "percent": (FieldType.PERCENT, "number"),
    "bigint": (FieldType.BIGINT, "integer"),
    "autonumber": (FieldType.AUTONUMBER, "string"),
    "longtext": (FieldType.LONGTEXT, "string"),
    "richtext": (FieldType.RICHTEXT, "string"),
}
_PLAIN_TYPES = {
    "string": FieldType.TEXT,
    "integer": FieldType.INTEGER,
    "number": FieldType.FLOAT,
    "boolean": FieldType.BOOLEAN,
    "object": FieldType.JSON,
}
_FORMATS = {"date": FieldType.DATE, "date-time": FieldType.DATETIME}
_SCALES = {FieldType.DECIMAL: bounds.DECIMAL_SCALE, FieldType.PERCENT: bounds.PERCENT_SCALE}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: its object's definitions, its path, who declared it."""

    definitions: Mapping[str, object]
    path: Path
    layer: str
    required: bool
    findings: Findings

    def add(self, keyword: str, rule: str, message: str, mend: str = "") -> None:
        path = (*self.path, keyword) if keyword else self.path
        self.findings.add(path, rule, message, mend)


def field(key: str, body: Body, place: Place) -> Field | None:
    """The field, or None where it is not clear what it holds; what is wrong is told."""
    seen = _resolved(body, place)
    holds = field_type(seen, place)
    if holds is None:
        return None
    computed = "x-formula" in body or "x-rollup" in body
    return Field(
        key=key,
        type=holds,
        title=naming.titled(seen, key),
        schema={} if computed else schema(holds, body, seen),
        required=place.required,
        read_only=computed or holds is FieldType.AUTONUMBER or bool(body.get("readOnly")),
        hidden=bool(body.get("x-hidden")),
        index=bool(body.get("x-index")),
        search=bool(body.get("x-search")),
        personal=bool(body.get("x-pii")),
        scale=cast("int | None", body.get("x-scale", _SCALES.get(holds))),
        options=picklists.options(holds, seen),
        reference=_reference(body),
        formula=cast("str | None", body.get("x-formula")),
        rollup=_rollup(body),
        tree=bool(body.get("x-tree")),
        default=seen.get("default"),
        number_format=cast("str | None", body.get("x-format")),
        description=cast(str, seen.get("description", "")),
        labels=labels(body, "title"),
        deprecated=bool(body.get("deprecated")),
        layer=place.layer,
    )


def labels(body: Body, part: str) -> Labels:
    """The texts of one part by language, from a declaration's x-i18n."""
    languages = cast("Mapping[str, Mapping[str, str]]", body.get("x-i18n"))
    if not languages:
        return {}
    return {tag: of[part] for tag, of in languages.items() if part in of}


def field_type(seen: Body, place: Place) -> FieldType | None:
    """What a field holds, by its keywords."""
    if "x-reference" in seen:
        return _agreed(FieldType.REFERENCE, "string", seen, place)
    exact = seen.get("x-type")
    if isinstance(exact, str):
        return _agreed(*_X_TYPES[exact], seen, place)
    if "type" not in seen:
        if "oneOf" in seen:
            return FieldType.PICKLIST
        mend = 'Say what it holds, for instance "type": "string".'
        place.add("", "NO_TYPE", "The field has no type.", mend)
        return None
    return _plain_type(cast(str, seen["type"]), seen, place)


def _plain_type(type: str, seen: Body, place: Place) -> FieldType | None:
    if type == "array":
        if "oneOf" in seen and picklists.constants(seen["oneOf"]):
            mend = 'Write "items": {"oneOf": […]}.'
            place.add("oneOf", "NO_EFFECT", "Options of several choices stand under items.", mend)
        return _list_type(seen)
    if type != "string":
        if "oneOf" in seen:
            message = "Options are texts; they can't be joined with another type."
            place.add("oneOf", "MISPLACED", message, 'Say "type": "string", or remove oneOf.')
        return _PLAIN_TYPES[type]
    if "oneOf" in seen:
        return FieldType.PICKLIST
    return _FORMATS.get(cast(str, seen.get("format", "")), FieldType.TEXT)


def _list_type(seen: Body) -> FieldType:
    items = seen.get("items")
    if not isinstance(items, dict):
        return FieldType.JSON
    if "oneOf" in items and picklists.constants(items["oneOf"]):
        return FieldType.PICKLISTS
    plain = items.get("type") == "string" and not items.keys() & _STRUCTURE
    return FieldType.TEXTS if plain else FieldType.JSON


_STRUCTURE = {"oneOf", "anyOf", "allOf", "not", "if", "then", "else", "$ref"}


def _agreed(type: FieldType, plain: str, seen: Body, place: Place) -> FieldType:
    """The type, where the plain one beside it is the one that it goes with."""
    declared = seen.get("type", plain)
    if declared != plain:
        message = f'{a(type).capitalize()} goes with "type": "{plain}", not "{declared}".'
        place.add("type", "TYPES_DISAGREE", message, f'Write "type": "{plain}" or leave it out.')
    return type


def _resolved(body: Body, place: Place) -> Body:
    """The declaration with what its $ref stands for, one definition after the other."""
    result, seen = body, set[str]()
    while isinstance(target := result.get("$ref"), str):
        name = target.removeprefix("#/$defs/")
        found = place.definitions.get(name)
        if found is None or name in seen:  # told where the schema as a whole is checked
            return {"type": "object", **result}
        if not isinstance(found, dict):
            break
        seen.add(name)
        result = {**found, **{word: said for word, said in result.items() if word != "$ref"}}
    return result


def _reference(body: Body) -> Reference | None:
    found = cast("Mapping[str, str] | None", body.get("x-reference"))
    if found is None or "object" not in found:
        return None
    on_delete = OnDelete(found.get("onDelete", "restrict"))
    return Reference(found["object"], on_delete, found.get("inverse"))


def _rollup(body: Body) -> Rollup | None:
    found = cast("Mapping[str, str] | None", body.get("x-rollup"))
    if found is None:
        return None
    return Rollup(
        found["object"], found["via"], found["op"], found.get("field"), found.get("where")
    )


# The schema of a value, for the validator

_TEXT_CHECKS = ("minLength", "maxLength", "pattern", "format", "enum", "const")
_NUMBER_CHECKS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "const",
)
_LIST_CHECKS = ("minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains")
_LOGIC = ("$ref", "allOf", "anyOf", "not", "if", "then", "else")
_JSON_CHECKS = (
    "type",
    "enum",
    "const",
    "oneOf",
    "prefixItems",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    *_LIST_CHECKS,
)


_INTEGERS = {FieldType.INTEGER: 2**31, FieldType.BIGINT: 2**63}
_NUMBERS = {FieldType.FLOAT, FieldType.DECIMAL, FieldType.PERCENT, FieldType.MONEY}
_FEW: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.BOOLEAN: ("const", "enum", *_LOGIC),
    FieldType.DATE: ("format", "enum", "const", *_LOGIC),
    FieldType.DATETIME: ("format", *_LOGIC),
    FieldType.PICKLIST: ("oneOf", "const", "enum", *_LOGIC),
    FieldType.REFERENCE: (),
}


def _checks(held: FieldType) -> tuple[str, ...]:
    if held in TEXTUAL:
        return (*_TEXT_CHECKS, *_LOGIC)
    if held in _INTEGERS or held in _NUMBERS:
        return (*_NUMBER_CHECKS, *_LOGIC)
    if held in LISTS:
        return ("items", *_LIST_CHECKS, *_LOGIC)
    return _FEW.get(held, (*_JSON_CHECKS, *_LOGIC))


CHECKS: Mapping[FieldType, tuple[str, ...]] = {held: _checks(held) for held in FieldType}
"""The standard keywords that say something about values of a type."""


def schema(type: FieldType, body: Body, seen: Body) -> Json:
    """Plain JSON Schema of the field's value; `seen` has what a $ref adds."""
    result = {keyword: body[keyword] for keyword in CHECKS[type] if keyword in body}
    _FORMS.get(type, _as_is)(type, result, seen)
    return result


def _as_is(type: FieldType, result: dict[str, object], seen: Body) -> None:
    if type in _NUMBERS:
        result["type"] = "number"
    elif type is FieldType.BOOLEAN:
        result["type"] = "boolean"


def _text_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    result["type"] = "string"
    longest = bounds.LONGTEXT_LENGTH if type in LONG else bounds.TEXT_LENGTH
    result.setdefault("maxLength", seen.get("maxLength", longest))


def _instant_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    result |= {"type": "string", "format": "date" if type is FieldType.DATE else "date-time"}


def _reference_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    result |= {"type": "string", "format": "uuid"}


def _choice_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    result.pop("oneOf", None)
    if "$ref" not in result:
        result.setdefault("enum", picklists.keys(seen.get("oneOf")))


def _choices_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    items = cast("Mapping[str, object]", seen["items"])
    result |= {"type": "array", "items": {"enum": picklists.keys(items["oneOf"])}}
    result["uniqueItems"] = True
    result.setdefault("maxItems", bounds.LIST_LENGTH)


def _texts_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    items = cast("Mapping[str, object]", seen["items"])
    result |= {"type": "array", "items": {"maxLength": bounds.TEXT_LENGTH, **items}}
    result.setdefault("maxItems", bounds.LIST_LENGTH)


def _integer_form(type: FieldType, result: dict[str, object], seen: Body) -> None:
    limit = _INTEGERS[type]
    result["type"] = "integer"
    result["minimum"] = max(-limit, cast("int | Decimal", result.get("minimum", -limit)))
    result["maximum"] = min(limit - 1, cast("int | Decimal", result.get("maximum", limit - 1)))


_FORMS: Mapping[FieldType, Callable[[FieldType, dict[str, object], Body], None]] = {
    FieldType.TEXT: _text_form,
    FieldType.LONGTEXT: _text_form,
    FieldType.RICHTEXT: _text_form,
    FieldType.AUTONUMBER: _text_form,
    FieldType.DATE: _instant_form,
    FieldType.DATETIME: _instant_form,
    FieldType.REFERENCE: _reference_form,
    FieldType.PICKLIST: _choice_form,
    FieldType.PICKLISTS: _choices_form,
    FieldType.TEXTS: _texts_form,
    FieldType.INTEGER: _integer_form,
    FieldType.BIGINT: _integer_form,
}
