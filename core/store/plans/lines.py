"""Edges of one kind that must not lead back to where they start, such as who reports to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.store.plans.field_plans import FieldPlan, field_plan
from metadata.model import Edge, Graph
from metadata.published import Published


@dataclass(frozen=True, slots=True)
class Links:
    """Records that are edges, those of the line's kind among them."""

    object: str
    source: FieldPlan
    target: FieldPlan
    kind: FieldPlan
    within: FieldPlan | None


@dataclass(frozen=True, slots=True)
class Line:
    """A reference from node to node with the links that are of its kind, or links of any kind."""

    graph: str
    name: str
    node: str  # the object that has the reference
    reference: FieldPlan | None
    kind: str | None  # of the links
    links: tuple[Links, ...]

    @property
    def begins(self) -> tuple[str, str]:
        """The object and field by which its edges are first drawn."""
        if self.reference is not None:
            return self.node, self.reference.key
        return self.links[0].object, self.links[0].target.key


def of_object(published: Published, object: str) -> tuple[Line, ...]:
    """The lines that records of an object go into."""
    return tuple(
        line
        for _, graph in sorted(published.metadata.graphs.items())
        for line in _of_graph(published, graph)
        if object in {line.node, *(links.object for links in line.links)}
    )


def _of_graph(published: Published, graph: Graph) -> Iterator[Line]:
    links = {edge: _links(published, edge) for edge in graph.edges if edge.object is not None}
    for edge in graph.edges:
        if edge.acyclic and edge.reference is not None:
            reference = _field(published, graph.node, edge.reference)
            every = tuple(links.values())
            yield Line(graph.key, edge.kind, graph.node, reference, edge.kind, every)
        elif edge.acyclic and edge.object is not None:
            yield Line(graph.key, edge.object, graph.node, None, None, (links[edge],))


def _links(published: Published, edge: Edge) -> Links:
    assert edge.object is not None
    assert edge.source is not None
    assert edge.target is not None
    source, target, kind = (
        _field(published, edge.object, key) for key in (edge.source, edge.target, edge.kind)
    )
    within = _field(published, edge.object, edge.within) if edge.within is not None else None
    return Links(edge.object, source, target, kind, within)


def _field(published: Published, object: str, key: str) -> FieldPlan:
    of = published.metadata.objects[object]
    return field_plan(of.fields[key], published.storage.places[object][key])
