"""What it takes to judge a value: each part of a pattern is tried at each character, and each
keyword of a schema at each value inside a list or an object.

Patterns are of the linear kind, but `.{5000}x` takes half a minute for a long text of usual length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from metadata.model import ObjectType


class Weight(NamedTuple):
    """How much of a schema is tried, with what it refers to spelt out."""

    parts: int = 0  # of its patterns, at each character
    words: int = 0  # keywords and what they list, at each value


class Efforts:
    """What it takes to judge records of one object."""

    def __init__(self, of: ObjectType) -> None:
        known: dict[str, Weight] = {}
        definitions = cast("Mapping[str, object]", of.schema.get("$defs", {}))
        around = {word: it for word, it in of.schema.items() if word not in ("properties", "$defs")}
        common = _weight(around, definitions, known)
        self._least = common.words
        self.tried: dict[str, Weight] = {}
        """What it takes for each part of the fields' values, where these may be long."""
        for key, field in of.fields.items():
            own = _weight(field.schema, definitions, known)
            parts, type_ = own.parts + common.parts, field.schema.get("type")
            self._least += own.words
            if type_ not in _PLAIN and (parts or type_ != "string"):
                self.tried[key] = Weight(parts, own.words + common.words)

    def of(self, values: Mapping[str, object]) -> int:
        """Steps, of which millions take a second at worst; most records take some hundred."""
        steps = self._least
        for key, weight in self.tried.items():
            value = values.get(key)
            if isinstance(value, str):
                steps += len(value) * weight.parts
            elif isinstance(value, dict | list):
                letters, inside = _size(value)
                steps += letters * weight.parts + inside * weight.words
        return steps


_PLAIN = frozenset({"number", "integer", "boolean"})


def parts(pattern: str, letters: int = 1) -> int:
    """How many characters, classes and the like a pattern is made of, repetitions spelt out.

    A class of letters such as `\\p{L}` counts as so many: it takes that much longer to prepare.
    """
    total = [0]  # of each group that is open
    last = 0
    for token in _TOKENS.finditer(pattern):
        text = token[0]
        if text.startswith("{") and len(text) > 1:
            times = max(map(int, _NUMBER.findall(text)))
            total[-1] += last * (times - 1)
            last *= times
        elif text.startswith("("):
            total.append(0)
        elif text == ")" and len(total) > 1:
            last = total.pop()
            total[-1] += last
        elif text not in _BESIDE:
            last = letters if _LETTERS.search(text) else 1
            total[-1] += last
    return sum(total)


_TOKENS = re.compile(
    r"""
      \{\d+(?:,\d*)?\}                                    # a repetition
    | \\[pPxu]\{[^{}]*+\}  |  \\[pP]?.                    # what a backslash begins
    | \[\^?\]?(?:\\.|\[[^\[\]]*+\]|[^\]\\])*+\]           # a class of characters
    | \(\?[^:>()]*+[:>]                                  # a group with a name or flags
    | .
    """,
    re.DOTALL | re.VERBOSE,
)
_LETTERS = re.compile(r"\\[pP]")
_NUMBER = re.compile(r"\d{1,9}")
_BESIDE = frozenset("?*+|)")


_NOTHING = Weight()


def _weight(schema: object, definitions: Mapping[str, object], known: dict[str, Weight]) -> Weight:
    tried, words = 0, 0
    for word, value in _said(schema):
        if word == "$ref" and isinstance(value, str):
            found = _referred(value.removeprefix("#/$defs/"), definitions, known)
        elif word == "pattern" and isinstance(value, str):
            found = Weight(parts(value))
        elif isinstance(value, dict | list):
            found = _weight(value, definitions, known)
        else:
            found = _NOTHING
        tried += found.parts
        words += found.words + 1
        if word == "patternProperties" and isinstance(value, dict):
            tried += sum(map(parts, value))
    return Weight(tried, words)


def _said(schema: object) -> Iterator[tuple[str, object]]:
    if isinstance(schema, dict):
        yield from schema.items()
    elif isinstance(schema, list):
        yield from (("", item) for item in schema)


def _referred(name: str, definitions: Mapping[str, object], known: dict[str, Weight]) -> Weight:
    if name not in known:
        known[name] = Weight()  # what is inside itself is tried for a part of the value only
        known[name] = _weight(definitions.get(name), definitions, known)
    return known[name]


def _size(value: object) -> tuple[int, int]:
    """Characters and values in a list or an object, names of properties among them."""
    if isinstance(value, str):
        return len(value), 1
    if isinstance(value, dict):
        sizes = [_size(it) for pair in value.items() for it in pair]
    elif isinstance(value, list):
        sizes = list(map(_size, value))
    else:
        return 0, 1
    return sum(letters for letters, _ in sizes), 1 + sum(inside for _, inside in sizes)
