"""What changes from one version to the next: for those who use the API, and for stored records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain

from metadata import naming, object_changes
from metadata.assigning import Left
from metadata.changes import Change, Effect, Impact, Saying
from metadata.comparing import reordered
from metadata.model import Field, FieldType, Graph, Metadata, Pipeline, Stage

PIPELINE_ADDED = "PIPELINE_ADDED"


def diff(old: Metadata, new: Metadata, left: Collection[Left] = ()) -> list[Change]:
    """Everything that differs, objects first, in declared order; empty for equal versions.

    `left` are the values that the new version does not read any more.
    """
    return [*_declared(old, new), *_computed(old, new, left)]


def diff_back(old: Metadata, new: Metadata, left: Collection[Left]) -> list[Change]:
    """The same on the way back to a version that was there before.

    A field that was another one meanwhile has its values of then again, and an object that was
    gone has its records.
    """
    return [
        *(_as_it_was(change, old, new) for change in _declared(old, new)),
        *_returned(old, new, left),
        *_computed(old, new, left),
    ]


def _declared(old: Metadata, new: Metadata) -> list[Change]:
    if old.fingerprint and old.fingerprint == new.fingerprint:
        return []
    return [
        *object_changes.changes(old, new),
        *_pipelines(old, new),
        *_graphs(old, new),
        *_roles(old, new),
    ]


def _as_it_was(change: Change, old: Metadata, new: Metadata) -> Change:
    """The change with what stored values mean to declarations that had them before."""
    unreadable = (Effect.RETYPED, Effect.ABANDONED)
    impacts = tuple(one for one in change.impacts if one.effect not in unreadable)
    if change.object is not None and change.object not in old.objects:
        impacts = _back(change, new, change.object)
    return replace(change, impacts=(*impacts, *_dangling(new, change)))


def _dangling(new: Metadata, change: Change) -> Iterator[Impact]:
    """References that come back, to what may have been deleted while they were away."""
    if change.object is None or change.code not in (object_changes.ADDED, "FIELD_ADDED"):
        return
    for field in new.objects[change.object].references():
        if change.field in (None, field.key):
            yield Impact(Effect.DANGLING, change.object, field.key)


def _back(change: Change, new: Metadata, object_key: str) -> tuple[Impact, ...]:
    """What it means for the records of an object that was gone."""
    if change.code == object_changes.ADDED:
        return object_changes.back(new.objects[object_key])
    pipeline = new.pipeline_of(object_key) if change.code == PIPELINE_ADDED else None
    return _staged(pipeline) if pipeline is not None else change.impacts


def _returned(old: Metadata, new: Metadata, left: Collection[Left]) -> Iterator[Change]:
    for one in left:
        was, of = old.objects[one.object].fields[one.field], new.objects.get(one.object)
        now = of.fields.get(one.field) if of is not None else None
        if of is not None and now is not None and not now.derived:
            yield object_changes.returned(of, was, now)


def recomputed(
    old: Metadata | None, new: Metadata, left: Collection[Left] = ()
) -> list[tuple[str, str]]:
    """(object, field) of stored computed values that differ by declaration, in computing order.

    Also those that read such a value, one that has another place than the one `left`, or the kind
    of a stage that is of another kind now.
    """
    elsewhere = {(one.object, one.field) for one in left}
    elsewhere.update((key, "stage_kind") for key in _kinds_changed(old, new))
    stale: dict[tuple[str, str], None] = {}
    for step in new.steps:
        key = (step.object, step.field)
        before = old.objects.get(step.object) if old else None
        was = before.fields.get(step.field) if before else None
        now = new.objects[step.object].fields[step.field]
        moved = not (step.reads.isdisjoint(stale) and step.reads.isdisjoint(elsewhere))
        if was is None or _how(was) != _how(now) or moved:
            stale[key] = None
    return list(stale)


def _kinds_changed(old: Metadata | None, new: Metadata) -> Iterator[str]:
    """Objects whose records may be in a stage that is of another kind now."""
    for now in new.pipelines.values():
        was = old.pipeline_of(now.object) if old is not None else None
        kinds = {stage.key: stage.kind for stage in was.stages} if was is not None else {}
        if any(kinds.get(stage.key, stage.kind) != stage.kind for stage in now.stages):
            yield now.object


def waves(metadata: Metadata, stale: Collection[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The stale values by when they can be computed, those of a wave in computing order.

    What a roll-up reads in other records must be right in all of them, so it belongs to an earlier
    wave; a formula reads its own record, which one wave computes whole.
    """
    of: dict[tuple[str, str], int] = {}
    found: list[list[tuple[str, str]]] = []
    for step in metadata.steps:
        key = (step.object, step.field)
        if key not in stale:
            continue
        field = metadata.objects[step.object].fields[step.field]
        later = 0 if field.rollup is None else 1
        of[key] = max((of[read] + later for read in step.reads & of.keys()), default=0)
        found += [[] for _ in range(of[key] + 1 - len(found))]
        found[of[key]].append(key)
    return found


def _how(field: Field) -> tuple[object, ...]:
    return field.type, field.scale, field.formula, field.rollup, field.stored


def _computed(old: Metadata, new: Metadata, left: Collection[Left]) -> Iterator[Change]:
    for object_key, key in recomputed(old, new, left):
        if object_key in old.objects:
            say = Saying(f"object {object_key}", object_key, key)
            impact = Impact(Effect.COMPUTED, object_key, key)
            message = f"The stored value of '{key}' is computed anew."
            foreign = _foreign((object_key, key), new)
            yield say("RECOMPUTED", ("properties", key), message, "", impact, *foreign)


def _foreign(key: tuple[str, str], new: Metadata) -> Iterator[Impact]:
    """The amounts that a roll-up leaves out."""
    rollup = new.objects[key[0]].fields[key[1]].rollup
    taken = new.objects[rollup.object].fields.get(rollup.field or "") if rollup else None
    if rollup is not None and taken is not None and taken.type is FieldType.MONEY:
        yield Impact(Effect.FOREIGN, rollup.object, rollup.field, rollup.via, fields=key)


def _pipelines(old: Metadata, new: Metadata) -> Iterator[Change]:
    for key, was in old.pipelines.items():
        now = new.pipelines.get(key)
        if now is None or now.object != was.object:
            breaks = (
                f"The stage fields of '{was.object}' are gone."
                if not new.pipeline_of(was.object)
                else ""
            )
            impacts = _unbound(was, new)
            message = f"The pipeline '{key}' of '{was.object}' is removed."
            say = Saying(f"pipeline {key}", was.object)
            yield say("PIPELINE_REMOVED", (), message, breaks, *impacts)
        elif was != now:
            yield from _pipeline(was, now)
    for key, now in new.pipelines.items():
        was_of = old.pipelines[key].object if key in old.pipelines else None
        if was_of != now.object:
            message = f"'{now.object}' is now staged, by the pipeline '{key}'."
            impacts = _staged(now) if now.object in old.objects else ()
            say = Saying(f"pipeline {key}", now.object)
            yield say(PIPELINE_ADDED, (), message, "", *impacts)
            before = old.pipeline_of(now.object)
            yield from _kinds(before, now, say) if before is not None else ()


def _unbound(was: Pipeline, new: Metadata) -> tuple[Impact, ...]:
    """What the end of a pipeline means for records: without another one their stages are hidden."""
    if new.pipeline_of(was.object) is not None or was.object not in new.objects:
        return ()
    return (Impact(Effect.LOST, was.object),)


def _staged(now: Pipeline) -> tuple[Impact, ...]:
    """What a new pipeline means for records: those with a stage keep it, so it must be there."""
    known = now.stage_keys
    return (
        Impact(Effect.UNSTAGED, now.object),
        Impact(Effect.OFF_STAGE, now.object, fields=known),
        Impact(Effect.GIVEN, now.object, fields=now.reason_keys),
    )


def _pipeline(was: Pipeline, now: Pipeline) -> Iterator[Change]:
    say = Saying(f"pipeline {now.key}", now.object)
    before = {stage.key: stage for stage in was.stages}
    after = {stage.key: stage for stage in now.stages}
    for key in (key for key in before if key not in after):
        breaks = f"The value {naming.enum_value(key)} is gone from the stages of '{now.object}'."
        held = Impact(Effect.HELD, now.object, None, key)
        yield say("STAGE_REMOVED", ("stages",), f"The stage '{key}' is removed.", breaks, held)
    for index, stage in enumerate(now.stages):
        old = before.get(stage.key)
        if old is None:
            yield say("STAGE_ADDED", ("stages", index), f"The stage '{stage.key}' is new.")
        elif old != stage:
            retires = stage.deprecated and not old.deprecated
            breaks = "Creates that name it are refused." if retires else ""
            message = f"The stage '{stage.key}' changes: {_differing(old, stage)}."
            yield say("STAGE_CHANGED", ("stages", index), message, breaks)
    yield from _kinds(was, now, say)
    if reordered(before, after):
        yield say("STAGES_REORDERED", ("stages",), "The stages stand in another order.")
    yield from _reasons(was, now, say)
    for word in ("amount", "date", "probability", "title", "labels"):
        if getattr(was, word) != getattr(now, word):
            code = "PIPELINE_CHANGED" if word not in ("title", "labels") else "RELABELLED"
            yield say(code, (word,), f"The pipeline's {word} changes.")


def _kinds(was: Pipeline, now: Pipeline, say: Saying) -> Iterator[Change]:
    """Stages that are of another kind: what is counted as open, won or lost is not the same."""
    for index, stage in enumerate(now.stages):
        old = was.stage(stage.key)
        if old is not None and old.kind != stage.kind:
            message = f"The stage '{stage.key}' was {old.kind} and is {stage.kind}."
            breaks = f"Its records count as {stage.kind} in every figure, those of the past too."
            if now.probability is not None:
                breaks += f" They keep their {now.probability} until it is written."
            outcome = Impact(Effect.OUTCOME, now.object, None, stage.key)
            yield say("STAGE_KIND_CHANGED", ("stages", index, "kind"), message, breaks, outcome)


def _reasons(was: Pipeline, now: Pipeline, say: Saying) -> Iterator[Change]:
    before = {str(reason["key"]): reason for reason in was.reasons}
    after = {str(reason["key"]): reason for reason in now.reasons}
    for key in (key for key in before if key not in after):
        breaks = "Stage histories that give it are refused."
        given = Impact(Effect.GIVEN, now.object, None, key)
        yield say("REASON_REMOVED", ("reasons",), f"The reason '{key}' is removed.", breaks, given)
    for index, (key, reason) in enumerate(after.items()):
        path = ("reasons", index)
        if key not in before:
            yield say("REASON_ADDED", path, f"The reason '{key}' is new.")
        elif before[key] != reason:
            words = (w for w in {**before[key], **reason} if before[key].get(w) != reason.get(w))
            yield say("REASON_CHANGED", path, f"The reason '{key}' changes: {', '.join(words)}.")
    if reordered(before, after):
        yield say("REASONS_REORDERED", ("reasons",), "The reasons stand in another order.")


def _differing(was: Stage | Graph, now: Stage | Graph) -> str:
    """What of it is not as it was."""
    names = (name for name in was.__slots__ if getattr(was, name) != getattr(now, name))
    return ", ".join(names)


# Graphs and roles


def _graphs(old: Metadata, new: Metadata) -> Iterator[Change]:
    for key in dict.fromkeys((*old.graphs, *new.graphs)):
        was, now = old.graphs.get(key), new.graphs.get(key)
        say = Saying(f"graph {key}", (was or now or _NO_GRAPH).anchor)
        if now is None:
            breaks = "Its field and types are gone."
            yield say("GRAPH_REMOVED", (), f"The graph '{key}' is removed.", breaks)
        elif was is None:
            message = f"'{now.anchor}' has the graph '{key}'."
            yield say("GRAPH_ADDED", (), message, "", *_circular(was, now))
        elif was != now:
            breaks = ""
            if (was.anchor, was.node, was.through) != (now.anchor, now.node, now.through):
                breaks = "Its nodes are of other types."
            elif old.strength_of(was) not in (None, new.strength_of(now)):
                breaks = "The strength of its edges is of another type."
            message = f"The graph '{key}' changes: {_differing(was, now)}."
            yield say("GRAPH_CHANGED", (), message, breaks, *_circular(was, now))


def _circular(was: Graph | None, now: Graph) -> Iterator[Impact]:
    """What it means for records that the graph has edges of which none may lead back."""
    if any(edge.acyclic for edge in now.edges) and (was is None or was.edges != now.edges):
        yield Impact(Effect.CIRCULAR, now.node, value=now.key)


_NO_GRAPH = Graph("", "", "", "", "", "", "")


def _roles(old: Metadata, new: Metadata) -> Iterator[Change]:
    for key in chain(old.roles, (key for key in new.roles if key not in old.roles)):
        was, now = old.roles.get(key), new.roles.get(key)
        say = Saying(f"role {key}")
        if now is None:
            breaks = "Tokens with this role lose their rights."
            yield say("ROLE_REMOVED", (), f"The role '{key}' is removed.", breaks)
        elif was is None:
            yield say("ROLE_ADDED", (), f"The role '{key}' is new: {now.rights}.")
        elif was.rights != now.rights:
            breaks = "Tokens with this role may do other things."
            message = f"The role '{key}' is now {now.rights}; it was {was.rights}."
            yield say("ROLE_CHANGED", ("rights",), message, breaks)
