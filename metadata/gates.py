"""What a stage's criteria read of a record and of what is related to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from metadata import bounds, schemas
from metadata.doubts import Doubt
from metadata.environments import STAGED, SYSTEM, Scope
from metadata.expressions import syntax
from metadata.expressions.parsing import parse
from metadata.expressions.problems import Problem as Fault
from metadata.expressions.reading import read
from metadata.expressions.tree import Type
from metadata.model import Criterion, Metadata, ObjectType, Pipeline
from metadata.problems import Findings, Path, did_you_mean, listed

PARTS = ("record", "related", "tasks", "scores", "approvals", "measures", "today")
"""The parts of the document that a criterion's schema is asked over."""

_SAME_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_REFUSED = ("$ref", "additionalProperties", "patternProperties", "minProperties", "$defs")
_WITHIN = ("contains", "items")
_OVER_RELATED = ("count", "sum", "any")

Schema: TypeAlias = Mapping[str, object]


def check(pipeline: Pipeline, metadata: Metadata, doubt: Doubt, to: Findings) -> None:
    """Tells which criteria of a pipeline read what is not there.

    Where it is not sure what is there, only the syntax of a check is looked at.
    """
    bound = metadata.objects.get(pipeline.object)
    staged = {one.object: one.stage_keys for one in metadata.pipelines.values()}
    for path, criterion in _criteria(pipeline):
        if criterion.check is not None:
            scope = None
            if bound is not None and not doubt.expression(criterion.check, bound.key):
                scope = Scope(metadata.objects, staged, bound.key, with_old=True)
            for fault in _faults(criterion.check, scope):
                to.add((*path, "check"), fault.code, fault.placed, fault.mend)
        elif criterion.schema is not None and bound is not None and not doubt.of_objects:
            _Reading(metadata, bound, to).document(criterion.schema, (*path, "schema"))
            schemas.check_idle(criterion.schema, (*path, "schema"), to)


def _faults(text: str, scope: Scope | None) -> Iterable[Fault]:
    """What is wrong with a check. One that counts related records, or reads another part of the
    gate's document, is known only once the gate is asked: of it, only the syntax is.
    """
    written = read(text)
    if isinstance(written, Fault):
        return [written]
    if scope is None or _beyond(written):
        return []
    found = parse(text, scope.environment(), Type.BOOL)
    return found if isinstance(found, list) else []


def _beyond(node: syntax.Node) -> bool:
    match node:
        case syntax.Path():
            return node.name.partition(".")[0] in PARTS
        case syntax.Applied():
            return node.name in _OVER_RELATED or any(map(_beyond, node.arguments))
        case syntax.Sum():
            return any(_beyond(term) for _, term, _ in node.terms)
        case syntax.Listed():
            return any(map(_beyond, node.items))
        case syntax.Part():
            return _beyond(node.of)
    return False


def _criteria(pipeline: Pipeline) -> Iterator[tuple[Path, Criterion]]:
    for index, stage in enumerate(pipeline.stages):
        for side, gate in (("entry", stage.entry), ("exit", stage.exit)):
            for place, criterion in enumerate(gate):
                yield ("stages", index, side, place), criterion


class _Reading:
    """Walks criteria's schemas beside the declarations that they read."""

    def __init__(self, metadata: Metadata, bound: ObjectType, to: Findings) -> None:
        self._metadata = metadata
        self._bound = bound
        self._to = to

    def document(self, schema: object, path: Path) -> None:
        for at, name, inside in self._properties(schema, path):
            if name == "record":
                self.record(self._bound, inside, at)
            elif name == "related":
                self._related(inside, at)
            elif name not in PARTS:
                self._unknown(name, PARTS, at)

    def record(self, of: ObjectType, schema: object, path: Path) -> None:
        """A record's schema names only fields of its object."""
        known = [*of.fields, *SYSTEM]
        known += STAGED if self._metadata.pipeline_of(of.key) else ()
        for at, name, inside in self._properties(schema, path):
            if name not in known:
                self._unknown(name, known, at)
            elif name in of.fields:
                schemas.check_values(inside, at, of.fields[name], self._to)

    def _related(self, schema: object, path: Path) -> None:
        inverses = {inverse.key: inverse for inverse in self._metadata.inverses(self._bound.key)}
        for at, name, inside in self._properties(schema, path):
            if name not in inverses:
                self._unknown(name, inverses, at)
                continue
            child = self._metadata.objects[inverses[name].object]
            for place, _, items in _lists(inside, at):
                self.record(child, items, place)

    def _unknown(self, name: str, known: Iterable[str], path: Path) -> None:
        names = list(known)
        mend = did_you_mean(name, names) or (f"Known are {listed(names, 'and')}." if names else "")
        self._to.add(path, "UNKNOWN_FIELD", f"There is no '{name}' to be read here.", mend)

    def _properties(self, schema: object, path: Path) -> Iterator[tuple[Path, str, object]]:
        """Every property named at this place, also in conditions."""
        for place, part in _same_place(schema, path):
            for word in _REFUSED:
                if word in part:
                    message = f"A criterion's schema can't say '{word}'."
                    self._to.add((*place, word), "NOT_ALLOWED", message, "Name the properties.")
            for name in cast("list[str]", part.get("required", [])):
                yield (*place, "required"), name, {}
            properties = part.get("properties")
            for name, inside in properties.items() if isinstance(properties, dict) else ():
                yield (*place, "properties", name), name, inside


def _same_place(schema: object, path: Path) -> Iterator[tuple[Path, Schema]]:
    if not isinstance(schema, dict) or len(path) > bounds.DEPTH:
        return
    yield path, schema
    for word in _SAME_PLACE:
        inside = schema.get(word)
        if isinstance(inside, list):
            for index, one in enumerate(inside):
                yield from _same_place(one, (*path, word, index))
        else:
            yield from _same_place(inside, (*path, word))


def _lists(schema: object, path: Path) -> Iterator[tuple[Path, str, object]]:
    """What is asked of the items of a list."""
    for place, part in _same_place(schema, path):
        for word in _WITHIN:
            if word in part:
                yield (*place, word), word, part[word]
