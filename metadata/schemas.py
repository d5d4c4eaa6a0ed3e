"""Whether the plain JSON Schema of an object can be used, and whether the values that it names,
such as defaults, fit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias, cast

import jsonschema_rs

from metadata import bounds, complaints, currencies, decimals, efforts, weights
from metadata.dialects import strict_validator
from metadata.efforts import Efforts
from metadata.expressions import dependencies
from metadata.expressions.dependencies import Cycle
from metadata.merging import Merged
from metadata.model import Field, FieldType, ObjectType
from metadata.problems import Findings, Path, did_you_mean, listed, shown
from metadata.wording import pattern_mend, words

_NAMING = ("enum", "const")
_EXACT = (FieldType.DECIMAL, FieldType.PERCENT, FieldType.MONEY)
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
_IDLE_WITHOUT = {
    "if": ("then", "else"),
    "then": ("if",),
    "else": ("if",),
    "minContains": ("contains",),
    "maxContains": ("contains",),
}
_NAMED_PARTS = frozenset({"$defs", "properties", "patternProperties", "dependentSchemas"})
_OTHER_PARTS = _IN_PLACE | {
    *("items", "prefixItems", "contains", "additionalProperties", "propertyNames")
}
_Keyword: TypeAlias = tuple[Path, str, str]  # where it stands, itself, and its value
_AT_ROOT = ("$defs", "allOf", "anyOf", "not", "if", "then", "else", "dependentSchemas")


def check(declared: Merged, of: ObjectType, findings: Findings) -> None:
    """Tells which patterns and references can't be used, and which values are wrong."""
    _check_conditions(declared, of, findings)
    check_idle(declared.body, (), findings)
    keywords = list(_keywords(declared.body, ()))
    _check_slashes(keywords, findings)
    definitions = cast("Mapping[str, object]", declared.body.get("$defs", {}))
    if not _bounded(of, definitions, findings):
        return
    if not _prepared_soon(keywords, findings) or not _judged_soon(of, findings):
        return
    try:
        strict_validator(cast("dict[str, object]", of.schema))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        before = len(findings.problems)
        _check_parts(keywords, definitions, findings)
        if len(findings.problems) == before:
            findings.add((), "BAD_SCHEMA", "The declaration is no usable JSON Schema.")
        return
    _check_defaults(of, definitions, findings)
    _check_allowed(of, definitions, findings)


def _bounded(of: ObjectType, definitions: Mapping[str, object], findings: Findings) -> bool:
    """Whether judging a record comes to an end soon: no circles, no references that multiply."""
    order = dependencies.order({name: set(_stands_for(said)) for name, said in definitions.items()})
    if isinstance(order, Cycle):
        message = f"These definitions stand for each other: {order}."
        path = ("$defs", order.names[0])
        findings.add(path, "CYCLE", message, "Break the circle at one of them.")
    elif weights.too_heavy(of.schema, definitions):
        message = f"A value would be judged by more than {bounds.JUDGEMENTS:,} schemas."
        mend = "Refer to a definition once instead of several times, at each level."
        findings.add(("$defs",), "TOO_MANY", message, mend)
    else:
        return True
    return False


def _prepared_soon(keywords: Iterable[_Keyword], findings: Findings) -> bool:
    """Whether it takes no long time to prepare the patterns, which every process does."""
    found = {it: at for at, word, it in keywords if word == "pattern"}
    sizes = {pattern: efforts.parts(pattern, bounds.LETTER_PARTS) for pattern in found}
    if sum(sizes.values()) <= bounds.PATTERN_PARTS:
        return True
    largest = max(sizes, key=sizes.__getitem__)
    message = f"The patterns of the object have more than {bounds.PATTERN_PARTS:,} parts."
    mend = (
        "Repeat less in them, and no class of letters such as \\p{L} more than a few hundred times."
    )
    findings.add(found[largest], "TOO_MANY", message, mend)
    return False


def _judged_soon(of: ObjectType, findings: Findings) -> bool:
    """Whether every value that a field can hold, and what is declared of it, is judged soon."""
    steps_of = Efforts(of)
    before = len(findings.problems)
    for key, weight in steps_of.tried.items():
        field = of.fields[key]
        longest = field.schema.get("maxLength", 1)
        steps = weight.parts * int(cast("int | Decimal", longest))
        given = {key: [field.default, *(value for _, value in _named(field.schema))]}
        if max(steps, steps_of.of(given)) > bounds.EFFORT:
            message = f"It takes too long to judge the values of '{key}' by their patterns."
            mend = "Repeat less in the patterns, or lower maxLength."
            findings.add(("properties", key), "TOO_MANY", message, mend)
    return len(findings.problems) == before


def _check_defaults(of: ObjectType, definitions: Mapping[str, object], findings: Findings) -> None:
    given = {
        key: [field.default]
        for key, field in of.fields.items()
        if field.default is not None and not field.derived and field.reference is None
    }
    shapes = {key: of.fields[key].schema for key in given}
    for key, _, message, mend in _misfits(of, given, shapes, definitions):
        text = f"The default does not fit: {message}"
        findings.add(("properties", key, "default"), "BAD_DEFAULT", text, mend)


def _check_allowed(of: ObjectType, definitions: Mapping[str, object], findings: Findings) -> None:
    """Values that are allowed by name fit their field's type."""
    named = {key: list(_named(it.schema)) for key, it in of.fields.items() if not it.options}
    given = {key: [value for _, value in found] for key, found in named.items() if found}
    shapes = {
        key: {word: it for word, it in of.fields[key].schema.items() if word not in _NAMING}
        for key in given
    }
    for key, index, message, mend in _misfits(of, given, shapes, definitions):
        at, value = named[key][index]
        text = f"No value of the field is {shown(value)}: {message}"
        findings.add(("properties", key, *at), "CONTRADICTION", text, mend)


def _misfits(
    of: ObjectType,
    given: Mapping[str, list[object]],
    shapes: Mapping[str, object],
    definitions: Mapping[str, object],
) -> Iterator[tuple[str, int, str, str]]:
    """What is wrong with values that the declaration names: field, index, message and mend.

    One validator judges them all, since each has the definitions in it.
    """
    if not given:
        return
    lists = {key: {"items": shape} for key, shape in shapes.items()}
    wrong: set[Path] = set()
    for complaint in complaints.of_value(given, {"properties": lists, "$defs": definitions}):
        key, index = cast("tuple[str, int]", complaint.path[:2])
        wrong.add((key, index))
        _, message, mend = words(complaint)
        yield key, index, message, mend
    for key, values in given.items():
        if of.fields[key].type in _EXACT:
            for index, value in enumerate(values):
                if (key, index) not in wrong:
                    yield from ((key, index, *it) for it in _inexact(of.fields[key], value))


def _inexact(field: Field, value: object) -> Iterator[tuple[str, str]]:
    """Why a number can't be stored as it is written."""
    number = decimals.parsed(value)
    scale = currencies.MOST_DIGITS if field.scale is None else field.scale
    if isinstance(number, decimals.Refusal):
        yield f"It {number}.", ""
    elif decimals.rounded(number, scale) != number:
        yield f"It has more than {scale} digits after the point.", "Round it."


def _named(schema: Mapping[str, object]) -> Iterator[tuple[Path, object]]:
    """The values that enum and const allow, with where they stand."""
    enum = schema.get("enum")
    for index, value in enumerate(enum if isinstance(enum, list) else ()):
        yield ("enum", index), value
    if "const" in schema:
        yield ("const",), schema["const"]


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


def _check_parts(
    keywords: Iterable[_Keyword], definitions: Collection[str], findings: Findings
) -> None:
    for path, word, value in keywords:
        if word == "$ref":
            name = value.removeprefix("#/$defs/")
            if name not in definitions:
                mend = did_you_mean(name, definitions) or "Add it to $defs of the object."
                message = f"There is no definition '{name}'."
                findings.add(path, "UNKNOWN_DEFINITION", message, mend)
        elif not _usable(value):
            message = f"'{value}' is no regular expression of the linear kind."
            findings.add(path, "BAD_PATTERN", message, pattern_mend(value))


def _check_slashes(keywords: Iterable[_Keyword], findings: Findings) -> None:
    """Tells of patterns between slashes, as JavaScript writes them: no text has the form of these."""
    for path, word, value in keywords:
        if word == "pattern" and _SLASHED.fullmatch(value):
            message = f"'{value}' stands between slashes, so that no text has its form."
            findings.add(path, "NO_EFFECT", message, "Leave out the slashes, and what follows.")


_SLASHED = re.compile(r"/\^.*|.*(?<!\\)\$/[a-z]*")


def _usable(pattern: object) -> bool:
    try:
        strict_validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _keywords(value: Mapping[str, object] | list[object], path: Path) -> Iterator[_Keyword]:
    """Every `$ref` and pattern in a declaration."""
    for key, inside in value.items() if isinstance(value, Mapping) else enumerate(value):
        if isinstance(key, str) and key in ("$ref", "pattern") and isinstance(inside, str):
            yield (*path, key), key, inside
        elif isinstance(inside, dict | list) and key not in _VALUES:
            if key == "patternProperties" and isinstance(inside, dict):
                yield from (((*path, key, it), "pattern", it) for it in inside)
            yield from _keywords(inside, (*path, key))


_VALUES = frozenset({"default", "examples", "const", "enum", "x-i18n"})


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


def check_idle(schema: Mapping[str, object], path: Path, findings: Findings) -> None:
    """Tells of keywords that ask nothing without another one, which was forgotten or misplaced."""
    for word in () if schema.keys().isdisjoint(_IDLE_WITHOUT) else schema:
        others = _IDLE_WITHOUT.get(word, ())
        if others and schema.keys().isdisjoint(others):
            message = f"'{word}' does nothing without {listed(others)}."
            findings.add((*path, word), "NO_EFFECT", message, "Add that beside it, or remove it.")
    for at, part in _parts_of(schema):
        check_idle(part, (*path, *at), findings)


def _parts_of(schema: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """The schemas in a schema, with where they stand in it."""
    for word, found in schema.items():
        if word in _OTHER_PARTS and isinstance(found, dict):
            yield (word,), found
        elif (word in _NAMED_PARTS and isinstance(found, dict)) or (
            word in _OTHER_PARTS and isinstance(found, list)
        ):
            for at, part in found.items() if isinstance(found, dict) else enumerate(found):
                if isinstance(part, dict):
                    yield (word, at), part


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
        if key in of.fields:
            check_values(part, (*path, "properties", key), of.fields[key], findings)
    for word in _AT_ROOT[1:]:
        if word in schema:
            _check_named(schema[word], (*path, word), of, findings)


def _check_field(key: str, path: Path, of: ObjectType, findings: Findings) -> None:
    if key not in of.fields:
        findings.no_field(path, of.key, key, of.fields)
    elif of.fields[key].derived:
        message = f"'{key}' is computed after the record was checked."
        findings.add(path, "MISPLACED", message, "Write an x-rules entry instead.")


def check_values(schema: object, path: Path, field: Field, findings: Findings) -> None:
    """Conditions on a field name only values that it may have: any other one never holds."""
    if not isinstance(schema, dict):
        return
    for at, value in _named(schema):
        if not field.options:
            _check_type(value, (*path, *at), field, findings)
        elif isinstance(value, str) and field.option(value) is None:
            known = [option.key for option in field.options]
            message = f"'{field.key}' has no option {shown(value)}."
            mend = did_you_mean(value.lower(), known) or f"It has {listed(known, 'and')}."
            findings.add((*path, *at), "UNKNOWN_OPTION", message, mend)
    inside = ("contains", "items", "not") if field.options else ("not",)
    for word in inside:
        check_values(schema.get(word), (*path, word), field, findings)


def _check_type(value: object, path: Path, field: Field, findings: Findings) -> None:
    kind = {"type": field.schema["type"]} if "type" in field.schema else {}
    for complaint in complaints.of_value(value, kind):
        _, message, mend = words(complaint)
        text = f"'{field.key}' is never {shown(value)}: {message}"
        findings.add(path, "CONTRADICTION", text, mend)
