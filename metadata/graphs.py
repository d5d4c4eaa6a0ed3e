"""One graph from its merged declaration, fitted to the objects that it joins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from metadata import naming
from metadata.doubts import Doubt
from metadata.fields import labels
from metadata.layers import TENANT
from metadata.merging import Merged
from metadata.model import NUMBERS, Edge, Field, FieldType, Graph, ObjectType
from metadata.problems import Findings, Path, a, did_you_mean, listed

Objects: TypeAlias = Mapping[str, ObjectType]

_GROUPING = frozenset({FieldType.TEXT, FieldType.PICKLIST, FieldType.REFERENCE})
_MEASURES: Mapping[str, frozenset[FieldType]] = {
    "rank": frozenset({FieldType.INTEGER}),
    "joint": frozenset({FieldType.BOOLEAN}),
    "weight": NUMBERS - {FieldType.MONEY},
    "stance": frozenset({FieldType.INTEGER}),
    "coverage": frozenset({FieldType.PICKLIST}),
    "department": _GROUPING,
    "roles": frozenset({FieldType.PICKLISTS}),
}
UNCOVERED = "uncovered"
"""The option of a measure's coverage that says a node is not covered."""
_KINDS = frozenset({FieldType.TEXT, FieldType.PICKLIST})


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a graph is fitted to."""

    objects: Objects
    doubt: Doubt
    findings: Findings

    def field(self, object_key: str, key: str, path: Path) -> Field | None:
        of = self.objects.get(object_key)
        found = of.fields.get(key) if of else None
        if of and not found:
            self.findings.no_field(path, object_key, key, of.fields)
        return found

    def object(self, key: str, path: Path) -> ObjectType | None:
        if key not in self.objects and not self.doubt.thing(key):
            mend = did_you_mean(key, self.objects)
            self.findings.add(path, "UNKNOWN_OBJECT", f"There is no object '{key}'.", mend)
        return self.objects.get(key)

    def reference(self, object_key: str, key: str, target: str, path: Path) -> None:
        """Tells if the field is no reference of the object to the target."""
        found = self.field(object_key, key, path)
        if target not in self.objects:
            return
        if found and (found.reference is None or found.reference.object != target):
            message = f"'{object_key}.{key}' does not refer to {target}."
            self.findings.add(path, "WRONG_TYPE", message, f"Name a reference to {target}.")

    def typed(self, object_key: str, key: str, types: frozenset[FieldType], path: Path) -> None:
        found = self.field(object_key, key, path)
        if found and found.type not in types:
            message = (
                f"'{object_key}.{key}' is {a(found.type)} field; wanted is {listed(sorted(types))}."
            )
            self.findings.add(path, "WRONG_TYPE", message)


def graph(declared: Merged, objects: Objects, doubt: Doubt, findings: Findings) -> Graph | None:
    """The graph, or None where it can't be made out; what is wrong is told."""
    body = declared.body
    if missing := {"anchor", "nodes"} - body.keys():
        for word in sorted(missing):
            findings.add((), "MISSING", f"The graph has no {word}.", f"Add '{word}'.")
        return None
    scene = _Scene(objects, doubt, findings)
    nodes = cast("Mapping[str, str]", body["nodes"])
    anchor, node, through = cast(str, body["anchor"]), nodes["object"], nodes["through"]
    _check_name(declared, findings)
    parts = [(anchor, ("anchor",)), (node, ("nodes", "object")), (through, ("nodes", "through"))]
    known = [scene.object(key, path) is not None for key, path in parts]
    has_anchor, has_node, has_links = known
    to_anchor = _link(scene, nodes, "anchor", anchor) if has_anchor and has_links else None
    to_node = _link(scene, nodes, "node", node) if has_node and has_links else None
    measures = cast("Mapping[str, str]", body.get("measures", {}))
    edges: tuple[Edge, ...] = ()
    if has_node:  # else any edge and measure would be of another object
        _check_measures(scene, through, node, measures)
        edges = tuple(_edges(scene, body, anchor, node))
    if not all(known):
        return None
    return Graph(
        key=declared.key,
        title=naming.titled(body, declared.key),
        anchor=anchor,
        node=node,
        through=through,
        anchor_reference=to_anchor or "",
        node_reference=to_node or "",
        edges=edges,
        measures=measures,
        labels=labels(body, "title"),
        layer=declared.sources[0].layer,
    )


def _check_name(declared: Merged, findings: Findings) -> None:
    key = declared.key
    if declared.sources[0].layer == TENANT and not naming.suffix(key):
        message = f"What a tenant declares ends in __c: '{key}__c'."
        findings.add(("$id",), "SUFFIX", message, "Rename it.")
    if key in naming.RESERVED_FIELDS:
        findings.add(("$id",), "RESERVED", f"'{key}' is reserved.", "Take another key.")


def _link(scene: _Scene, nodes: Mapping[str, str], part: str, target: str) -> str | None:
    """The link's reference to the anchor or node: as declared, or the only one there is."""
    through = scene.objects[nodes["through"]]
    if part in nodes:
        scene.reference(through.key, nodes[part], target, ("nodes", part))
        return nodes[part]
    found = [
        field.key
        for field in through.references()
        if field.reference is not None and field.reference.object == target
    ]
    if len(found) == 1:
        return found[0]
    unsure = any(owner == through.key for owner, _ in scene.doubt.fields)
    if not unsure and not scene.doubt.thing(through.key):
        several = f"several references to {target}: {listed(found, 'and')}"
        message = f"'{through.key}' has {several if found else f'no reference to {target}'}."
        mend = f'Say which under "{part}".' if found else "Add one to it."
        scene.findings.add(("nodes", "through"), "NO_LINK", message, mend)
    return None


def _edges(scene: _Scene, body: Mapping[str, object], anchor: str, node: str) -> Iterator[Edge]:
    for index, said in enumerate(cast("list[Mapping[str, object]]", body.get("edges", []))):
        path = ("edges", index)
        words = cast("Mapping[str, str]", said)
        if ("reference" in said) == ("object" in said):
            message = "An edge is either a reference or a link object."
            mend = 'Write {"reference": "contact.reports_to"} or {"object", "from", "to"}.'
            scene.findings.add(path, "BAD_EDGE", message, mend)
        elif "reference" in said:
            edge = _reference_edge(scene, words, node, path)
            if edge:
                yield edge
        else:
            edge = _link_edge(scene, words, (anchor, node), path)
            if edge:
                yield edge


def _reference_edge(scene: _Scene, said: Mapping[str, str], node: str, path: Path) -> Edge | None:
    owner, _, key = said["reference"].partition(".")
    if owner != node:
        message = f"The reference is one of {node}, the graph's nodes."
        scene.findings.add((*path, "reference"), "BAD_EDGE", message, f"Write {node}.{key}.")
        return None
    scene.reference(node, key, node, (*path, "reference"))
    for word in ("from", "to", "strength", "within"):
        if word in said:
            message = f"'{word}' goes with a link object."
            scene.findings.add((*path, word), "MISPLACED", message, "Remove it.")
    acyclic = bool(said.get("acyclic"))
    return Edge(said.get("kind", key), reference=key, acyclic=acyclic)


def _link_edge(
    scene: _Scene, said: Mapping[str, str], ends: tuple[str, str], path: Path
) -> Edge | None:
    anchor, node = ends
    link = said["object"]
    for word in ("from", "to", "kind"):
        if word not in said:
            message = f"The edge has no '{word}'."
            scene.findings.add(path, "MISSING", message, f"Add '{word}'.")
    if not scene.object(link, (*path, "object")) or not {"from", "to", "kind"} <= said.keys():
        return None
    scene.reference(link, said["from"], node, (*path, "from"))
    scene.reference(link, said["to"], node, (*path, "to"))
    scene.typed(link, said["kind"], _KINDS, (*path, "kind"))
    if "strength" in said:
        scene.typed(link, said["strength"], NUMBERS, (*path, "strength"))
    if "within" in said:
        scene.reference(link, said["within"], anchor, (*path, "within"))
    return Edge(
        kind=said["kind"],
        object=link,
        source=said["from"],
        target=said["to"],
        strength=said.get("strength"),
        within=said.get("within"),
        acyclic=bool(said.get("acyclic")),
    )


def _check_measures(scene: _Scene, through: str, node: str, measures: Mapping[str, str]) -> None:
    for meaning, name in measures.items():
        path = ("measures", meaning)
        owner, _, key = name.rpartition(".")
        if owner and owner != node:
            message = f"A measure is a field of {through}, or {node}.<field>."
            scene.findings.add(path, "UNKNOWN_FIELD", message)
        else:
            scene.typed(owner or through, key, _MEASURES[meaning], path)
            if meaning == "coverage":
                _check_coverage(scene, owner or through, key, path)


def _check_coverage(scene: _Scene, object_key: str, key: str, path: Path) -> None:
    """Whoever is not covered is known by an option: without it everybody would be."""
    of = scene.objects.get(object_key)
    found = of.fields.get(key) if of else None
    if found and found.type is FieldType.PICKLIST and found.option(UNCOVERED) is None:
        message = f"'{object_key}.{key}' has no option '{UNCOVERED}': every node would be covered."
        mend = f'Call the option for those who are not "{UNCOVERED}"; its title is free.'
        scene.findings.add(path, "UNKNOWN_OPTION", message, mend)
