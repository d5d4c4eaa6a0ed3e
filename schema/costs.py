"""What an operation costs and how deep it goes, worked out once for a document.

A point is one leaf field of one row, and a row without any (`__typename` is none) is one point.
Every page is counted as full, every `@include` as true.
The plan keeps only numbers and names, so that it can outlive the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from schema import sizes
from schema.limits import AT_MOST, OPENS, Limits, Opens, exceeded
from schema.sizes import Asked, Batch, Page, Size, Variables

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Leaves, and parts that repeat for each row of a field."""

    leaves: int
    repeated: tuple[Repeated, ...] = ()

    @property
    def is_fixed(self) -> bool:
        """Whether no variable decides how much it is."""
        return all(it.size.is_fixed and it.part.is_fixed for it in self.repeated)

    def points(self, asked: Asked) -> int:
        return self.leaves + sum(it.points(asked) for it in self.repeated)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What counts once for each row of the field that a path of response names leads to."""

    path: Path
    size: Size
    part: Part

    def points(self, asked: Asked) -> int:
        return max(self.size.rows(asked), 0) * max(self.part.points(asked), 1)

    def costliest(self, asked: Asked, times: int) -> tuple[Path, int]:
        """The innermost field that makes up at least half of this, with its points."""
        points = times * self.points(asked)
        inner = _costliest(self.part, asked, times * max(self.size.rows(asked), 0))
        if inner is None or 2 * inner[1] < points:
            return self.path, points
        return (*self.path, *inner[0]), inner[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """The cost of an operation as a function of its variables."""

    whole: Part
    points: int | None  # where no variable decides
    pages: tuple[Page, ...]  # those that a variable decides
    batches: tuple[Batch, ...]

    def cost(self, variables: Variables, limits: Limits, schema: GraphQLSchema) -> int:
        """Points for these (coerced) variables.

        Raises:
            LimitExceeded: a page, the batch or the whole is too large.
        """
        if self.points is not None and self.points <= limits.cost:
            return self.points
        asked = Asked(variables, schema)
        for page in self.pages:
            limits.check("max_page", page.rows(asked))
        if self.batches:
            limits.check("batch", sum(batch.rows(asked) for batch in self.batches))
        points = self.whole.points(asked)
        if points > limits.cost:
            costliest = _costliest(self.whole, asked, 1)
            raise exceeded("cost", points, limits.cost, costliest=costliest)
        return points


def _costliest(part: Part, asked: Asked, times: int) -> tuple[Path, int] | None:
    """The field with the most points among those whose rows a part repeats for."""
    if not part.repeated:
        return None
    return max(part.repeated, key=lambda it: it.points(asked)).costliest(asked, times)


def plans(
    schema: GraphQLSchema, document: DocumentNode, limits: Limits
) -> list[tuple[OperationDefinitionNode, Plan]]:
    """Each operation of a valid document with its cost plan.

    Raises:
        LimitExceeded: too deep, too many fields, or a literal page that is too large.
    """
    survey = _Survey(schema, document, limits)
    return [
        (it, survey.plan(it))
        for it in document.definitions
        if isinstance(it, OperationDefinitionNode)
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the survey stands: levels of records so far, and the size that rows repeat by."""

    depth: int
    size: Size | None
    nested: bool = False


_Group: TypeAlias = tuple[str, GraphQLField, list[FieldNode]]


class _Survey:
    """One walk over an operation, equal fields merged as execution merges them."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
        self.schema = schema
        self.limits = limits
        self.fragments = {
            it.name.value: it
            for it in document.definitions
            if isinstance(it, FragmentDefinitionNode)
        }
        self.fields = 0
        self.pages: list[Page] = []
        self.batches: list[Batch] = []

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        self.pages, self.batches = [], []
        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        whole = self.part(root, [operation.selection_set], _Place(depth=0, size=None))
        is_fixed = whole.is_fixed and not (self.pages or self.batches)
        points = whole.points(Asked({}, self.schema)) if is_fixed else None
        return Plan(whole, points, tuple(self.pages), tuple(self.batches))

    def part(
        self, parent: GraphQLNamedType, selections: Sequence[SelectionSetNode], place: _Place
    ) -> Part:
        leaves = 0
        repeated: list[Repeated] = []
        for name, definition, nodes in self._grouped(parent, selections):
            below = [node.selection_set for node in nodes if node.selection_set]
            if not below:
                leaves += 1
                continue
            size, inner = self._entered(definition, nodes[0], place)
            part = self.part(get_named_type(definition.type), below, inner)
            if size is None:
                leaves += part.leaves
                repeated += [replace(it, path=(name, *it.path)) for it in part.repeated]
            else:
                repeated.append(Repeated((name,), size, part))
        return Part(leaves, tuple(repeated))

    def _entered(
        self, definition: GraphQLField, node: FieldNode, place: _Place
    ) -> tuple[Size | None, _Place]:
        """How often what is below counts, and the place that it stands in."""
        opens = definition.extensions.get(OPENS)
        if opens == Opens.ROWS:
            return place.size, _Place(place.depth, None, nested=True)
        if opens == Opens.BATCH:
            batch = sizes.batch(definition, node)
            self.batches.append(batch)
            return None, _Place(place.depth, batch, nested=True)
        if opens == Opens.GROUPS:
            most = self._page(node, self.limits.max_page)
            return sizes.groups(definition, node, most), _Place(place.depth, None, nested=True)
        if opens == Opens.TYPES:
            return sizes.types(node, self.schema), _Place(place.depth, None, nested=True)
        if opens == Opens.MEMBERS:
            return sizes.members(self.schema), _Place(place.depth, None, nested=True)
        if opens is None:
            bound: int | None = definition.extensions.get(AT_MOST)
            times = Page(bound) if bound is not None else None
            return times, _Place(place.depth, place.size, nested=True)
        depth = place.depth + 1
        self.limits.check("depth", depth)
        if opens == Opens.CONNECTION:
            page = self._page(node, self.limits.default_page(nested=place.nested))
            return None, _Place(depth, page, nested=True)
        listed = self.limits.default_page(nested=True)
        times = self._page(node, listed) if opens == Opens.LIST else None
        return times, _Place(depth, None, nested=True)

    def _page(self, node: FieldNode, default: int) -> Page:
        page = sizes.page(node, default)
        if page.variables:
            self.pages.append(page)
        else:
            self.limits.check("max_page", page.fixed)
        return page

    def _grouped(
        self, parent: GraphQLNamedType, selections: Sequence[SelectionSetNode]
    ) -> Iterator[_Group]:
        groups: dict[tuple[str, str], _Group] = {}
        spread: set[str] = set()
        for selection_set in selections:
            for owner, node in self._spread_out(parent, selection_set, spread):
                definition = self.schema.get_field(owner, node.name.value)  # type: ignore[arg-type]
                if definition is None or node.name.value.startswith("__"):
                    continue
                name = node.alias.value if node.alias else node.name.value
                _, _, nodes = groups.setdefault((owner.name, name), (name, definition, []))
                nodes.append(node)
        yield from groups.values()

    def _spread_out(
        self, parent: GraphQLNamedType, selection_set: SelectionSetNode, spread: set[str]
    ) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        stack = [(parent, iter(selection_set.selections))]
        while stack:
            owner, selections = stack[-1]
            selection = next(selections, None)
            if selection is None:
                stack.pop()
                continue
            self.fields += 1
            self.limits.check("fields", self.fields)
            if isinstance(selection, FieldNode):
                yield owner, selection
            elif isinstance(selection, InlineFragmentNode):
                stack.append(
                    (self._narrowed(owner, selection), iter(selection.selection_set.selections))
                )
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
                spread.add(selection.name.value)
                fragment = self.fragments[selection.name.value]
                stack.append(
                    (self._narrowed(owner, fragment), iter(fragment.selection_set.selections))
                )

    def _narrowed(
        self, owner: GraphQLNamedType, fragment: InlineFragmentNode | FragmentDefinitionNode
    ) -> GraphQLNamedType:
        """The type that a fragment's fields belong to: an object stays what it is."""
        condition = fragment.type_condition
        if condition is None or isinstance(owner, GraphQLObjectType):
            return owner
        return self.schema.get_type(condition.name.value) or owner
