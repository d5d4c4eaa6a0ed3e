"""Whether declarations fit each other: references, inverses, pipelines, and every name once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from metadata import bounds, naming
from metadata.doubts import Doubt
from metadata.merging import Merged
from metadata.model import NUMBERS, Field, FieldType, Metadata, ObjectType, Pipeline
from metadata.problems import Findings, Path, a, did_you_mean, listed


@dataclass(frozen=True, slots=True)
class Linked:
    """The parts that are fitted together, with where each was declared."""

    objects: Mapping[str, ObjectType]
    declared: Mapping[str, Merged]  # by object
    doubt: Doubt
    findings: Mapping[str, Findings]  # by object


def check_references(of: Linked) -> None:
    """Every reference names an object that there is."""
    for owner in of.objects.values():
        for field in owner.references():
            assert field.reference is not None
            target = field.reference.object
            if target not in of.objects and not of.doubt.thing(target):
                path = ("properties", field.key, "x-reference", "object")
                mend = did_you_mean(target, of.objects)
                message = f"There is no object '{target}'."
                of.findings[owner.key].add(path, "UNKNOWN_OBJECT", message, mend)


def check_hidden(of: Linked) -> None:
    """Nobody has to name a record of an object that nobody sees."""
    for owner in of.objects.values():
        for field in () if owner.hidden else owner.references():
            assert field.reference is not None
            target = of.objects.get(field.reference.object)
            asked = field.required and not field.hidden and field.default is None
            if asked and target is not None and target.hidden:
                message = (
                    f"'{owner.key}.{field.key}' is required and refers to '{target.key}', which is"
                    f" hidden: no record of '{owner.key}' could be created."
                )
                mend = f"Hide '{owner.key}' as well, or leave '{target.key}' shown."
                of.findings[target.key].add(("x-hidden",), "HIDDEN_REQUIRED", message, mend)


def check_objects(of: Linked) -> None:
    """Not too many objects, and no plural that is also a key."""
    if len(of.objects) > bounds.OBJECTS:
        last = list(of.objects)[-1]
        message = f"There are {len(of.objects)} objects; at most {bounds.OBJECTS} are allowed."
        of.findings[last].add((), "TOO_MANY", message)
    for found in of.objects.values():
        if found.plural in of.objects:
            message = f"The plural '{found.plural}' of '{found.key}' is the key of an object."
            path: Path = ("x-plural",) if "x-plural" in of.declared[found.key].body else ()
            of.findings[found.key].add(path, "DUPLICATE", message, "Give another x-plural.")


def check_pipeline(pipeline: Pipeline, of: Linked, findings: Findings) -> None:
    """The bound object exists, its bound fields are of the right types, and tasks name what is."""
    bound = of.objects.get(pipeline.object)
    if bound is None:
        if not of.doubt.thing(pipeline.object):
            mend = did_you_mean(pipeline.object, of.objects)
            message = f"There is no object '{pipeline.object}'."
            findings.add(("object",), "UNKNOWN_OBJECT", message, mend)
        return
    wanted = {
        "amount": (pipeline.amount, NUMBERS),
        "date": (pipeline.date, frozenset({FieldType.DATE})),
        "probability": (pipeline.probability, frozenset({FieldType.PERCENT})),
    }
    for word, (key, types) in wanted.items():
        if key is None:
            continue
        field = bound.fields.get(key)
        if field is not None:
            _check_bound(word, field, types, findings)
        else:
            findings.no_field((word,), bound.key, key, bound.fields)
    for index, stage in enumerate(pipeline.stages):
        for place, task in enumerate(stage.tasks):
            _check_task(task, bound, of, _Told(findings, ("stages", index, "tasks", place)))


@dataclass(frozen=True, slots=True)
class _Told:
    """Where problems of a part of a document go."""

    findings: Findings
    path: Path


def _check_task(task: Mapping[str, object], bound: ObjectType, of: Linked, to: _Told) -> None:
    """The fields that are to be filled, and the object that is to be related, are there."""
    for place, key in enumerate(cast("list[str]", task.get("fields", []))):
        if key not in bound.fields:
            to.findings.no_field((*to.path, "fields", place), bound.key, key, bound.fields)
    target = cast("str | None", task.get("object"))
    if target is not None and target not in of.objects and not of.doubt.thing(target):
        mend = did_you_mean(target, of.objects)
        message = f"There is no object '{target}'."
        to.findings.add((*to.path, "object"), "UNKNOWN_OBJECT", message, mend)


def _check_bound(word: str, field: Field, types: frozenset[FieldType], findings: Findings) -> None:
    key = field.key
    if field.type not in types:
        message = f"'{key}' is {a(field.type)}; wanted is {listed(sorted(types))}."
        findings.add((word,), "WRONG_TYPE", message)
    elif word == "probability" and field.derived:
        message = f"'{key}' is computed; it can't take the stage's probability."
        findings.add((word,), "WRONG_TYPE", message)


def check_stored(pipeline: Pipeline, of: Linked, findings: Findings) -> None:
    """What a pipeline's columns copy is stored, not computed when it is asked."""
    bound = of.objects.get(pipeline.object)
    for word, key in (("amount", pipeline.amount), ("date", pipeline.date)):
        field = bound.fields.get(key) if bound and key else None
        if field is not None and not field.stored:
            message = f"'{key}' is computed whenever it is asked: lists can't be ordered by it."
            mend = "Name a field that is stored."
            findings.add((word,), "NOT_STORED", message, mend)


def check_one_pipeline_each(
    pipelines: Mapping[str, Pipeline], findings: Mapping[str, Findings]
) -> None:
    first: dict[str, str] = {}
    for pipeline in pipelines.values():
        other = first.setdefault(pipeline.object, pipeline.key)
        if other != pipeline.key:
            message = f"'{pipeline.object}' has the pipeline '{other}' already."
            mend = f"Change that one: declare the same $id, '{other}'."
            findings[pipeline.key].add(("object",), "SECOND_PIPELINE", message, mend)


def check_names(metadata: Metadata, of: Linked, graphs: Mapping[str, Findings]) -> None:
    """Every name of the API stands once in its scope; of two sources, one duplicate is told."""
    found = list(naming.names(metadata))
    counts = Counter((name.scope, name.name) for name in found)
    first: dict[tuple[str, str], str] = {
        ("types", name): "the platform" for name in naming.PLATFORM_TYPES
    }
    first |= {("query", name): "the platform" for name in naming.PLATFORM_QUERIES}
    first |= {("mutation", name): "the platform" for name in naming.PLATFORM_MUTATIONS}
    seen = set[tuple[str, str]]()
    for name in found:
        key = (name.scope, name.name)
        if counts[key] == 1 and key not in first:
            continue
        other = first.setdefault(key, name.source)
        if other != name.source and (other, name.source) not in seen:
            seen.add((other, name.source))
            message = f"{_where(name.scope)} '{name.name}' comes from {other} and {name.source}."
            told = graphs if name.of_graph else of.findings
            told[name.declared].add(name.path, "NAME_TAKEN", message, "Rename one of them.")


def _where(scope: str) -> str:
    words = {"types": "The type", "query": "The query", "mutation": "The mutation"}
    return words.get(scope, f"On '{scope}' the field")
