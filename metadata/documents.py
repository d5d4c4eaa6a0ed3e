"""JSON text to a document and back: exact numbers, no duplicate keys, nothing unstorable."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TypeAlias

import msgspec
import orjson

from metadata import bounds
from metadata.problems import Path, Problem, pointer
from metadata.text import bad_text

Document: TypeAlias = dict[str, object]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def load(text: str | bytes, name: str) -> Document | tuple[Problem, ...]:
    """The document that a JSON text holds, or everything that is wrong with the text.

    Numbers are ints, or Decimals where they have a fraction. `name` is the document's, for the
    problems.
    """
    size = len(text.encode(errors="surrogatepass")) if isinstance(text, str) else len(text)
    if size > bounds.DOCUMENT_BYTES:
        message = f"is {size:,} bytes long; at most {bounds.DOCUMENT_BYTES:,} are allowed."
        return (Problem(name, "", "DOCUMENT_TOO_LARGE", f"The document {message}", "Split it."),)
    try:
        rough = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        return (Problem(name, "", "BAD_JSON", message),)
    if too_deep := deeper_than(rough, bounds.DEPTH):
        message = f"The document is nested more than {bounds.DEPTH} levels deep."
        return (Problem(name, pointer(too_deep), "TOO_DEEP", message),)
    exact = json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_int=_integer)
    problems = (*_duplicates(exact, name), *problems_of(exact, name))
    return problems or exact


def problems_of(document: object, name: str) -> tuple[Problem, ...]:
    """What is wrong with parsed JSON before it is looked at as a declaration."""
    if not isinstance(document, dict):
        mend = 'Begin with { "$schema": "https://dealgraph.dev/schemas/object-1.json", …'
        return (Problem(name, "", "NOT_AN_OBJECT", "A document is a JSON object.", mend),)
    if too_deep := deeper_than(document, bounds.DEPTH):
        message = f"The document is nested more than {bounds.DEPTH} levels deep."
        return (Problem(name, pointer(too_deep), "TOO_DEEP", message),)
    bad = tuple(
        Problem(name, pointer(path), "BAD_TEXT", "Text with NUL or a lone surrogate can't be kept.")
        for path in bad_text(document)
    )
    return bad or tuple(_bad_values(document, name))


def exact(value: object) -> object:
    """The value with floats as the Decimals that they are written as (0.1 is one tenth)."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return _number(repr(value)) if isinstance(value, float) else value


def text(document: object) -> str:
    """The document as JSON text, keys in their order, numbers exact."""
    return _ENCODER.encode(document).decode()


def deeper_than(value: object, depth: int) -> Path | None:
    """The path of the first thing nested deeper than that, if there is one."""
    waiting: list[tuple[Path, object]] = [((), value)]
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, dict):
            inside: list[tuple[str | int, object]] = list(found.items())
        elif isinstance(found, list):
            inside = list(enumerate(found))
        else:
            continue
        if len(path) >= depth:
            return path
        waiting += [((*path, key), item) for key, item in inside]
    return None


class _Doubled(dict[str, object]):
    """An object in which keys occurred twice."""

    keys_twice: tuple[str, ...] = ()


class _TooLong(str):
    """A number with more digits than we keep."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    names = [key for key, _ in pairs]
    doubled.keys_twice = tuple(key for key in found if names.count(key) > 1)
    return doubled


def _number(text: str) -> object:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > bounds.NUMBER_DIGITS:
        return _TooLong(text)
    if number == number.to_integral_value():
        return int(number)
    return number if len(number.as_tuple().digits) <= bounds.NUMBER_DIGITS else _TooLong(text)


def _integer(text: str) -> object:
    return int(text) if len(text) <= bounds.NUMBER_DIGITS else _TooLong(text)


def _duplicates(document: object, name: str) -> list[Problem]:
    return [
        Problem(name, pointer((*path, key)), "DUPLICATE_KEY", f"The key '{key}' is given twice.",
                "Remove one of them.")
        for path, found in _walk(document)
        if isinstance(found, _Doubled)
        for key in found.keys_twice
    ]  # fmt: skip


def _bad_values(document: object, name: str) -> list[Problem]:
    problems = []
    for path, found in _walk(document):
        if found is None:
            mend = 'Leave the key out; to hide something of a pack, say "x-hidden": true.'
            problems.append(
                Problem(name, pointer(path), "NULL", "A declaration has no null.", mend)
            )
        elif isinstance(found, _TooLong):
            message = f"A number has at most {bounds.NUMBER_DIGITS} digits."
            problems.append(Problem(name, pointer(path), "NUMBER_TOO_LONG", message))
    return problems


def _walk(document: object) -> list[tuple[Path, object]]:
    order: list[tuple[Path, object]] = []
    waiting: list[tuple[Path, object]] = [((), document)]
    while waiting:
        path, found = waiting.pop()
        order.append((path, found))
        if isinstance(found, dict):
            waiting += [((*path, key), item) for key, item in reversed(found.items())]
        elif isinstance(found, list):
            waiting += [((*path, i), found[i]) for i in range(len(found) - 1, -1, -1)]
    return order
