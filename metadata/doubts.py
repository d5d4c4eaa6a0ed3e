"""What nothing sure can be said about, since its declaration is broken: no blame for its users."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from metadata.dialects import Kind
from metadata.problems import Path

_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Things whose documents could not be read, and fields that were left out of theirs."""

    things: frozenset[str] = frozenset()
    fields: frozenset[tuple[str, str]] = frozenset()
    staged: frozenset[str] = frozenset()  # objects whose pipeline could not be read

    def thing(self, key: str) -> bool:
        """Whether something of this key may be declared, though it was not found."""
        return key in self.things

    def field(self, object_key: str, key: str) -> bool:
        """Whether the object may have this field, though it was not found."""
        return object_key in self.things or (object_key, key) in self.fields

    def expression(self, text: str) -> bool:
        """Whether an expression may be right, though it is not understood."""
        if self.things:
            return True
        named = {key for _, key in self.fields}
        return bool(named) and not named.isdisjoint(_WORD.findall(text))


def without(body: dict[str, object], kind: Kind, paths: Iterable[Path]) -> dict[str, object] | None:
    """The declaration without the parts that paths lead into; None where little would be left.

    Of an object, fields, rules and unique keys are left out one by one.
    """
    if kind is not Kind.OBJECT:
        return None
    whole: set[str] = set()
    parts: dict[str, set[str | int]] = {}
    for path in paths:
        if not path or path[0] in ("$id", "$schema"):
            return None
        if path[0] in _PARTED and len(path) > 1:
            parts.setdefault(str(path[0]), set()).add(path[1])
        else:
            whole.add(str(path[0]))
    kept = {word: value for word, value in body.items() if word not in whole}
    for word, out in parts.items():
        if word in kept:
            kept[word] = _less(word, kept[word], out)
    return kept


_PARTED = ("properties", "x-rules", "x-unique", "$defs")


def _less(word: str, said: object, out: set[str | int]) -> object:
    if isinstance(said, list):
        return [item for index, item in enumerate(said) if index not in out]
    found = cast("dict[str, object]", said)
    if word == "$defs":  # references to it stay good
        return {key: {"type": "object"} if key in out else value for key, value in found.items()}
    return {key: value for key, value in found.items() if key not in out}
