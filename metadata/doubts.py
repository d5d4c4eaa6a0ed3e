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
    """Things whose documents could not be read, and fields that were left out of theirs."""

    things: frozenset[str] = frozenset()
    fields: frozenset[tuple[str, str]] = frozenset()
    staged: frozenset[str] = frozenset()  # objects whose pipeline could not be read
    courses: frozenset[str] = frozenset()  # pipelines of whose stages some have no known kind
    everything: bool = False  # a document did not even say what it declares

    def thing(self, key: str) -> bool:
        """Whether something of this key may be declared, though it was not found."""
        return self.everything or key in self.things

    def field(self, object_key: str, key: str) -> bool:
        """Whether the object may have this field, though it was not found."""
        return self.thing(object_key) or (object_key, key) in self.fields

    @property
    def is_none(self) -> bool:
        """Whether all that is declared is known."""
        return not (self.everything or self.things or self.fields)

    def expression(self, text: str) -> bool:
        """Whether an expression may be right, though it is not understood."""
        if self.everything or self.things:
            return True
        named = {key for _, key in self.fields}
        return bool(named) and not named.isdisjoint(_WORD.findall(text))


def without(body: dict[str, object], kind: Kind, paths: Iterable[Path]) -> dict[str, object] | None:
    """The declaration without the parts that paths lead into; None where little would be left.

    Parts are fields, rules, criteria of a gate, edges and the like, one by one. Packs and labels
    have none.
    """
    if kind not in _NEEDED:
        return None
    cuts = {_cut(kind, path) for path in paths}
    if None in cuts:
        return None
    found = cast("set[Path]", cuts)
    kept = cast("dict[str, object]", _less(body, found))
    lost = {str(cut[1]): {"type": "object"} for cut in found if cut[0] == "$defs" and len(cut) > 1}
    if lost and "$defs" in kept:  # references to a definition stay good
        kept["$defs"] = cast("dict[str, object]", kept["$defs"]) | lost
    return kept


def _cut(kind: Kind, path: Path) -> Path | None:
    """The path to the part that is left out for what is wrong at a path; None: there is none."""
    if not path or path[0] in _NEEDED[kind] or path == ("properties",):
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
