"""Whether the plain JSON Schema of an object can be used, and whether defaults satisfy it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import jsonschema_rs

from metadata import complaints
from metadata.dialects import strict_validator
from metadata.merging import Merged
from metadata.model import Field, ObjectType
from metadata.problems import Findings, Path, did_you_mean
from metadata.wording import words

_AT_ROOT = ("$defs", "allOf", "anyOf", "not", "if", "then", "else", "dependentSchemas")


def check(declared: Merged, of: ObjectType, findings: Findings) -> None:
    """Tells which patterns and references can't be used, and which defaults are wrong."""
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
            _check_default(field, definitions, findings)


def _check_default(field: Field, definitions: object, findings: Findings) -> None:
    schema = dict(field.schema)
    if definitions is not None:
        schema["$defs"] = definitions
    for complaint in complaints.of_value(field.default, schema):
        _, message, mend = words(complaint)
        text = f"The default does not fit: {message}"
        findings.add(("properties", field.key, "default"), "BAD_DEFAULT", text, mend)


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
            mend = "Look-around and back references are not supported."
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
    for key in cast("Mapping[str, object]", schema.get("properties", {})):
        _check_field(key, (*path, "properties", key), of, findings)
    for word in _AT_ROOT[1:]:
        if word in schema:
            _check_named(schema[word], (*path, word), of, findings)


def _check_field(key: str, path: Path, of: ObjectType, findings: Findings) -> None:
    if key not in of.fields:
        findings.no_field(path, of.key, key, of.fields)
    elif of.fields[key].derived:
        message = f"'{key}' is computed after the record was checked."
        findings.add(path, "MISPLACED", message, "Write an x-rules entry instead.")
