"""The oracle: graphql-core's own executor with plain resolvers over a world's Python values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLResolveInfo, GraphQLSchema, execute_sync, parse

from metadata import naming
from metadata.model import Field, FieldType, Inverse, Metadata, ObjectType
from metadata.text import fold, sort_key
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full
from tests.schema.worlds import Record, World

CURSOR = "<a cursor>"
EXACT = frozenset({FieldType.BIGINT, FieldType.DECIMAL, FieldType.PERCENT, FieldType.MONEY})
EXACTLY = Context(prec=200, rounding=ROUND_HALF_UP)
PEOPLE = {"createdBy": "created_by", "updatedBy": "updated_by", "owner": "owner"}


@dataclass(frozen=True)
class Connection:
    """Records, and the page of them that was asked for."""

    of: ObjectType
    found: list[Record]
    size: int
    backward: bool

    @property
    def page(self) -> list[Record]:
        if self.backward:
            return self.found[max(len(self.found) - self.size, 0) :]
        return self.found[: self.size]


@dataclass(frozen=True)
class Aggregate:
    of: ObjectType
    found: list[Record | None]


@dataclass(frozen=True)
class GroupKey:
    of: ObjectType
    keys: Mapping[tuple[str, ...], Any]
    hops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subtree:
    of: ObjectType
    found: list[Record]


class Plainly:
    """Answers from a world's records."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.metadata: Metadata = world.metadata
        self.zone = ZoneInfo(world.time_zone)

    @cached_property
    def schema(self) -> GraphQLSchema:
        return full(self.metadata, platform())

    def answer(self, source: str, variables: Mapping[str, object]) -> tuple[Any, list[str]]:
        """Data and the messages of errors."""
        result = execute_sync(
            self.schema,
            parse(source),
            variable_values=dict(variables),
            field_resolver=self.resolve,
            type_resolver=lambda it, *_: naming.type_name(it.object),
        )
        return result.data, [str(it) for it in result.errors or ()]

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if isinstance(source, Mapping):
            return source.get(info.field_name)
        return self._resolvers[type(source)](source, info.field_name, arguments)

    @cached_property
    def _resolvers(self) -> Mapping[type, Callable[[Any, str, dict[str, Any]], Any]]:
        return {
            type(None): self.root,
            Record: self.record,
            Connection: self.connection,
            Aggregate: self.aggregate,
            GroupKey: self.group_key,
            Subtree: self.subtree,
        }

    # At the top

    def root(self, _: None, name: str, arguments: dict[str, Any]) -> Any:
        if name == "node":
            found = (self.world.find(key, arguments["id"]) for key in self.world.records)
            return next((it for it in found if it is not None), None)
        for of in self.metadata.objects.values():
            if naming.field_name(of.key) == name:
                return self.world.find(of.key, arguments["id"])
            if naming.field_name(of.plural) == name:
                wanted = arguments.get("records") == "DELETED"
                found = self.world.deleted if wanted else self.world.records
                return self.page(of, found.get(of.key, ()), arguments, default=50)
        raise AssertionError(name)

    # Records

    def record(self, record: Record, name: str, arguments: dict[str, Any]) -> Any:
        of = self.metadata.objects[record.object]
        if name in SPECIAL:
            return getattr(self, SPECIAL[name])(record, name, arguments)
        for inverse in self.metadata.inverses(of.key):
            if naming.field_name(inverse.key) == name:
                there = self.metadata.objects[inverse.object]
                found = self.children(record, inverse.object, inverse.field)
                return self.page(there, found, arguments, default=10)
        if name == "id":
            return record.id
        key, field, _ = self.named(of, name)
        value = record.values.get(key)
        return shown(field, value) if field is not None else value

    def children(self, record: Record, object_key: str, via: str) -> list[Record]:
        return [it for it in self.world.records.get(object_key, ()) if it.values.get(via) is record]

    def stage(self, record: Record, *_: Any) -> Any:
        pipeline = self.metadata.pipeline_of(record.object)
        stage = pipeline.stage(record.values["stage"]) if pipeline else None
        return stage and {
            "key": stage.key,
            "title": stage.title,
            "kind": stage.kind.value,
            "probability": Decimal(stage.probability),
            "forecastCategory": stage.forecast_category,
            "since": record.values["stage_entered_at"],
        }

    # Trees

    def tree(self, record: Record, name: str, arguments: dict[str, Any]) -> Any:
        of = self.metadata.objects[record.object]
        above = self.ancestors(record)
        if name == "subtree":
            found = [] if record.deleted else [record, *self.descendants(record)]
            return Subtree(of, found)
        if name == "descendants":
            depth = arguments.get("maxDepth")
            below = self.descendants(record, depth if depth is not None else 10**6)
            return self.page(of, below, arguments, default=10, is_ordered=True)
        return {
            "ancestors": above,
            "depth": None if record.deleted else len(above),
            "ultimateParent": None if record.deleted else [*above, record][0],
        }[name]

    def ancestors(self, record: Record) -> list[Record]:
        parent = record.values.get("parent")
        return [*self.ancestors(parent), parent] if parent is not None else []

    def descendants(self, record: Record, depth: int = 10**6) -> list[Record]:
        if depth <= 0:
            return []
        return [
            it
            for child in self.children(record, record.object, "parent")
            for it in (child, *self.descendants(child, depth - 1))
        ]

    def subtree(self, subtree: Subtree, name: str, arguments: dict[str, Any]) -> Any:
        if name == "aggregate":
            return Aggregate(subtree.of, list(subtree.found))
        for inverse in self.metadata.inverses(subtree.of.key):
            if naming.field_name(inverse.key) == name:
                found = [
                    child
                    for it in subtree.found
                    for child in self.children(it, inverse.object, inverse.field)
                ]
                of = self.metadata.objects[inverse.object]
                return self.page(of, sorted(found, key=by_id), arguments, default=10)
        raise AssertionError(name)

    # Pages

    def page(
        self,
        of: ObjectType,
        records: Iterable[Record],
        arguments: dict[str, Any],
        *,
        default: int,
        is_ordered: bool = False,
    ) -> Connection:
        wanted = arguments.get("filter")
        found = [it for it in records if wanted is None or self.holds(of, it, wanted)]
        if not is_ordered:
            found = self.ordered(of, found, arguments.get("orderBy") or ())
        last = arguments.get("last")
        first = arguments.get("first")
        size = last if last is not None else first if first is not None else default
        return Connection(of, found, size, last is not None)

    def connection(self, it: Connection, name: str, arguments: dict[str, Any]) -> Any:
        if name == "groups":
            return self.groups(it, arguments)
        more = len(it.found) > it.size
        end = CURSOR if it.page else None
        return {
            "nodes": it.page,
            "edges": [{"node": record, "cursor": CURSOR} for record in it.page],
            "totalCount": len(it.found),
            "aggregate": Aggregate(it.of, list(it.found)),
            "pageInfo": {
                "hasNextPage": more and not it.backward,
                "hasPreviousPage": more and it.backward,
                "startCursor": end,
                "endCursor": end,
            },
        }[name]

    def ordered(
        self, of: ObjectType, records: Sequence[Record], order: Sequence[Mapping[str, Any]]
    ) -> list[Record]:
        said: dict[tuple[object, ...], Any] = {}
        for it in order:
            key, in_corporate = self.ranked(of, it), "Corporate" in str(it)
            said.setdefault((key[0], in_corporate), key)  # one that comes again decides nothing
        keys = list(said.values())
        descending = keys[-1][2] if keys else False
        found = sorted(records, key=by_id, reverse=descending)
        for path, field, is_descending in reversed(keys):

            def rank(record: Record, path: Any = path, field: Any = field) -> Any:
                return self.rank(path, field, self.at(record, path))

            found.sort(key=rank, reverse=is_descending)
        return found

    def rank(self, path: tuple[str, ...], field: Field | None, value: Any) -> Any:
        """What puts a value in order."""
        if path[-1] == "stage":
            return smallest_first(self.place_of(value))
        is_text = field is not None and field.type in (FieldType.TEXT, FieldType.AUTONUMBER)
        return smallest_first(sort_key(value) if is_text and value is not None else value)

    def place_of(self, stage: str | None) -> int | None:
        """Where the stage stands in its pipeline, of which a world has one."""
        known = [one.key for it in self.metadata.pipelines.values() for one in it.stages]
        return None if stage is None else known.index(stage)

    def ranked(
        self, of: ObjectType, order: Mapping[str, Any], hops: tuple[str, ...] = ()
    ) -> tuple[tuple[str, ...], Field | None, bool]:
        ((name, said),) = order.items()
        key, field, target = self.named(of, name)
        if target is not None:
            return self.ranked(target, said, (*hops, key))
        return (*hops, key), field, said == "DESC"

    def named(self, of: ObjectType, name: str) -> tuple[str, Field | None, ObjectType | None]:
        """What a name in an order, a filter or a key means: key, field, and what it leads to."""
        if name in PEOPLE:
            return PEOPLE[name], None, self.metadata.objects["user"]
        for field in of.fields.values():
            if name in (
                naming.field_name(field.key),
                naming.field_name(naming.corporate(field.key)),
            ):
                to = field.reference
                return field.key, field, self.metadata.objects[to.object] if to else None
        return SYSTEM[name], None, None

    def at(self, record: Record | None, path: Sequence[str]) -> Any:
        for step in path:
            if record is None:
                return None
            record = record.id if step == "id" else record.values.get(step)  # type: ignore[assignment]
        return record

    # Filters

    def holds(self, of: ObjectType, record: Record, wanted: Mapping[str, Any]) -> bool:
        return all(self.part_holds(of, record, name, it) for name, it in wanted.items())

    def part_holds(self, of: ObjectType, record: Record, name: str, wanted: Any) -> bool:
        if name in COMBINED:
            found = [self.holds(of, record, it) for it in as_list(wanted)]
            return COMBINED[name](found)
        if name == "under":
            return wanted in {it.id for it in (*self.ancestors(record), record)}
        if name in IDENTITY:
            return compared(record.id, name, wanted)
        for inverse in self.metadata.inverses(of.key):
            if naming.field_name(inverse.key) == name:
                return self.children_hold(record, inverse, wanted)
        key, field, target = self.named(of, name)
        if target is not None:
            return self.behind(target, record.values.get(key), wanted)
        value = record.id if key == "id" else record.values.get(key)
        return all(compared(value, word, it, field) for word, it in wanted.items())

    def children_hold(self, record: Record, inverse: Inverse, wanted: Mapping[str, Any]) -> bool:
        there = self.metadata.objects[inverse.object]
        found = self.children(record, inverse.object, inverse.field)
        return all(
            QUANTIFIED[word](self.holds(there, it, part) for it in found)
            for word, part in wanted.items()
        )

    def behind(self, of: ObjectType, record: Record | None, wanted: Mapping[str, Any]) -> bool:
        """Whether what a reference names, perhaps nothing, satisfies a filter."""
        return all(self.part_behind(of, record, name, it) for name, it in wanted.items())

    def part_behind(self, of: ObjectType, record: Record | None, name: str, wanted: Any) -> bool:
        if name in ("and", "or"):
            return COMBINED[name]([self.behind(of, record, it) for it in wanted])
        if name in IDENTITY:
            return compared(record.id if record is not None else None, name, wanted)
        if name == "not" and identifies(wanted):
            return not self.behind(of, record, wanted)
        return record is not None and self.part_holds(of, record, name, wanted)

    # Figures

    def aggregate(self, it: Aggregate, name: str, _: dict[str, Any]) -> Any:
        if name == "count":
            return sum(record is not None for record in it.found)
        key, field, target = self.named(it.of, name)
        if target is not None:
            return Aggregate(target, [self.at(record, [key]) for record in it.found])
        values = [v for record in it.found if (v := self.at(record, [key])) is not None]
        return self.stats(field, values)

    def stats(self, field: Field | None, values: list[Any]) -> dict[str, Any]:
        if field is None or field.type in (FieldType.DATE, FieldType.DATETIME):
            return {"min": min(values, default=None), "max": max(values, default=None)}
        if not values:
            zeros: dict[FieldType, Any] = {FieldType.FLOAT: 0.0, FieldType.MONEY: "0.00"}
            nothing = zeros.get(field.type, "0")
            return {"sum": nothing, "currency": self.world.currency, "excluded": 0}
        exact = [Fraction(repr(it) if isinstance(it, float) else it) for it in values]
        total, average = sum(exact), sum(exact) / len(exact)
        if field.type is FieldType.FLOAT:
            found: dict[str, Any] = {"sum": float(total), "avg": float(average)}
        else:
            found = {
                "sum": format(EXACTLY.create_decimal(sum(map(Decimal, values))), "f"),
                "avg": self.average(field, average),
            }
        return found | {
            "min": shown(field, min(values)),
            "max": shown(field, max(values)),
            "currency": self.world.currency,
            "excluded": 0,
        }

    def average(self, field: Field, exact: Fraction) -> str:
        """Half up: of money to its currency's digits, of others to the twelfth, zeros left out."""
        is_money = field.type is FieldType.MONEY
        places = 2 if is_money else 12
        units = abs(exact) * 10**places
        rounded = EXACTLY.scaleb(Decimal(int(units + Fraction(1, 2))), -places)
        number = rounded if exact >= 0 else EXACTLY.minus(rounded)
        return format(number if is_money else EXACTLY.normalize(EXACTLY.add(number, 0)), "f")

    def groups(self, it: Connection, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        keys = [self.keyed(it.of, by) for by in arguments["by"]]
        rows = [(tuple(self.key_of(r, *key) for key in keys), r) for r in it.found]
        fields = [self.ranked(it.of, by)[1] for by in arguments["by"]]
        ranks = {
            id(r): [
                (self.rank(path, field, value), smallest_first(value))
                for (path, _), field, value in zip(keys, fields, values, strict=True)
            ]
            for values, r in rows
        }
        rows.sort(key=lambda row: ranks[id(row[1])])
        found = [
            (values, [record for _, record in group])
            for values, group in groupby(rows, key=lambda row: row[0])
        ]
        if arguments.get("orderBy") != "KEY":
            found.sort(key=lambda group: -len(group[1]))
        first = arguments.get("first")
        return [
            {
                "key": GroupKey(it.of, dict(zip([k[0] for k in keys], values, strict=True))),
                "aggregate": Aggregate(it.of, list(records)),
            }
            for values, records in found[: first if first is not None else 1_000]
        ]

    def keyed(
        self, of: ObjectType, by: Mapping[str, Any], hops: tuple[str, ...] = ()
    ) -> tuple[tuple[str, ...], Any]:
        ((name, said),) = by.items()
        key, _, target = self.named(of, name)
        return self.keyed(target, said, (*hops, key)) if target else ((*hops, key), said)

    def key_of(self, record: Record, path: tuple[str, ...], said: Any) -> Any:
        value = self.at(record, path)
        if value is None or said is True:
            return value
        day = value.astimezone(self.zone).date() if isinstance(value, dt.datetime) else value
        return FIRST_DAYS[said](day)

    def group_key(self, it: GroupKey, name: str, _: dict[str, Any]) -> Any:
        key, _, target = self.named(it.of, name)  # type: ignore[assignment]
        path = (*it.hops, key)
        return GroupKey(target, it.keys, path) if target else it.keys.get(path)


SPECIAL = {"stage": "stage"} | dict.fromkeys(
    ("ultimateParent", "depth", "ancestors", "descendants", "subtree"), "tree"
)
SYSTEM = {
    "id": "id",
    "recordId": "id",
    "version": "version",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "deletedAt": "deleted_at",
    "currency": "currency",
    "stage": "stage",
}
IDENTITY = frozenset({"eq", "ne", "in", "notIn", "isNull"})
COMBINED: Mapping[str, Callable[[Iterable[bool]], bool]] = {
    "and": all,
    "or": any,
    "not": lambda held: not all(held),
}
QUANTIFIED: Mapping[str, Callable[[Iterable[bool]], bool]] = {
    "some": any,
    "every": all,
    "none": lambda held: not any(held),
}
FIRST_DAYS: Mapping[str, Callable[[dt.date], dt.date]] = {
    "day": lambda day: day,
    "week": lambda day: day - dt.timedelta(day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}


def identifies(wanted: Any) -> bool:
    """Whether a filter asks for nothing but which record it is, or whether there is one."""
    return all(
        name in IDENTITY or (name in COMBINED and all(map(identifies, as_list(it))))
        for name, it in wanted.items()
    )


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def by_id(record: Record) -> str:
    return record.id


def smallest_first(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def shown(field: Field, value: Any) -> Any:
    """Exact numbers are shown at their field's scale, JSON with the keys as PostgreSQL has them."""
    if field.type is FieldType.JSON:
        return in_order(value)
    return format(value, "f") if field.type in EXACT and isinstance(value, Decimal) else value


def in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value, key=lambda it: (len(it), it))}
    return [in_order(it) for it in value] if isinstance(value, list) else value


def compared(value: Any, word: str, wanted: Any, field: Field | None = None) -> bool:
    """One operator; a null differs from everything."""
    if word in ("lt", "lte", "gt", "gte"):
        return value is not None and RANGES[word](*_ranks(value, wanted, field))
    if word in ("contains", "startsWith"):
        return value is not None and PARTS[word](fold(value), fold(wanted))
    if word in ("has", "hasAny", "hasAll"):
        return value is not None and LISTS[word](value, wanted)
    return {
        "eq": lambda: value is not None and value == wanted,
        "ne": lambda: value is None or value != wanted,
        "in": lambda: value is not None and value in wanted,
        "notIn": lambda: value is None or value not in wanted,
        "isNull": lambda: (value is None) == wanted,
    }[word]()


def _ranks(value: Any, wanted: Any, field: Field | None) -> tuple[Any, Any]:
    is_text = isinstance(value, str) and field is not None
    return (sort_key(value), sort_key(wanted)) if is_text else (value, wanted)


RANGES: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}
PARTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, part: text.startswith(part),
}
LISTS: Mapping[str, Callable[[list[Any], Any], bool]] = {
    "has": lambda held, one: one in held,
    "hasAny": lambda held, some: any(it in held for it in some),
    "hasAll": lambda held, every: all(it in held for it in every),
}
