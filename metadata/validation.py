"""Whether a record's values fit its object's declaration, told in words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import TypeAlias, cast

import jsonschema_rs

from metadata.dialects import strict_validator
from metadata.efforts import Efforts
from metadata.model import Field, FieldType, ObjectType
from metadata.problems import Path, did_you_mean, listed

Complaint: TypeAlias = jsonschema_rs.ValidationError


@dataclass(frozen=True, slots=True)
class Misfit:
    """One value that does not fit: where (field keys and indexes), which rule, and what is wrong."""

    path: Path
    rule: str
    message: str


class Validator:
    """Checks records of one object; made once for each version of its declaration."""

    def __init__(self, of: ObjectType) -> None:
        self._of = of
        self._efforts = Efforts(of)
        self._schema = strict_validator(cast("dict[str, object]", of.schema))

    def effort(self, values: Mapping[str, object]) -> int:
        """How many steps it takes to judge the values."""
        return self._efforts.of(values)

    def fits(self, values: Mapping[str, object]) -> bool:
        return self._schema.is_valid(values)

    def misfits(self, values: Mapping[str, object]) -> list[Misfit]:
        """Everything that does not fit, in the order of the declaration.

        Values stand under the keys of their fields, as JSON: numbers as int, float or Decimal;
        dates, instants and ids as texts in their canonical form. What is null is left out.
        """
        if self._schema.is_valid(values):
            return []
        found = [
            misfit
            for complaint in self._schema.iter_errors(values)
            for misfit in _misfits(complaint, self._of, values)
        ]
        return list(dict.fromkeys(found))


def _misfits(complaint: Complaint, of: ObjectType, values: object) -> Iterator[Misfit]:
    path, kind = tuple(complaint.instance_path), complaint.kind
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(kind, kinds.Required):
        at = (*path, kind.property)
        yield Misfit(at, "REQUIRED", f"{_named(at, of)} is required.")
    elif isinstance(kind, kinds.AdditionalProperties):
        yield from (_unknown((*path, key), of) for key in kind.unexpected)
    elif isinstance(kind, kinds.PropertyNames):
        yield Misfit(path, "UNKNOWN_FIELD", f"{_named(path, of)} has a part it may not have.")
    else:
        yield _misfit(complaint, path, of, reduce(_inside, path, values))


def _unknown(path: Path, of: ObjectType) -> Misfit:
    key = str(path[-1])
    if len(path) > 1:
        return Misfit(path, "UNKNOWN_FIELD", f"{_named(path[:-1], of)} has no part '{key}'.")
    mend = did_you_mean(key, of.fields)
    message = f"'{of.key}' has no field '{key[:60]}'. {mend}".rstrip()
    return Misfit(path, "UNKNOWN_FIELD", message)


def _misfit(complaint: Complaint, path: Path, of: ObjectType, value: object) -> Misfit:
    field = of.fields.get(str(path[0])) if path else None
    keyword = complaint.kind.name
    if field is not None and len(path) == 1:
        special = _BY_TYPE.get(field.type, {}).get(keyword)
        if special is not None:
            return Misfit(path, "INVALID", f"{_named(path, of)} {special(field, value)}")
    if keyword == "enum" and field is not None and field.options:
        return Misfit(path, "UNKNOWN_OPTION", f"{_named(path, of)} {_option(field, value)}")
    told = _TOLD.get(keyword)
    if told is None:
        return Misfit(path, "INVALID", _condition(complaint, path, of))
    rule, words = told
    limit = getattr(complaint.kind, "value", None)
    text = words(limit, value)
    return Misfit(path, rule, f"{_named(path, of)} {text}")


def _named(path: Path, of: ObjectType) -> str:
    """The field's title, with the rest of the path where there is more."""
    if not path:
        return "The record"
    field = of.fields.get(str(path[0]))
    title = f"'{field.title if field else path[0]}'"
    rest = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path[1:])
    return f"{title}{rest and f' at {rest.removeprefix(chr(46))}'}"


def _condition(complaint: Complaint, path: Path, of: ObjectType) -> str:
    """A condition that has no words of its own: the declaration's, of it or what is around it."""
    found: object = of.schema
    said, above = None, None
    for part in complaint.schema_path:
        found = _inside(found, part)
        if not _CONDITIONS.isdisjoint((above, part)):
            said = _words(found) or said
        above = part
    if said is not None:
        return said
    where = "/".join(map(str, complaint.schema_path))
    return f"{_named(path, of)} does not satisfy the condition {where} of '{of.key}'."


_CONDITIONS = frozenset(
    {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "contains", "dependentSchemas"}
)


def _words(condition: object) -> str | None:
    said = map(condition.get, ("description", "title")) if isinstance(condition, dict) else ()
    return next((word for word in said if isinstance(word, str)), None)


def _inside(found: object, part: str | int) -> object:
    if isinstance(found, dict):
        return found.get(part)
    if isinstance(found, list) and isinstance(part, int) and part < len(found):
        return found[part]
    return None


def shown(value: object) -> str:
    """The value as a person would write it, cut short."""
    if isinstance(value, str):
        return f"'{value[:60]}…'" if len(value) > 60 else f"'{value}'"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")[:60]
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return str(value)[:60]


def _option(field: Field, value: object) -> str:
    known = [option.key for option in field.options if not option.deprecated]
    mend = did_you_mean(str(value), known) or f"It has {listed(known, 'and')}."
    return f"has no option {shown(value)}. {mend}"


def _a(kind: str) -> Callable[[Field, object], str]:
    return lambda field, value: f"must be {kind}, not {shown(value)}."


_BY_TYPE: Mapping[FieldType, Mapping[str, Callable[[Field, object], str]]] = {
    FieldType.DATE: {
        "type": _a("a date such as 2026-03-31"),
        "format": _a("a date such as 2026-03-31"),
    },
    FieldType.DATETIME: {
        "type": _a("a date-time with an offset such as 2026-03-31T09:30:00Z"),
        "format": _a("a date-time with an offset such as 2026-03-31T09:30:00Z"),
    },
    FieldType.REFERENCE: {
        "type": _a("the id of a record"),
        "format": _a("the id of a record"),
    },
    FieldType.INTEGER: {"type": _a("a whole number")},
    FieldType.BIGINT: {"type": _a("a whole number")},
}

_KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_FORMS = {
    "email": "an email address",
    "uri": "a web address",
    "date": "a date such as 2026-03-31",
    "date-time": "a date-time with an offset",
    "time": "a time with an offset such as 09:30:00Z",
    "duration": "a duration such as P3D or PT1H30M",
    "uuid": "an id",
}


def _type(expected: object, value: object) -> str:
    kinds = expected if isinstance(expected, list) else [expected]
    wanted = " or ".join(_KINDS.get(str(kind), str(kind)) for kind in kinds)
    return f"must be {wanted}, not {shown(value)}."


def _format(form: object, value: object) -> str:
    return f"must be {_FORMS.get(str(form), f'a valid {form}')}, not {shown(value)}."


def _enum(options: object, value: object) -> str:
    choices = [shown(option) for option in cast("list[object]", options)][:12]
    return f"must be one of {', '.join(choices)}, not {shown(value)}."


_TOLD: Mapping[str, tuple[str, Callable[[object, object], str]]] = {
    "type": ("WRONG_TYPE", _type),
    "format": ("BAD_FORM", _format),
    "enum": ("NOT_ALLOWED", _enum),
    "const": ("NOT_ALLOWED", lambda only, value: f"must be {shown(only)}, not {shown(value)}."),
    "pattern": ("BAD_FORM", lambda p, value: f"does not have the form {p}: {shown(value)}."),
    "minLength": (
        "TOO_SHORT",
        lambda least, _: (
            "must not be empty." if least == 1 else f"has at least {least} characters."
        ),
    ),
    "maxLength": ("TOO_LONG", lambda most, _: f"has at most {most} characters."),
    "minimum": ("OUT_OF_RANGE", lambda least, v: f"must be at least {least}, not {shown(v)}."),
    "maximum": ("OUT_OF_RANGE", lambda most, v: f"must be at most {most}, not {shown(v)}."),
    "exclusiveMinimum": (
        "OUT_OF_RANGE",
        lambda bound, v: f"must be more than {bound}, not {shown(v)}.",
    ),
    "exclusiveMaximum": (
        "OUT_OF_RANGE",
        lambda bound, v: f"must be less than {bound}, not {shown(v)}.",
    ),
    "multipleOf": (
        "OUT_OF_RANGE",
        lambda unit, v: f"must be a multiple of {unit}, not {shown(v)}.",
    ),
    "minItems": ("TOO_SHORT", lambda least, _: f"has at least {least} items."),
    "maxItems": ("TOO_LONG", lambda most, _: f"has at most {most} items."),
    "uniqueItems": ("DUPLICATE", lambda _, __: "has an item twice."),
    "minProperties": ("TOO_SHORT", lambda least, _: f"has at least {least} parts."),
    "maxProperties": ("TOO_LONG", lambda most, _: f"has at most {most} parts."),
    "falseSchema": ("NOT_ALLOWED", lambda _, __: "must not be given here."),
}
