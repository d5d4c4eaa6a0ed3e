"""What a JSON Schema has against a value, told alike whichever library found it.

jsonschema-rs decides: it is exact, linear in patterns and fast. What a failed document has wrong is
told by jsonschema, which knows the part of the metaschema that each error comes from. That takes
seconds to load, most of it for grammars of formats, so it is loaded when a document first fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from metadata import bounds, dialects
from metadata.dialects import Kind
from metadata.problems import Path

if TYPE_CHECKING:
    import jsonschema

UNEXPECTED = "unexpected"
"""The keyword of a complaint about a key; its limit lists the keys that are known there."""

MOST = bounds.PROBLEMS + 1
"""Complaints about one document: one more than is told, so that it is known that there are more."""

_Judge = Callable[[Any, Any, Any, Mapping[str, Any]], Iterator["jsonschema.ValidationError"]]


@dataclass(frozen=True, slots=True)
class Complaint:
    """That the value at a path breaks a keyword, which asks for `limit`.

    `sentence` is what the library says, for keywords that have no words of ours.
    """

    keyword: str
    limit: object
    value: object
    path: Path
    sentence: str


def of_document(document: Mapping[str, object], kind: Kind) -> list[Complaint]:
    """What a metaschema has against a document; nothing where the document is valid.

    All of it, or the first `MOST`: a megabyte of mistakes would take half a minute to tell.
    """
    deciding = dialects.validator(kind)
    if deciding.is_valid(document):
        return []
    every = (
        _of_error(error)
        for found in _telling(kind).iter_errors(document)
        for error in _meant(found)
    )
    told = list(islice(every, MOST))
    return told or [_of_verdict(it) for it in islice(deciding.iter_errors(document), MOST)]


def of_value(value: object, schema: dict[str, object]) -> list[Complaint]:
    """What a tenant's schema has against a value: all of it, or the first `MOST`."""
    found = dialects.strict_validator(schema).iter_errors(value)
    return [_of_verdict(verdict) for verdict in islice(found, MOST)]


def _of_verdict(verdict: jsonschema_rs.ValidationError) -> Complaint:
    kind, path = verdict.kind, tuple(verdict.instance_path)
    return Complaint(kind.name, kind.value, verdict.instance, path, verdict.message)


def _of_error(error: jsonschema.ValidationError) -> Complaint:
    keyword = error.validator or "falseSchema"
    path = tuple(error.absolute_path)
    return Complaint(keyword, error.validator_value, error.instance, path, error.message)


def _meant(error: jsonschema.ValidationError) -> Iterable[jsonschema.ValidationError]:
    """The error; of alternatives, those of the one that the value was most likely meant for."""
    if error.validator != "anyOf":
        return [error]
    branches: dict[int, list[jsonschema.ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    closest = min(branches.values(), key=_far)
    return [meant for inner in closest for meant in _meant(inner)]


def _far(branch: list[jsonschema.ValidationError]) -> bool:
    """Whether the value is of another kind than the branch speaks about."""
    return any(found.validator in ("type", "const") and not found.relative_path for found in branch)


@cache
def _telling(kind: Kind) -> Any:
    """A validator that tells errors, and can fetch nothing: its registry is empty."""
    from referencing import Registry

    return _validators()(dialects.metaschema(kind), registry=Registry())


def _error(message: str, **more: Any) -> jsonschema.ValidationError:
    from jsonschema import ValidationError

    return ValidationError(message, **more)


@cache
def _alone(keyword: str, limit: object) -> jsonschema_rs.Draft202012Validator:
    return dialects.strict_validator({keyword: limit})


def _decided(keyword: str) -> _Judge:
    """The keyword as jsonschema-rs sees it: Python's `re` may take exponential time and lets `$`
    match before a line's end, and jsonschema compares the items of a list each with each.
    """

    def judge(
        _validator: Any, limit: Any, value: Any, _schema: Mapping[str, Any]
    ) -> Iterator[jsonschema.ValidationError]:
        if not _alone(keyword, limit).is_valid(value):
            yield _error(f"The value breaks {keyword}")

    return judge


def _any_of(
    validator: Any, branches: Any, value: Any, _schema: Mapping[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """`anyOf`, with no more of each alternative than could be told."""
    context: list[jsonschema.ValidationError] = []
    for index, branch in enumerate(branches):
        found = list(islice(validator.descend(value, branch, schema_path=index), MOST))
        if not found:
            return
        context += found
    yield _error("The value is none of the alternatives", context=context)


def _names(
    validator: Any, names: Any, value: Any, _schema: Mapping[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """`propertyNames`, with the path to the name that is wrong."""
    for name in value if isinstance(value, dict) else ():
        yield from validator.descend(name, names, path=name)


def _required(
    _validator: Any, keys: Any, value: Any, _schema: Mapping[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """`required`, where each error's limit is the key that is missing."""
    for key in keys if isinstance(value, dict) else ():
        if key not in value:
            yield _error(f"{key!r} is missing", validator_value=key)


def _others(
    validator: Any, others: Any, value: Any, schema: Mapping[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """`additionalProperties`, in the document's order and with an error for each key."""
    known = schema.get("properties", {})
    for key in value if isinstance(value, dict) else ():
        if key in known:
            continue
        if others is False:
            yield _error(
                f"{key!r} is unexpected",
                validator=UNEXPECTED,
                path=(key,),
                validator_value=list(known),
                instance=key,
            )
        else:
            yield from validator.descend(value[key], others, path=key)


@cache
def _validators() -> Any:
    """The class of validators that tell errors."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(
        Draft202012Validator,
        {
            **{word: _decided(word) for word in ("pattern", "format", "uniqueItems")},
            "anyOf": _any_of,
            "required": _required,
            "propertyNames": _names,
            "additionalProperties": _others,
        },
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
            "integer", lambda _checker, value: _alone("type", "integer").is_valid(value)
        ),
    )
