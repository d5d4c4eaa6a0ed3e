"""What expressions may name: the fields of a record, of records it refers to, and a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from metadata.expressions.environment import Environment
from metadata.expressions.reads import OLD
from metadata.expressions.tree import Type
from metadata.model import FieldType, ObjectType, StageKind

MOST_HOPS = 3

TYPES: Mapping[FieldType, Type] = {
    FieldType.TEXT: Type.TEXT,
    FieldType.LONGTEXT: Type.TEXT,
    FieldType.RICHTEXT: Type.TEXT,
    FieldType.AUTONUMBER: Type.TEXT,
    FieldType.INTEGER: Type.NUMBER,
    FieldType.BIGINT: Type.NUMBER,
    FieldType.FLOAT: Type.FLOAT,
    FieldType.DECIMAL: Type.NUMBER,
    FieldType.PERCENT: Type.NUMBER,
    FieldType.MONEY: Type.NUMBER,
    FieldType.BOOLEAN: Type.BOOL,
    FieldType.DATE: Type.DATE,
    FieldType.DATETIME: Type.INSTANT,
    FieldType.PICKLIST: Type.TEXT,  # the option's key
    FieldType.PICKLISTS: Type.TEXTS,
    FieldType.TEXTS: Type.TEXTS,
    FieldType.REFERENCE: Type.TEXT,  # the id
}
"""What a field is to an expression. JSON can't be named."""

SYSTEM: Mapping[str, Type] = {
    "created_at": Type.INSTANT,
    "created_by": Type.TEXT,
    "owner": Type.TEXT,
    "currency": Type.TEXT,
}
"""Names that every record has, beside its fields."""

STAGED: Mapping[str, Type] = {
    "stage": Type.TEXT,
    "stage_kind": Type.TEXT,  # open, won, lost or invalid
    "stage_entered_at": Type.INSTANT,
}
"""Names that records of staged objects have as well."""

USERS = frozenset({"owner", "created_by"})
"""System fields that name a record of the object `user`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that expressions of one object may read; paths follow its references.

    `staged` has the keys of each staged object's stages, none where its pipeline is broken.
    """

    objects: Mapping[str, ObjectType]
    staged: Mapping[str, Sequence[str]]
    object: str
    with_old: bool = False  # whether `old.<field>` may be read

    def environment(self) -> Environment:
        return Environment(self, options=self.options)

    def get(self, name: str, /) -> Type | None:
        """The type of a name or dotted path, None where there is no such."""
        place = self._place(name.split("."))
        return None if place is None else self._own(*place)

    def options(self, name: str) -> Sequence[str] | None:
        """What a picklist, or a stage, can be; None for other names."""
        place = self._place(name.split("."))
        of = None if place is None else self.objects.get(place[0])
        if of is None or place is None:
            return None
        field = of.fields.get(place[1])
        if field is not None:
            return [one.key for one in field.options] or None
        if place[1] == "stage":
            return self.staged.get(of.key) or None
        return tuple(StageKind) if place[1] == "stage_kind" else None

    def __iter__(self) -> Iterator[str]:
        """The names worth suggesting: those of the record itself."""
        of = self.objects[self.object]
        yield from (key for key, field in of.fields.items() if field.type in TYPES)
        yield from SYSTEM
        if self.object in self.staged:
            yield from STAGED

    def _place(self, parts: Sequence[str]) -> tuple[str, str] | None:
        """The object that a path ends at, and what is named there."""
        if self.with_old and parts[0] == OLD:
            return (self.object, parts[1]) if len(parts) == 2 else None
        if len(parts) - 1 > MOST_HOPS:
            return None
        object_key = self.object
        for part in parts[:-1]:
            target = self._target(object_key, part)
            if target is None:
                return None
            object_key = target
        return object_key, parts[-1]

    def _own(self, object_key: str, name: str) -> Type | None:
        of = self.objects.get(object_key)
        if of is None:
            return None
        field = of.fields.get(name)
        if field is not None:
            return TYPES.get(field.type)
        if object_key in self.staged and name in STAGED:
            return STAGED[name]
        return SYSTEM.get(name)

    def _target(self, object_key: str, name: str) -> str | None:
        if name in USERS:
            return "user"
        of = self.objects.get(object_key)
        field = of.fields.get(name) if of else None
        return field.reference.object if field and field.reference else None
