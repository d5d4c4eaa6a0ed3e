"""What nothing sure can be said about, since its declaration is broken: no blame for its users."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from metadata.dialects import Kind
from metadata.problems import Path

Body: TypeAlias = Mapping[str | int, object]

_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What could not be read, and fields and parts that were left out of what could."""

    objects: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()  # pipelines and graphs
    staged: frozenset[str] = frozenset()  # objects of such pipelines
    fields: frozenset[tuple[str, str]] = frozenset()
    parted: frozenset[str] = frozenset()  # things of which some part was left out
    courses: frozenset[str] = frozenset()  # pipelines of whose stages some have no known kind
    everything: bool = False  # a document did not even say what it declares
    whole: frozenset[str] = frozenset()  # objects that such a document can't be about

    def thing(self, key: str) -> bool:
        """Whether something of this key may be declared, though it was not found."""
        return self.everything or key in self.objects or key in self.things

    def part(self, key: str) -> bool:
        """Whether the thing may have parts that were not found."""
        return self.thing(key) or key in self.parted

    def field(self, object_key: str, key: str) -> bool:
        """Whether the object may have this field, though it was not found."""
        if object_key in self.objects or (object_key, key) in self.fields:
            return True
        return self.everything and object_key not in self.whole

    @property
    def of_objects(self) -> bool:
        """Whether any object may have other fields than were found."""
        return bool(self.everything or self.objects or self.fields)

    def expression(self, text: str, object_key: str) -> bool:
        """Whether an expression over an object may be right, though it is not understood."""
        words = frozenset(_WORD.findall(text))
        if object_key in self.objects or not words.isdisjoint(key for _, key in self.fields):
            return True
        if self.objects and "." in text:
            return True
        is_of_stages = any(word.startswith("stage") for word in words)
        if self.everything:
            return object_key not in self.whole or "." in text or is_of_stages
        return bool(self.staged) and is_of_stages


def without(body: dict[str, object], kind: Kind, paths: Iterable[Path]) -> dict[str, object] | None:
    """The declaration without the parts that paths lead into; None where little would be left.

    Parts are fields, rules, criteria of a gate, edges and the like, one by one. Packs and labels
    have none.
    """
    if kind not in _NEEDED:
        return None
    cuts = {cut(kind, path) for path in paths}
    if None in cuts:
        return None
    found = cast("set[Path]", cuts)
    kept = cast("dict[str, object]", _less(body, found))
    lost = {str(cut[1]): {"type": "object"} for cut in found if cut[0] == "$defs" and len(cut) > 1}
    if lost and "$defs" in kept:  # references to a definition stay good
        kept["$defs"] = cast("dict[str, object]", kept["$defs"]) | lost
    return kept


def cut(kind: Kind, path: Path) -> Path | None:
    """The path to the part that is left out for what is wrong at a path; None: there is none."""
    if not path or path[0] in _NEEDED[kind] or path in _WHOLE:
        return None
    alone = next((place for place, word in enumerate(path) if word in _ALONE), 0)
    if alone > 1 and "oneOf" not in path:
        return path[: alone + 1]
    if path[0] == "stages" and path[2:] == ("kind",):
        return path
    if path[0] == "stages":  # others follow and name a stage, by its kind and key
        if len(path) < 3 or path[2] in ("key", "kind"):
            return None
        return path[:4] if path[2] in ("entry", "exit", "tasks") else path[:3]
    return path[:2] if path[0] in _PARTED else path[:1]


_NEEDED = {
    Kind.OBJECT: ("$id", "$schema"),
    Kind.PIPELINE: ("$id", "$schema", "object"),
    Kind.GRAPH: ("$id", "$schema", "anchor", "nodes"),
    Kind.ROLE: ("$id", "$schema", "rights"),
}
_WHOLE = (("properties",), ("$defs",))
_ALONE = frozenset({"severity", "onDelete", "title", "description", "x-i18n"})
"""Words of which nothing else depends on what they say."""
_PARTED = ("properties", "x-rules", "x-unique", "$defs", "reasons", "edges", "measures")


def _less(value: object, cuts: Iterable[Path]) -> object:
    """The list or object without what is at these paths in it."""
    inside: defaultdict[str | int, set[Path]] = defaultdict(set)
    for cut in cuts:
        inside[cut[0]].add(cut[1:])
    said = list(enumerate(value) if isinstance(value, list) else cast("Body", value).items())
    kept = {
        key: _less(item, inside[key]) if key in inside else item
        for key, item in said
        if () not in inside.get(key, ())
    }
    return list(kept.values()) if isinstance(value, list) else kept
