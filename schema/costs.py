"""What an operation costs and how deep it goes, worked out once for a document.

A point is one leaf field of one row. Every page is counted as full, every `@include` as true.
The plan keeps only numbers and names of variables, so that it can outlive the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from schema.limits import OPENS, Limits, Opens

Variables: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows: a number, or what the first variable says that has a value."""

    fixed: int
    variables: tuple[str, ...] = ()
    of_list: bool = False  # the length of the variable's list

    def rows(self, variables: Variables) -> int:
        given = (variables.get(name) for name in self.variables)
        value = next((it for it in given if it is not None), None)
        if value is None:
            return self.fixed
        if self.of_list:
            return len(value) if isinstance(value, Sequence) else 1
        return value if isinstance(value, int) else self.fixed


@dataclass(frozen=True, slots=True)
class Part:
    """Leaves, and parts that repeat for each row of a page."""

    leaves: int
    repeated: tuple[tuple[Page, Part], ...] = ()

    def points(self, variables: Variables) -> int:
        total = self.leaves
        for page, part in self.repeated:
            total += max(page.rows(variables), 0) * part.points(variables)
        return total


@dataclass(frozen=True, slots=True)
class Plan:
    """The cost of an operation as a function of its variables."""

    whole: Part
    pages: tuple[Page, ...]  # those that a variable decides
    batches: tuple[Page, ...]

    def cost(self, variables: Variables, limits: Limits) -> int:
        """Points for these (coerced) variables.

        Raises:
            LimitExceeded: a page, the batch or the whole is too large.
        """
        for page in self.pages:
            limits.check("max_page", page.rows(variables))
        if self.batches:
            limits.check("batch", sum(batch.rows(variables) for batch in self.batches))
        points = self.whole.points(variables)
        limits.check("cost", points)
        return points


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
    """Where the survey stands: levels of records so far, and the page that rows repeat by."""

    depth: int
    page: Page | None
    nested: bool = False


_Group: TypeAlias = tuple[GraphQLField, list[FieldNode]]


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
        self.batches: list[Page] = []

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        self.pages, self.batches = [], []
        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        whole = self.part(root, [operation.selection_set], _Place(depth=0, page=None))
        return Plan(whole, tuple(self.pages), tuple(self.batches))

    def part(
        self, parent: GraphQLNamedType, selections: Sequence[SelectionSetNode], place: _Place
    ) -> Part:
        leaves = 0
        repeated: list[tuple[Page, Part]] = []
        for definition, nodes in self._grouped(parent, selections):
            below = [node.selection_set for node in nodes if node.selection_set]
            if not below:
                leaves += 1
                continue
            times, inner = self._entered(definition, nodes[0], place)
            part = self.part(get_named_type(definition.type), below, inner)
            if times is None:
                leaves += part.leaves
                repeated += part.repeated
            elif not times.variables and not part.repeated:
                leaves += times.fixed * part.leaves
            else:
                repeated.append((times, part))
        return Part(leaves, tuple(repeated))

    def _entered(
        self, definition: GraphQLField, node: FieldNode, place: _Place
    ) -> tuple[Page | None, _Place]:
        """How often what is below counts, and the place that it stands in."""
        opens = definition.extensions.get(OPENS)
        if opens == Opens.ROWS:
            return place.page, _Place(place.depth, None, nested=True)
        if opens == Opens.BATCH:
            batch = _batch(definition, node)
            self.batches.append(batch)
            return None, _Place(place.depth, batch, nested=True)
        if opens == Opens.GROUPS:
            groups = self._page(node, _most_groups(definition, node, self.limits.max_page))
            return groups, _Place(place.depth, None, nested=True)
        if opens is None:
            return None, _Place(place.depth, place.page, nested=True)
        depth = place.depth + 1
        self.limits.check("depth", depth)
        if opens == Opens.CONNECTION:
            page = self._page(node, self.limits.default_page(nested=place.nested))
            return None, _Place(depth, page, nested=True)
        listed = self.limits.default_page(nested=True)
        times = self._page(node, listed) if opens == Opens.LIST else None
        return times, _Place(depth, None, nested=True)

    def _page(self, node: FieldNode, default: int) -> Page:
        sizes = list(_sizes(node))
        for value in sizes:
            if isinstance(value, IntValueNode):
                rows = int(value.value)
                self.limits.check("max_page", rows)
                return Page(max(rows, 0))
        names = tuple(it.name.value for it in sizes if isinstance(it, VariableNode))
        page = Page(default, names)
        if names:
            self.pages.append(page)
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
                key = (owner.name, node.alias.value if node.alias else node.name.value)
                groups.setdefault(key, (definition, []))[1].append(node)
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


def _sizes(node: FieldNode) -> Iterator[ValueNode]:
    """What `first` and `last` say; both may be variables, of which one is null."""
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            yield argument.value


def _most_groups(definition: GraphQLField, node: FieldNode, most: int) -> int:
    """How many groups there can be, where the keys that are named have few values."""
    row = get_named_type(definition.type)
    given = next((it.value for it in node.arguments or () if it.name.value == "by"), None)
    if not isinstance(row, GraphQLObjectType) or given is None:
        return most
    key = get_named_type(row.fields["key"].type)
    named = given.values if isinstance(given, ListValueNode) else (given,)
    return min(prod(_values(key, it, most) for it in named), most)


def _values(key: GraphQLNamedType, named: ValueNode, most: int) -> int:
    """How many values one key can have, null included."""
    if isinstance(key, GraphQLEnumType):
        return len(key.values) + 1
    if key is GraphQLBoolean:
        return 3
    if not isinstance(key, GraphQLObjectType) or not isinstance(named, ObjectValueNode):
        return most
    ((name, below),) = ((it.name.value, it.value) for it in named.fields)
    field = key.fields.get(name)
    return _values(get_named_type(field.type), below, most) if field is not None else most


def _batch(definition: GraphQLField, node: FieldNode) -> Page:
    for argument in node.arguments or ():
        declared = definition.args.get(argument.name.value)
        if declared is not None and is_list_type(get_nullable_type(declared.type)):
            return _length(argument.value)
    return Page(0)


def _length(value: ValueNode) -> Page:
    if isinstance(value, ListValueNode):
        return Page(len(value.values))
    if isinstance(value, VariableNode):
        return Page(0, (value.name.value,), of_list=True)
    return Page(0 if isinstance(value, NullValueNode) else 1)
