"""Whether a plain JSON Schema allows all that another one did, or only says it otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias, cast

Schema: TypeAlias = object  # a mapping, or true or false
Body: TypeAlias = Mapping[str, object]
Pair: TypeAlias = tuple[int, int]

DEEPEST = 40  # levels of schemas that are compared part by part, and of those below as a whole
MOST_PAIRS = 10_000  # of parts of allOf or anyOf that are compared with each other

WORDS = frozenset(
    {"title", "description", "$comment", "examples", "default", "deprecated", "readOnly", "x-i18n"}
)
"""Keywords that judge no value."""
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
_VALUES = frozenset({"const", "enum"})
_LEAST = frozenset(
    {"minLength", "minimum", "exclusiveMinimum", "minItems", "minContains", "minProperties"}
)
_MOST = frozenset(
    {"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxContains", "maxProperties"}
)
_DEFINITION = "#/$defs/"


def judging(schema: Schema) -> Schema:
    """The schema without the words that are for people."""
    if isinstance(schema, list):
        return [judging(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        word: {name: judging(part) for name, part in said.items()}
        if word in _BY_NAME and isinstance(said, dict)
        else said
        if word in _VALUES
        else judging(said)
        for word, said in schema.items()
        if word not in WORDS
    }


class Widening:
    """Compares schemas of two versions of an object, each with its own definitions."""

    def __init__(self, was: Body, now: Body) -> None:
        self.was = was
        self.now = now
        self.moved = was != now
        """Whether any definition is not what it was, be it in words alone."""
        self._changed = frozenset(_changed(was, now)) if self.moved else frozenset[str]()
        self._wider: dict[Pair, tuple[Schema, Schema]] = {}  # so far as is known
        self._narrower: dict[Pair, tuple[Schema, Schema]] = {}
        self._depth = 0

    @cached_property
    def without_options(self) -> Widening:
        """The same, as if no definition gave options."""
        return Widening(_without_options(self.was), _without_options(self.now))

    def same(self, before: Schema, after: Schema) -> bool:
        """Whether both say the same of values, definitions included."""
        if _spelled(judging(before)) != _spelled(judging(after)):
            return False
        return self._changed.isdisjoint(_references(after))

    def widens(self, before: Schema, after: Schema) -> bool:
        """Whether all that fits the one fits the other; where it can't be told, no."""
        if before is False or after is True:
            return True
        if not isinstance(after, dict):
            return False
        pair = id(before), id(after)  # they are kept, so no others have these ids
        if pair in self._wider or pair in self._narrower:
            return pair in self._wider
        if self._depth > DEEPEST:
            return self.same(before, after)
        return self._compared(pair, before, after)

    def _compared(self, pair: Pair, before: Schema, after: Body) -> bool:
        """The same, looked at for the first time; what leads back to itself is taken for wider."""
        known = len(self._wider)
        self._wider[pair] = before, after
        self._depth += 1
        was = self._opened(before if isinstance(before, dict) else {}, after)
        wider = all(self.keeps(word, was, after) for word in after if word not in WORDS)
        self._depth -= 1
        if not wider:
            while len(self._wider) > known:  # what was found by taking it for wider
                self._wider.popitem()
            self._narrower[pair] = before, after
        return wider

    def keeps(self, word: str, before: Body, after: Body) -> bool:
        """Whether a keyword of the later schema refuses nothing that the earlier one took."""
        said = after[word]
        if word in _ALONE:
            return _at_least(word, before.get(word), said)
        if word in _PARTS:
            return _PARTS[word](self, before, after)
        return word in before and self.same(before[word], said)

    def _opened(self, before: Body, after: Body) -> Body:
        """The earlier schema with what its reference stands for, unless the later one has it too."""
        seen: set[object] = set()
        while (name := before.get("$ref")) not in (None, after.get("$ref"), *seen):
            seen.add(name)
            found = self.was.get(_named(name), {})
            rest = {word: said for word, said in before.items() if word != "$ref"}
            before = {**(found if isinstance(found, dict) else {}), **rest}
        return before

    def _ref(self, before: Body, after: Body) -> bool:
        name = _named(after["$ref"])
        if before.get("$ref") != after["$ref"]:
            return self.widens(before, self.now.get(name, False))
        return self.widens(self.was.get(name, True), self.now.get(name, False))

    def _properties(self, before: Body, after: Body) -> bool:
        parts = cast("Body", before.get("properties", {}))
        others = True if "patternProperties" in before else before.get("additionalProperties", True)
        later = cast("Body", after["properties"])
        return all(self.widens(parts.get(name, others), part) for name, part in later.items())

    def _additional(self, before: Body, after: Body) -> bool:
        if before.get("patternProperties") != after.get("patternProperties"):
            return False
        others = after["additionalProperties"]
        parts = cast("Body", before.get("properties", {}))
        gone = (parts[name] for name in parts.keys() - cast("Body", after.get("properties", {})))
        if not self.widens(before.get("additionalProperties", True), others):
            return False
        return all(self.widens(part, others) for part in gone)

    def _names(self, before: Body, after: Body) -> bool:
        return self.widens(before.get("propertyNames", True), after["propertyNames"])

    def _patterns(self, before: Body, after: Body) -> bool:
        known = cast("Body", before.get("patternProperties", {}))
        later = cast("Body", after["patternProperties"])
        return all(self.widens(known.get(name, True), part) for name, part in later.items())

    def _items(self, before: Body, after: Body) -> bool:
        if before.get("prefixItems") != after.get("prefixItems"):
            return False
        return self.widens(before.get("items", True), after["items"])

    def _contains(self, before: Body, after: Body) -> bool:
        if "contains" not in before or not self.same(before["contains"], after["contains"]):
            return False
        least = (cast(int, one.get("minContains", 1)) for one in (after, before))
        return next(least) <= next(least)

    def _all_of(self, before: Body, after: Body) -> bool:
        known = cast("list[Schema]", before.get("allOf", []))
        later = cast("list[Schema]", after["allOf"])
        if len(known) * len(later) > MOST_PAIRS:
            return self.same(known, later)
        return all(any(self.widens(one, part) for one in known) for part in later)

    def _any_of(self, before: Body, after: Body) -> bool:
        later = cast("list[Schema]", after["anyOf"])
        known = cast("list[Schema]", before.get("anyOf", [True]))
        if len(known) * len(later) > MOST_PAIRS:
            return self.same(known, later)
        return all(any(self.widens(one, part) for part in later) for one in known)

    def _then(self, before: Body, after: Body) -> bool:
        return self._branch("then", before, after)

    def _else(self, before: Body, after: Body) -> bool:
        return self._branch("else", before, after)

    def _branch(self, word: str, before: Body, after: Body) -> bool:
        """A branch counts where there is a condition, and means the same only under the same."""
        if "if" not in after or self.widens(True, after[word]):
            return True
        asked = "if" in before and self.same(before["if"], after["if"])
        return asked and self.widens(before.get(word, True), after[word])

    def _asked(self, before: Body, after: Body) -> bool:
        return True  # a condition alone refuses nothing: its branches are looked at

    def _dependent(self, before: Body, after: Body) -> bool:
        known = cast("Body", before.get("dependentSchemas", {}))
        later = cast("Body", after["dependentSchemas"])
        return all(self.widens(known.get(name, True), part) for name, part in later.items())

    def _together(self, before: Body, after: Body) -> bool:
        known = cast("Mapping[str, list[str]]", before.get("dependentRequired", {}))
        always = cast("list[str]", before.get("required", []))
        later = cast("Mapping[str, list[str]]", after["dependentRequired"])
        return all({*asked} <= {*known.get(name, []), *always} for name, asked in later.items())


_PARTS: Mapping[str, Callable[[Widening, Body, Body], bool]] = {
    "$ref": Widening._ref,
    "properties": Widening._properties,
    "additionalProperties": Widening._additional,
    "propertyNames": Widening._names,
    "patternProperties": Widening._patterns,
    "items": Widening._items,
    "contains": Widening._contains,
    "allOf": Widening._all_of,
    "anyOf": Widening._any_of,
    "if": Widening._asked,
    "then": Widening._then,
    "else": Widening._else,
    "dependentSchemas": Widening._dependent,
    "dependentRequired": Widening._together,
}
_LISTS = frozenset({"enum", "required"})
_ALONE = _LEAST | _MOST | _LISTS | {"type", "uniqueItems", "multipleOf"}


def _at_least(word: str, before: object, after: object) -> bool:
    """Whether a keyword that stands alone asks no more than it did."""
    if word in _LISTS:
        return _lists(word, before, after)
    if word == "uniqueItems":
        return after is False or before is True
    if word == "type":
        return before == after or (before, after) == ("integer", "number")
    if word == "minContains":
        return True  # looked at with what is to be contained
    if not (isinstance(before, int | Decimal) and isinstance(after, int | Decimal)):
        return False
    if word == "multipleOf":
        return before % after == 0
    return after <= before if word in _LEAST else after >= before


def _lists(word: str, before: object, after: object) -> bool:
    if not isinstance(before, list) or not isinstance(after, list):
        return after == []
    more, less = (after, before) if word == "enum" else (before, after)
    return {*map(_spelled, less)} <= {*map(_spelled, more)}


def _spelled(value: object) -> str:
    """A text that differs where values do: true is not 1."""
    return json.dumps(value, sort_keys=True, default=str)


def _named(reference: object) -> str:
    return str(reference).removeprefix(_DEFINITION)


def _without_options(definitions: Body) -> Body:
    return {
        name: {word: said for word, said in it.items() if word != "oneOf"}
        if isinstance(it, dict)
        else it
        for name, it in definitions.items()
    }


def _changed(was: Body, now: Body) -> set[str]:
    """The definitions that judge otherwise, or refer to such."""
    names = {*was, *now}
    pairs = ((it, was.get(it), now.get(it)) for it in names)
    found = {
        it
        for it, one, other in pairs
        if one != other and _spelled(judging(one)) != _spelled(judging(other))
    }
    users: dict[str, set[str]] = {}
    for name in names - found:
        for used in _references(now[name]):
            users.setdefault(used, set()).add(name)
    waiting = list(found)
    while waiting:
        more = users.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


def _references(schema: Schema) -> Iterator[str]:
    """The definitions that a schema names."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield _named(part["$ref"])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
