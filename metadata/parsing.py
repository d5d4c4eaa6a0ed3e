"""From layers of documents to metadata, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from metadata import (
    bounds,
    computing,
    fingerprint,
    gates,
    graphs,
    linking,
    objects,
    pipelines,
    roles,
)
from metadata.dialects import Kind
from metadata.expressions.problems import Code
from metadata.gathering import Gathered, gather
from metadata.layers import TENANT, Layer, ordered
from metadata.linking import Linked
from metadata.merging import Merged
from metadata.model import Graph, Metadata, Pipeline, Role
from metadata.problems import Findings, Problem


def parse(layers: Sequence[Layer], *, lax: Collection[str] = ()) -> Metadata | tuple[Problem, ...]:
    """What the layers declare together, or all problems at once.

    The layers may come in any order. Never raises on what they hold. Values are exact: ints and
    Decimals; floats are taken as they are written. In `lax` layers, which an older release may have
    taken, what merely has no effect is let pass.
    """
    order, problems = ordered(layers)
    gathered = gather(order)
    problems += gathered.problems
    building = _Building(gathered)
    metadata = building.metadata()
    problems += building.problems()
    passed = {one.document(path) for one in layers if one.name in lax for path in one.documents}
    problems = [it for it in problems if it.rule not in IDLE or it.document not in passed]
    return _told(problems) if problems else metadata


IDLE = frozenset({"NO_EFFECT", "UNKNOWN_OPTION", Code.UNKNOWN_OPTION})
"""Rules about what never holds, or does nothing: metadata is whole all the same."""


def _told(problems: list[Problem]) -> tuple[Problem, ...]:
    """The problems, each once; of very many the first, and that there are more."""
    found = list(dict.fromkeys(map(_presentable, problems)))
    rest = len(found) - bounds.PROBLEMS
    if rest <= 0:
        return tuple(found)
    last = found[bounds.PROBLEMS - 1]
    more = Problem(last.document, "", "TOO_MANY", f"There are more problems, {rest} at least.")
    return (*found[: bounds.PROBLEMS], more)


def _presentable(problem: Problem) -> Problem:
    """The problem in one line of moderate length, whatever a declaration puts into it."""
    message = problem.message
    if message.isprintable() and len(message) <= _LONGEST:
        return problem
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in message)
    short = clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"
    return replace(problem, message=short)


_LONGEST = 500


class _Building:
    """One run over the merged declarations; findings gather by declaration."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._findings = {
            kind: {
                key: Findings(merged.where, gathered.doubt.field) for key, merged in things.items()
            }
            for kind, things in gathered.merged.items()
        }

    def problems(self) -> list[Problem]:
        return [
            problem
            for things in self._findings.values()
            for findings in things.values()
            for problem in findings.problems
        ]

    def metadata(self) -> Metadata:
        linked = self._linked()
        staged = self._pipelines(linked)
        stages: dict[str, tuple[str, ...]] = dict.fromkeys(linked.doubt.staged, ())
        stages |= {pipeline.object: pipeline.stage_keys for pipeline in staged.values()}
        expressions, steps = computing.computed(linked, stages)
        made = Metadata(
            linked.objects,
            staged,
            self._graphs(linked),
            fingerprint="",
            computed=expressions,
            steps=steps,
            roles=self._roles(),
        )
        linking.check_names(made, linked, self._findings[Kind.GRAPH])
        for key, pipeline in staged.items():
            findings = self._findings[Kind.PIPELINE][key]
            linking.check_stored(pipeline, linked, findings)
            gates.check(pipeline, made, linked.doubt, findings)
        return replace(made, fingerprint=fingerprint.fingerprint(made))

    def _linked(self) -> Linked:
        declared = self._gathered.merged[Kind.OBJECT]
        findings = self._findings[Kind.OBJECT]
        packs = [key for key, it in declared.items() if it.sources[0].layer != TENANT]
        made = {
            key: objects.object_type(merged, findings[key], packs)
            for key, merged in declared.items()
        }
        linked = Linked(made, declared, self._gathered.doubt, findings)
        linking.check_objects(linked)
        linking.check_references(linked)
        linking.check_hidden(linked)
        return linked

    def _pipelines(self, linked: Linked) -> dict[str, Pipeline]:
        result: dict[str, Pipeline] = {}
        for key, merged, findings in self._each(Kind.PIPELINE):
            found = pipelines.pipeline(merged, linked.doubt, findings)
            if found is not None:
                linking.check_pipeline(found, linked, findings)
                result[key] = found
        linking.check_one_pipeline_each(result, self._findings[Kind.PIPELINE])
        return result

    def _graphs(self, linked: Linked) -> dict[str, Graph]:
        found = {
            key: graphs.graph(merged, linked.objects, linked.doubt, findings)
            for key, merged, findings in self._each(Kind.GRAPH)
        }
        return {key: graph for key, graph in found.items() if graph is not None}

    def _roles(self) -> Mapping[str, Role]:
        found = {
            key: roles.role(merged, findings) for key, merged, findings in self._each(Kind.ROLE)
        }
        return {key: role for key, role in found.items() if role is not None}

    def _each(self, kind: Kind) -> list[tuple[str, Merged, Findings]]:
        findings = self._findings[kind]
        return [(key, merged, findings[key]) for key, merged in self._gathered.merged[kind].items()]
