"""From layers of documents to metadata, or to everything that is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from metadata import (
    bounds,
    computing,
    documents,
    fingerprint,
    graphs,
    linking,
    merging,
    objects,
    pipelines,
    roles,
    wording,
)
from metadata.dialects import KINDS, Kind
from metadata.layers import Layer, Order, kind_of, ordered
from metadata.linking import Linked
from metadata.merging import Merged, Source
from metadata.model import Graph, Metadata, Pipeline, Role
from metadata.problems import Findings, Problem, did_you_mean, listed

_MERGED = (Kind.OBJECT, Kind.PIPELINE, Kind.GRAPH, Kind.ROLE)


def parse(layers: Sequence[Layer]) -> Metadata | tuple[Problem, ...]:
    """What the layers declare together, or all problems at once.

    The layers may come in any order. Never raises on what they hold. Values are exact: ints and
    Decimals; floats are taken as they are written.
    """
    order, problems = ordered(layers)
    parsing = _Parsing(order)
    parsing.problems += problems
    return parsing.result()


class _Parsing:
    """One run: problems gather in it, and objects of which a document could not be read."""

    def __init__(self, order: Order) -> None:
        self.problems: list[Problem] = []
        self._order = order
        self._doubtful: set[str] = set()
        self._merged: dict[Kind, dict[str, Merged]] = {kind: {} for kind in _MERGED}

    def result(self) -> Metadata | tuple[Problem, ...]:
        self._merge(self._read())
        metadata = self._built()
        if self.problems:
            return tuple(self.problems)
        return metadata

    def _read(self) -> Mapping[tuple[Kind, str], list[Source]]:
        """The sound documents by what they declare, lowest layer first."""
        found: dict[tuple[Kind, str], list[Source]] = defaultdict(list)
        for layer in self._order.layers:
            if len(layer.documents) > bounds.DOCUMENTS:
                message = f"A layer has at most {bounds.DOCUMENTS} documents."
                self.problems.append(Problem(layer.name, "", "TOO_MANY", message))
                continue
            for path, document in sorted(layer.documents.items()):
                self._read_one(layer, path, document, found)
        return found

    def _read_one(
        self,
        layer: Layer,
        path: str,
        document: object,
        found: Mapping[tuple[Kind, str], list[Source]],
    ) -> None:
        name = layer.document(path)
        body = documents.accepted(document, name)
        if isinstance(body, tuple):
            self.problems += body
            self._doubt(document)
            return
        kind = kind_of(body)
        if kind is None:
            self.problems.append(_unknown_kind(body, name))
            self._doubt(document)
            return
        wrong = wording.problems(body, kind, name)
        self.problems += wrong
        if wrong:
            self._doubt(document)
        elif kind in _MERGED:
            found[kind, str(body["$id"])].append(Source(layer.name, name, body))

    def _doubt(self, document: object) -> None:
        key = document.get("$id") if isinstance(document, dict) else None
        if isinstance(key, str):
            self._doubtful.add(key)

    def _merge(self, found: Mapping[tuple[Kind, str], list[Source]]) -> None:
        for (kind, key), sources in found.items():
            self._check_once(sources)
            result, problems = merging.merged(kind, key, sources, self._order)
            self.problems += problems
            self._merged[kind][key] = result

    def _check_once(self, sources: list[Source]) -> None:
        first: dict[str, str] = {}
        for source in sources:
            other = first.setdefault(source.layer, source.document)
            if other != source.document:
                message = f"{other} declares '{source.body['$id']}' too."
                mend = "Join the two documents."
                self.problems.append(Problem(source.document, "/$id", "DUPLICATE", message, mend))

    def _built(self) -> Metadata:
        doubtful = frozenset(self._doubtful)
        declared = self._merged[Kind.OBJECT]
        findings = {key: Findings(merged.where) for key, merged in declared.items()}
        made = {key: objects.object_type(merged, findings[key]) for key, merged in declared.items()}
        linked = Linked(made, declared, doubtful, findings)
        linking.check_objects(linked)
        linking.check_references(linked)
        found_pipelines, told = self._pipelines(linked)
        found_graphs = self._graphs(linked)
        staged = frozenset(pipeline.object for pipeline in found_pipelines.values())
        expressions, steps = computing.computed(linked, staged)
        roles = self._roles()
        metadata = Metadata(made, found_pipelines, found_graphs, "", expressions, steps, roles)
        linking.check_names(metadata, linked)
        for one in (*findings.values(), *told.values()):
            self.problems += one.problems
        if self.problems:
            return metadata
        return replace(metadata, fingerprint=fingerprint.fingerprint(metadata))

    def _pipelines(self, linked: Linked) -> tuple[dict[str, Pipeline], dict[str, Findings]]:
        result: dict[str, Pipeline] = {}
        told: dict[str, Findings] = {}
        for key, merged in self._merged[Kind.PIPELINE].items():
            told[key] = Findings(merged.where)
            found = pipelines.pipeline(merged, told[key])
            if found is not None:
                linking.check_pipeline(found, linked, told[key])
                result[key] = found
        linking.check_one_pipeline_each(result, told)
        return result, told

    def _roles(self) -> dict[str, Role]:
        result: dict[str, Role] = {}
        for key, merged in self._merged[Kind.ROLE].items():
            findings = Findings(merged.where)
            found = roles.role(merged, findings)
            self.problems += findings.problems
            if found is not None:
                result[key] = found
        return result

    def _graphs(self, linked: Linked) -> dict[str, Graph]:
        result: dict[str, Graph] = {}
        for key, merged in self._merged[Kind.GRAPH].items():
            findings = Findings(merged.where)
            found = graphs.graph(merged, linked.objects, linked.doubtful, findings)
            self.problems += findings.problems
            if found is not None:
                result[key] = found
        return result


def _unknown_kind(document: Mapping[str, object], name: str) -> Problem:
    said = document.get("$schema")
    mend = did_you_mean(str(said), KINDS) or f"Known are {listed(KINDS, 'and')}."
    if said is None:
        return Problem(name, "", "NO_KIND", "'$schema' is missing.", mend)
    message = f"'{str(said)[:100]}' is no dialect of ours."
    return Problem(name, "/$schema", "NO_KIND", message, mend)
