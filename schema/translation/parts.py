"""What is selected, as parts of a query: one function for each meaning that a field can have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    SelectionSetNode,
    get_named_type,
)

from core import query
from schema import errors
from schema.translation import filters, orders, pages
from schema.translation.given import Given, Leaf, Null, Word, constant
from schema.translation.translating import At, Translation
from schema.types import meanings
from schema.types.meanings import MEANS, Outputs


@dataclass(frozen=True, slots=True)
class Call:
    """One field as it is asked for: its definition, its nodes, its arguments, its place."""

    field: GraphQLField
    nodes: Sequence[FieldNode]
    arguments: dict[str, Given]
    at: At

    @property
    def type(self) -> GraphQLObjectType:
        found = get_named_type(self.field.type)
        assert isinstance(found, GraphQLObjectType)
        return found

    @property
    def below(self) -> list[SelectionSetNode]:
        return [node.selection_set for node in self.nodes if node.selection_set is not None]


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a selection stands: behind which references, and in rows grouped by which keys."""

    hops: tuple[str, ...] = ()
    keys: tuple[query.GroupBy, ...] = ()


class Parts:
    """Turns selections into outputs."""

    def __init__(self, translation: Translation) -> None:
        self.translation = translation
        self._translate: dict[type, Callable[[Call, Inside], query.Part]] = {
            meanings.Leaf: self._leaf,
            meanings.Branch: self._branch,
            meanings.Listed: self._listed,
            meanings.Versions: self._versions,
            meanings.Connected: self._connected,
            meanings.Below: self._descendants,
            meanings.Grouped: self._grouped,
            meanings.GroupKeys: self._group_keys,
            meanings.KeyOf: self._key,
            meanings.Hop: self._hop,
            meanings.StatsOf: self._stats,
            meanings.Way: self._way,
        }

    def outputs(
        self,
        type_: GraphQLObjectType,
        below: Sequence[SelectionSetNode],
        path: tuple[str, ...],
        inside: Inside | None = None,
    ) -> Outputs:
        """The outputs that selections on a type ask for, in order."""
        asked = self.translation.selecting.asked(type_, below)
        return tuple(
            query.Output(name, self._part(type_, nodes, (*path, name), inside or Inside()))
            for name, nodes in asked.items()
        )

    def call(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], path: tuple[str, ...]
    ) -> Call:
        """A field as it is asked for."""
        node = nodes[0]
        field = type_.fields[node.name.value]
        arguments = self.translation.reading.of(field, node) if field.args else {}
        return Call(field, nodes, arguments, At(node, path))

    def required(self, call: Call, name: str) -> Leaf:
        """An argument that is never null by its type. With a default a variable may stand for it
        that is, if it is given as null."""
        given = call.arguments[name]
        if isinstance(given, Leaf):
            return given
        message = f"`{name}` must have a value; its variable is null."
        self.translation.refuse(call.at.into(name), errors.BAD_INPUT, message)
        return constant(None)

    def connection(self, call: Call, means: meanings.Connected, *, nested: bool) -> query.Part:
        """A page of records."""
        order = orders.order(self.translation, call.field, call.arguments.get("orderBy"), call.at)
        listed = pages.Listed(means.object, order)
        return query.Connection(
            object=means.object,
            outputs=self._below(call),
            page=pages.page(self.translation, call.arguments, listed, call.at, nested=nested),
            via=means.via,
            scope=means.scope,
            where=self._where(call),
            order=order,
            deleted=call.arguments.get("records") == Word("DELETED"),
        )

    def _part(
        self,
        type_: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        path: tuple[str, ...],
        inside: Inside,
    ) -> query.Part:
        if nodes[0].name.value == "__typename":
            return typename(type_)
        call = self.call(type_, nodes, path)
        means = call.field.extensions[MEANS]
        return self._translate[type(means)](call, inside)

    def _below(self, call: Call, inside: Inside | None = None) -> Outputs:
        return self.outputs(call.type, call.below, call.at.path, inside)

    def _where(self, call: Call) -> query.Predicate | None:
        given = call.arguments.get("filter")
        if given is None or isinstance(given, Null):
            return None
        type_ = get_named_type(call.field.args["filter"].type)
        assert isinstance(type_, GraphQLInputObjectType)
        return filters.where(self.translation, type_, given, call.at.into("filter"))

    def _leaf(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.Leaf = call.field.extensions[MEANS]
        if isinstance(means.part, query.Count):
            return query.Count(inside.hops)
        return means.part

    def _branch(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.Branch = call.field.extensions[MEANS]
        return means.make(self._below(call))

    def _listed(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.Listed = call.field.extensions[MEANS]
        return means.make(self._below(call), self._first(call))

    def _versions(self, call: Call, inside: Inside) -> query.Part:
        before = call.arguments.get("before")
        version = self._count(before, call.at.into("before"))
        return query.History(self._below(call), self._first(call), version)

    def _connected(self, call: Call, inside: Inside) -> query.Part:
        return self.connection(call, call.field.extensions[MEANS], nested=True)

    def _descendants(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.Below = call.field.extensions[MEANS]
        depth = self._count(call.arguments.get("maxDepth"), call.at.into("maxDepth"))
        listed = pages.Listed(means.object)
        connection = query.Connection(
            object=means.object,
            outputs=self._below(call),
            page=pages.page(self.translation, call.arguments, listed, call.at, nested=True),
            scope=query.Scope.DESCENDANTS,
            where=self._where(call),
        )
        return query.Descendants(depth, connection)

    def _grouped(self, call: Call, inside: Inside) -> query.Part:
        keys = orders.keys(self.translation, call.field, call.arguments.get("by"), call.at)
        default = self.translation.limits.max_page
        limit = self._count(call.arguments.get("first"), call.at.into("first"), default)
        assert limit is not None
        in_key_order = call.arguments.get("orderBy") == Word("KEY")
        return query.Groups(keys, self._below(call, Inside(keys=keys)), limit, in_key_order)

    def _group_keys(self, call: Call, inside: Inside) -> query.Part:
        return query.GroupKey(self._below(call, inside))

    def _key(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.KeyOf = call.field.extensions[MEANS]
        column = query.Column(means.field, inside.hops)
        for index, key in enumerate(inside.keys):
            if key.column == column:
                return query.KeyPart(index)
        return query.Constant("null")

    def _hop(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.Hop = call.field.extensions[MEANS]
        if not inside.keys:
            self.translation.hop()
        return query.Group(self._below(call, replace(inside, hops=(*inside.hops, means.reference))))

    def _stats(self, call: Call, inside: Inside) -> query.Part:
        means: meanings.StatsOf = call.field.extensions[MEANS]
        return query.Stats(query.Column(means.field, inside.hops), self._below(call))

    def _way(self, call: Call, inside: Inside) -> query.Part:
        role = self.translation.value(self.required(call, "role").fetch)
        return query.PathTo(role, self._below(call))

    def _first(self, call: Call) -> query.Value:
        default = self.translation.limits.default_page(nested=True)
        size = self._count(call.arguments.get("first"), call.at.into("first"), default)
        assert size is not None
        return size

    def _count(self, given: Given | None, at: At, default: int | None = None) -> query.Value | None:
        return pages.count(self.translation, given, at, default=default)


def typename(type_: GraphQLObjectType) -> query.Constant:
    """The name of a type, as a value."""
    return query.Constant(orjson.dumps(type_.name).decode())
