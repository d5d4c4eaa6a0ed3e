"""Whether the plain JSON Schema of an object can be used, and whether the values that it names,
such as defaults, fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import jsonschema_rs

from metadata import complaints, currencies, decimals
from metadata.dialects import strict_validator
from metadata.expressions import dependencies
from metadata.expressions.dependencies import Cycle
from metadata.merging import Merged
from metadata.model import Field, FieldType, ObjectType
from metadata.problems import Findings, Path, did_you_mean, listed, shown
from metadata.wording import words

_EXACT = (FieldType.DECIMAL, FieldType.PERCENT, FieldType.MONEY)
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
_AT_ROOT = ("$defs", "allOf", "anyOf", "not", "if", "then", "else", "dependentSchemas")


def check(declared: Merged, of: ObjectType, findings: Findings) -> None:
    """Tells which patterns and references can't be used, and which values are wrong."""
    _check_circles(declared, findings)
    try:
        strict_validator(cast("dict[str, object]", of.schema))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        before = len(findings.problems)
        _check_parts(declared, findings)
        if len(findings.problems) == before:
            findings.add((), "BAD_SCHEMA", "The declaration is no usable JSON Schema.")
        return
    _check_conditions(declared, of, findings)
    definitions = declared.body.get("$defs")
    for field in of.fields.values():
        if field.default is not None and not field.derived and field.reference is None:
            for message, mend in _misfits(field, field.default, field.schema, definitions):
                text = f"The default does not fit: {message}"
                findings.add(("properties", field.key, "default"), "BAD_DEFAULT", text, mend)
        if not field.options:
            _check_allowed(field, definitions, findings)


def _check_allowed(field: Field, definitions: object, findings: Findings) -> None:
    """Values that are allowed by name fit the field's type."""
    apart = {word: said for word, said in field.schema.items() if word not in ("enum", "const")}
    for at, value in _named(field.schema):
        for message, mend in _misfits(field, value, apart, definitions):
            text = f"No value of the field is {shown(value)}: {message}"
            findings.add(("properties", field.key, *at), "CONTRADICTION", text, mend)


def _named(schema: Mapping[str, object]) -> Iterator[tuple[Path, object]]:
    """The values that enum and const allow, with where they stand."""
    enum = schema.get("enum")
    for index, value in enumerate(enum if isinstance(enum, list) else ()):
        yield ("enum", index), value
    if "const" in schema:
        yield ("const",), schema["const"]


def _misfits(
    field: Field, value: object, schema: Mapping[str, object], definitions: object
) -> Iterator[tuple[str, str]]:
    """What is wrong with a value that the declaration names: message and mend."""
    whole = dict(schema) if definitions is None else {**schema, "$defs": definitions}
    found = complaints.of_value(value, whole)
    for complaint in found:
        _, message, mend = words(complaint)
        yield message, mend
    if not found and field.type in _EXACT:
        number = decimals.parsed(value)
        scale = currencies.MOST_DIGITS if field.scale is None else field.scale
        if isinstance(number, decimals.Refusal):
            yield f"It {number}.", ""
        elif decimals.rounded(number, scale) != number:
            yield f"It has more than {scale} digits after the point.", "Round it."


def _check_circles(declared: Merged, findings: Findings) -> None:
    """No definition stands for itself: parts of a value may be of its kind, the value may not."""
    definitions = cast("Mapping[str, object]", declared.body.get("$defs", {}))
    order = dependencies.order({name: set(_stands_for(said)) for name, said in definitions.items()})
    if isinstance(order, Cycle):
        message = f"These definitions stand for each other: {order}."
        findings.add(
            ("$defs", order.names[0]), "CYCLE", message, "Break the circle at one of them."
        )


def _stands_for(schema: object) -> Iterator[str]:
    """The definitions that a value must fit where it fits the schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from _stands_for(part)
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield str(schema["$ref"]).removeprefix("#/$defs/")
        for word in _IN_PLACE & schema.keys():
            yield from _stands_for(schema[word])
        for part in cast("Mapping[str, object]", schema.get("dependentSchemas", {})).values():
            yield from _stands_for(part)


def _check_parts(declared: Merged, findings: Findings) -> None:
    definitions = cast("Mapping[str, object]", declared.body.get("$defs", {}))
    for path, word, value in _keywords(declared.body, ()):
        if word == "$ref":
            name = str(value).removeprefix("#/$defs/")
            if name not in definitions:
                mend = did_you_mean(name, definitions) or "Add it to $defs of the object."
                message = f"There is no definition '{name}'."
                findings.add(path, "UNKNOWN_DEFINITION", message, mend)
        elif not _usable(value):
            mend = "Look-around, back references and huge repetitions are not supported."
            message = f"'{value}' is no regular expression of the linear kind."
            findings.add(path, "BAD_PATTERN", message, mend)


def _usable(pattern: object) -> bool:
    try:
        strict_validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _keywords(value: object, path: Path) -> Iterator[tuple[Path, str, object]]:
    """Every `$ref` and pattern in a declaration."""
    if isinstance(value, dict):
        for key, inside in value.items():
            at = (*path, key)
            if key in ("$ref", "pattern") and isinstance(inside, str):
                yield at, key, inside
            elif key == "patternProperties" and isinstance(inside, dict):
                yield from (((*at, pattern), "pattern", pattern) for pattern in inside)
                yield from _keywords(inside, at)
            elif key not in ("default", "examples", "const", "enum", "x-i18n"):
                yield from _keywords(inside, at)
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from _keywords(inside, (*path, index))


def _check_conditions(declared: Merged, of: ObjectType, findings: Findings) -> None:
    """Conditions over the record name only fields that there are: a misspelt one never holds."""
    for word in _AT_ROOT:
        if word in declared.body and word != "$defs":
            _check_named(declared.body[word], (word,), of, findings)
    together = cast("Mapping[str, list[str]]", declared.body.get("dependentRequired", {}))
    for key, needed in together.items():
        _check_field(key, ("dependentRequired", key), of, findings)
        for index, one in enumerate(needed):
            _check_field(one, ("dependentRequired", key, index), of, findings)


def _check_named(schema: object, path: Path, of: ObjectType, findings: Findings) -> None:
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            _check_named(part, (*path, index), of, findings)
    if not isinstance(schema, dict):
        return
    if path[-1] == "dependentSchemas":
        for key, part in schema.items():
            _check_field(key, (*path, key), of, findings)
            _check_named(part, (*path, key), of, findings)
    else:
        _check_parts_named(schema, path, of, findings)


def _check_parts_named(
    schema: Mapping[str, object], path: Path, of: ObjectType, findings: Findings
) -> None:
    for index, key in enumerate(cast("list[str]", schema.get("required", []))):
        _check_field(key, (*path, "required", index), of, findings)
    for key, part in cast("Mapping[str, object]", schema.get("properties", {})).items():
        _check_field(key, (*path, "properties", key), of, findings)
        if key in of.fields and of.fields[key].options:
            _check_options(part, (*path, "properties", key), of.fields[key], findings)
    for word in _AT_ROOT[1:]:
        if word in schema:
            _check_named(schema[word], (*path, word), of, findings)


def _check_field(key: str, path: Path, of: ObjectType, findings: Findings) -> None:
    if key not in of.fields:
        findings.no_field(path, of.key, key, of.fields)
    elif of.fields[key].derived:
        message = f"'{key}' is computed after the record was checked."
        findings.add(path, "MISPLACED", message, "Write an x-rules entry instead.")


def _check_options(schema: object, path: Path, field: Field, findings: Findings) -> None:
    """Conditions on a picklist name only its options, for the same reason."""
    if not isinstance(schema, dict):
        return
    for at, value in _named(schema):
        if isinstance(value, str) and field.option(value) is None:
            known = [option.key for option in field.options]
            message = f"'{field.key}' has no option {shown(value)}."
            mend = did_you_mean(value.lower(), known) or f"It has {listed(known, 'and')}."
            findings.add((*path, *at), "UNKNOWN_OPTION", message, mend)
    for word in ("contains", "items", "not"):
        _check_options(schema.get(word), (*path, word), field, findings)
