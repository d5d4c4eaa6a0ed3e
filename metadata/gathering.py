"""The documents of all layers, checked one by one and merged by what they declare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from metadata import bounds, documents, doubts, labelling, merging, wording
from metadata.dialects import Kind
from metadata.documents import Document
from metadata.doubts import Doubt
from metadata.layers import PLATFORM, TENANT, Layer, Order, kind_of
from metadata.merging import Merged, Source
from metadata.problems import Path, Problem, did_you_mean, listed

MERGED = (Kind.OBJECT, Kind.PIPELINE, Kind.GRAPH, Kind.ROLE)
_LABELLED = ("properties", "x-rules", "stages", "reasons")
"""Where the parts of a thing stand that have labels of their own."""
_DOUBTED = (Kind.OBJECT, Kind.PIPELINE, Kind.GRAPH)
"""Kinds of documents that others name parts of."""
_SECTIONS = {"objects": Kind.OBJECT, "pipelines": Kind.PIPELINE, "graphs": Kind.GRAPH}
_DECLARING = {kind.schema for kind in (*MERGED, Kind.LABELS, Kind.PACK)}


@dataclass(slots=True)
class Gathered:
    """What the layers say about each thing, and what is wrong with single documents."""

    merged: dict[Kind, dict[str, Merged]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubt: Doubt = field(default_factory=Doubt)


def gather(order: Order) -> Gathered:
    """All sound documents, merged, with the labels of all languages filled in."""
    run = _Gathering()
    for layer in order.layers:
        run.read(layer)
    run.merge(order)
    run.label()
    return run.result


class _Gathering:
    def __init__(self) -> None:
        self.result = Gathered(merged={kind: {} for kind in MERGED})
        self._sources: dict[tuple[Kind, str], list[Source]] = defaultdict(list)
        self._labels: list[Source] = []  # lowest layer first
        self._layer = ""  # the one that is being read
        self._unknown: set[str] = set()  # layers with documents that may be about anything

    def read(self, layer: Layer) -> None:
        if len(layer.documents) > bounds.DOCUMENTS:
            message = f"A layer has at most {bounds.DOCUMENTS} documents."
            self.result.problems.append(Problem(layer.name, "", "TOO_MANY", message))
            self._unknown.add(layer.name)
            self.result.doubt = replace(self.result.doubt, everything=True)
            return
        self._layer = layer.name
        for path, document in sorted(layer.documents.items()):
            self._read_one(layer, layer.document(path), document)

    def merge(self, order: Order) -> None:
        whole = {
            key
            for (kind, key), sources in self._sources.items()
            if kind is Kind.OBJECT and self._unknown <= {source.layer for source in sources}
        }
        self.result.doubt = replace(self.result.doubt, whole=frozenset(whole))
        for (kind, key), sources in self._sources.items():
            self._check_once(sources)
            found, problems = merging.merged(kind, key, sources, order)
            self.result.problems += problems
            self.result.merged[kind][key] = found

    def label(self) -> None:
        things = {section: self.result.merged[kind] for section, kind in _SECTIONS.items()}
        for source in reversed(self._labels):
            self.result.problems += labelling.fill(source, things, self.result.doubt)

    def _read_one(self, layer: Layer, name: str, document: object) -> None:
        body = documents.accepted(document, name)
        problems = body if isinstance(body, tuple) else _misplaced(layer, name, body)
        if isinstance(body, tuple) or problems:
            self._refuse(document, problems)
            return
        kind = kind_of(body)
        assert kind is not None
        complaints = wording.problems(body, kind, name)
        self.result.problems += [problem for _, problem in complaints]
        kept = self._sound(body, kind, [path for path, _ in complaints]) if complaints else body
        if kept is None:
            return
        if kind is Kind.LABELS:
            self._labels.append(Source(layer.name, name, body))
        elif kind in MERGED:
            source = Source(layer.name, name, kept, body)
            self._sources[kind, str(body["$id"])].append(source)

    def _sound(self, body: Document, kind: Kind, paths: list[Path]) -> Document | None:
        """What is left of a declaration without its broken parts; what is not sure is noted."""
        key, doubt = str(body.get("$id")), self.result.doubt
        told = len(paths) <= bounds.PROBLEMS
        kept = doubts.without(body, kind, paths) if told else None
        if kept is not None and not wording.problems(kept, kind, ""):
            cuts = {doubts.cut(kind, path) or () for path in paths}
            fields = {
                (key, str(it[1])) for it in cuts if it[:1] == ("properties",) and len(it) == 2
            }
            parted = {key for it in cuts if it[:1] and it[0] in _LABELLED and len(it) <= 4}
            courses = {key for it in cuts if it[2:] == ("kind",)}
            self.result.doubt = replace(
                doubt,
                fields=doubt.fields | fields,
                parted=doubt.parted | parted,
                courses=doubt.courses | courses,
            )
            return kept
        if kind in _DOUBTED:
            nameless = "$id" not in body or any(path[:1] == ("$id",) for path in paths)
            self._doubt(kind, body, None if nameless else key)
        return None

    def _doubt(self, kind: Kind, body: Document, key: str | None) -> None:
        """Note that a document could not be read; without a key, not even what it is about."""
        doubt = self.result.doubt
        if key is None:
            self._unknown.add(self._layer)
            self.result.doubt = replace(doubt, everything=True)
        elif kind is Kind.OBJECT:
            self.result.doubt = replace(doubt, objects=doubt.objects | {key})
        else:
            self.result.doubt = replace(doubt, things=doubt.things | {key})
        if kind is Kind.PIPELINE and "object" in body:
            staged = self.result.doubt.staged | {str(body["object"])}
            self.result.doubt = replace(self.result.doubt, staged=staged)

    def _refuse(self, document: object, problems: tuple[Problem, ...]) -> None:
        self.result.problems += problems
        body = document if isinstance(document, dict) else {}
        kind, key = kind_of(body), body.get("$id")
        if kind is None:
            self._doubt(Kind.OBJECT, body, None)
        elif kind in _DOUBTED:
            self._doubt(kind, body, key if isinstance(key, str) else None)

    def _check_once(self, sources: list[Source]) -> None:
        first: dict[str, str] = {}
        for source in sources:
            other = first.setdefault(source.layer, source.document)
            if other != source.document:
                message = f"{other} declares '{source.body['$id']}' too."
                mend = "Join the two documents."
                problem = Problem(source.document, "/$id", "DUPLICATE", message, mend)
                self.result.problems.append(problem)


def _misplaced(layer: Layer, name: str, body: Mapping[str, object]) -> tuple[Problem, ...]:
    """Why a document has no business in a layer, by its `$schema`."""
    said = body.get("$schema")
    if said is None:
        mend = f"Known are {listed(sorted(_DECLARING), 'and')}."
        return (Problem(name, "", "NO_KIND", "'$schema' is missing.", mend),)
    if not isinstance(said, str) or said not in _DECLARING:
        mend = did_you_mean(str(said), _DECLARING)
        mend = mend or f"Known are {listed(sorted(_DECLARING), 'and')}."
        message = f"'{str(said)[:100]}' is no dialect of declarations."
        return (Problem(name, "/$schema", "NO_KIND", message, mend),)
    if said == Kind.PACK.schema and layer.name in (PLATFORM, TENANT):
        message = "Only a pack has such a document."
        return (Problem(name, "/$schema", "MISPLACED", message, "Remove it."),)
    return ()
