"""How often a value can be judged by one schema: references that branch multiply it at every level.

Ten lines of definitions, each naming the next one twice, would keep a validator busy for years.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from metadata import bounds

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")
_EACH = ("items", "contains", "propertyNames", "additionalProperties")
_TOO_MANY = bounds.JUDGEMENTS + 1


def too_heavy(schema: object, definitions: Mapping[str, object]) -> bool:
    """Whether a value, or a part of it, is judged by more schemas than are allowed.

    No definition may stand for itself; parts of a value may be judged by it again. Without any, it
    is as long as it is written.
    """
    return (
        bool(definitions) and _Weighing(definitions).whole(schema, bounds.DEPTH) > bounds.JUDGEMENTS
    )


@dataclass(slots=True)
class _Load:
    """Judgements of a value itself, of its parts by name or position, and of each of its parts."""

    own: int = 0
    named: Counter[str | int] = field(default_factory=Counter)
    each: int = 0

    def add(self, other: _Load) -> None:
        self.own += other.own
        self.named.update(other.named)
        self.each += other.each


class _Weighing:
    """One look at a schema; what is weighed once is not weighed again."""

    def __init__(self, definitions: Mapping[str, object]) -> None:
        self._definitions = definitions
        self._named: dict[tuple[str, int], _Load] = {}  # by definition and levels that are left
        self._plain: dict[int, _Load] = {}  # of schemas that refer to nothing, by their identity
        self._refers: dict[int, bool] = {}

    def whole(self, schema: object, levels: int) -> int:
        """Judgements of a value and, along the worst path, of what is inside it."""
        load = self._load(schema, levels)
        return min(load.own + load.each + max(load.named.values(), default=0), _TOO_MANY)

    def _load(self, schema: object, levels: int) -> _Load:
        if not isinstance(schema, dict) or levels == 0:
            return _Load(1)
        if self._has_reference(schema):
            return self._made(schema, levels)
        found = self._plain.get(id(schema))
        if found is None:
            found = self._plain[id(schema)] = self._made(schema, bounds.DEPTH)
        return found

    def _made(self, schema: Mapping[str, object], levels: int) -> _Load:
        load = _Load(1)
        if isinstance(schema.get("$ref"), str):
            load.add(self._referred(str(schema["$ref"]), levels))
        for part in _in_place(schema):
            if load.own < _TOO_MANY:
                load.add(self._load(part, levels))
        for name, part in _parts(schema):
            load.named[name] += self.whole(part, levels - 1)
        load.each += sum(self.whole(part, levels - 1) for part in _for_each(schema))
        return load

    def _referred(self, reference: str, levels: int) -> _Load:
        name = reference.removeprefix("#/$defs/")
        found = self._named.get((name, levels))
        if found is None:
            found = self._load(self._definitions.get(name), levels)
            self._named[name, levels] = found
        return found

    def _has_reference(self, schema: object) -> bool:
        if not isinstance(schema, dict | list):
            return False
        found = self._refers.get(id(schema))
        if found is None:
            parts = schema.values() if isinstance(schema, dict) else schema
            inside = [self._has_reference(part) for part in parts]
            found = self._refers[id(schema)] = "$ref" in schema or any(inside)
        return found


def _in_place(schema: Mapping[str, object]) -> Iterator[object]:
    for word in _LISTS:
        yield from _items(schema.get(word))
    for word in _SINGLE:
        if word in schema:
            yield schema[word]
    for _, part in _entries(schema.get("dependentSchemas")):
        yield part


def _parts(schema: Mapping[str, object]) -> Iterator[tuple[str | int, object]]:
    yield from _entries(schema.get("properties"))
    yield from enumerate(_items(schema.get("prefixItems")))


def _for_each(schema: Mapping[str, object]) -> Iterator[object]:
    for word in _EACH:
        if word in schema:
            yield schema[word]
    for _, part in _entries(schema.get("patternProperties")):
        yield part


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _entries(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []
