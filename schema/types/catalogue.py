"""Every type of one tenant's schema by name, as shells that make their fields when asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
)

from metadata import naming
from metadata.model import Field, FieldType, Inverse, Metadata, ObjectType, Unique
from schema.types.meanings import STRUCTURAL

Fields: TypeAlias = dict[str, GraphQLField]
InputFields: TypeAlias = dict[str, GraphQLInputField]
T = TypeVar("T", bound=GraphQLNamedType)

SYSTEM: Final[Mapping[str, str]] = {
    "created_at": "When the record was created.",
    "updated_at": "When the record was last changed.",
    "currency": "The currency of the record's amounts.",
    "owner": "Whose record it is.",
    "created_by": "Who created the record.",
    "updated_by": "Who last changed the record.",
}
"""What the fields hold that records have without declaring them."""

USER = "user"
"""The object that owners and authors are records of."""


class Catalogue:
    """The types that a tenant's metadata gives, beside those that are given to it.

    What is hidden is not there: neither objects, nor fields, nor references to what is hidden.
    """

    def __init__(
        self,
        metadata: Metadata,
        shared: Iterable[GraphQLNamedType],
        node: GraphQLInterfaceType,
    ) -> None:
        self.metadata = metadata
        self.node = node
        self.types: dict[str, GraphQLNamedType] = {it.name: it for it in (*shared, node)}
        self.objects: Mapping[str, ObjectType] = {
            key: it for key, it in metadata.objects.items() if not it.hidden
        }

    def add_object(
        self,
        name: str,
        fields: Callable[[], Fields],
        description: str | None = None,
        interfaces: Sequence[GraphQLInterfaceType] = (),
    ) -> None:
        self.types[name] = GraphQLObjectType(name, fields, interfaces, description=description)

    def add_input(
        self,
        name: str,
        fields: Callable[[], InputFields],
        *,
        one_of: bool = False,
        description: str | None = None,
    ) -> None:
        """An input; one of which exactly one field is given decides what is asked."""
        self.types[name] = GraphQLInputObjectType(
            name,
            fields,
            description=description,
            extensions={STRUCTURAL: True} if one_of else None,
            is_one_of=one_of,
        )

    def add_enum(
        self,
        name: str,
        values: Callable[[], dict[str, GraphQLEnumValue]],
        *,
        description: str | None = None,
    ) -> None:
        self.types[name] = GraphQLEnumType(name, values, description=description)

    def object(self, object_key: str, ending: str = "") -> GraphQLObjectType:
        """The type of an object's records, or one derived from it."""
        return self.named(naming.type_name(object_key) + ending, GraphQLObjectType)

    def input(self, object_key: str, ending: str) -> GraphQLInputObjectType:
        return self.named(naming.type_name(object_key) + ending, GraphQLInputObjectType)

    def named(self, name: str, kind: type[T]) -> T:
        found = self.types[name]
        assert isinstance(found, kind)
        return found

    def fields_of(self, of: ObjectType) -> Sequence[Field]:
        """What the API shows of an object's own fields, in declared order."""
        return self._fields[of.key]

    def written_of(self, of: ObjectType) -> Sequence[Field]:
        """Those of them that whoever writes a record may give."""
        return [
            field
            for field in self.fields_of(of)
            if not (field.derived or field.read_only or field.type is FieldType.AUTONUMBER)
        ]

    def inverses_of(self, of: ObjectType) -> Sequence[Inverse]:
        """Connections that visible references give to an object, in declared order."""
        return self._inverses[of.key]

    def uniques_of(self, of: ObjectType) -> Sequence[Unique]:
        """An object's unique keys of which every field can be written."""
        written = {field.key for field in self.written_of(of)}
        return [it for it in of.uniques if written.issuperset(it.fields)]

    @cached_property
    def _fields(self) -> Mapping[str, Sequence[Field]]:
        return {
            key: tuple(filter(self.metadata.shows, of.fields.values()))
            for key, of in self.objects.items()
        }

    @cached_property
    def _inverses(self) -> Mapping[str, Sequence[Inverse]]:
        found: dict[str, list[Inverse]] = defaultdict(list)
        for key, of in self.objects.items():
            for it in self.fields_of(of):
                reference = it.reference
                if reference is not None and reference.inverse is not None:
                    inverse = Inverse(reference.inverse, key, it.key, reference.object)
                    found[reference.object].append(inverse)
        return found


def described(
    title: str, labels: Mapping[str, str], description: str = "", language: str = "zh-Hans"
) -> str:
    """What a type or field is called, in English and Chinese, and what it is for."""
    other = labels.get(language)
    called = f"{title} ({other})" if other and other != title else title
    return f"{called}. {description}" if description else called
