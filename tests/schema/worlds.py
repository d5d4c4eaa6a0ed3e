"""Generated tenants: what they declare, and their records as plain Python values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.actions import removing, saving
from core.actions.removing import Removal
from metadata.layers import platform
from metadata.model import FieldType, Metadata, ObjectType
from metadata.parsing import parse
from schema.found import One
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import Document, an_object, own

__all__ = ["One", "Record", "World", "live", "worlds"]

KEYS = ("alpha__c", "beta__c", "gamma__c")
OPTIONS = [{"const": it, "title": it.upper()} for it in ("one", "two", "2b", "last_one")]
WORDS = [
    "a",
    "B",
    "ab",
    "Ab c",
    "华为",
    "华",
    "阿里",
    "%",
    "_",
    "\\",
    '"',
    "\n\t",
    "ß",
    "İ",
    "💥",
    "z" * 40,
]
TEXTS = st.sampled_from(WORDS) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=6
)
DAYS = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)) | st.sampled_from(
    [dt.date(2026, 1, day) for day in range(1, 29, 6)]
)
INSTANTS = st.integers(-(2**31), 2**37).map(
    lambda it: dt.datetime.fromtimestamp(it, dt.UTC) + dt.timedelta(microseconds=it % 1_000_003)
) | st.sampled_from([dt.datetime(2026, 1, d, 15, 59, 59, 999999, dt.UTC) for d in (1, 2, 31)])
JSONS = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)


def decimals(scale: int, most: int = 10**6) -> st.SearchStrategy[Decimal]:
    """Numbers with exactly so many digits after the point."""
    digits = st.integers(-most, most) | st.sampled_from([0, 1, 5 * 10 ** (scale - 1)])
    return digits.map(lambda it: Decimal(it).scaleb(-scale))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field: how it is declared, and what values it has."""

    declaration: Document
    values: st.SearchStrategy[Any]


KINDS: Mapping[str, Kind] = {
    "text": Kind({"type": "string"}, TEXTS),
    "sorted": Kind({"type": "string", "x-index": True}, TEXTS),
    "searched": Kind({"type": "string", "x-search": True}, TEXTS),
    "long": Kind({"type": "string", "x-type": "longtext"}, TEXTS),
    "integer": Kind({"type": "integer"}, st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1)),
    "bigint": Kind({"type": "integer", "x-type": "bigint"}, st.integers(-(2**63), 2**63 - 1)),
    "float": Kind({"type": "number"}, st.sampled_from([0.1, 1e300, -2.5, 0.0, 3.0, 1e-7])),
    "decimal": Kind({"type": "number", "x-type": "decimal", "x-scale": 3}, decimals(3)),
    "percent": Kind({"type": "number", "x-type": "percent", "x-scale": 4}, decimals(4, 10**4)),
    "money": Kind({"type": "number", "x-type": "money"}, decimals(2)),
    "boolean": Kind({"type": "boolean"}, st.booleans()),
    "date": Kind({"type": "string", "format": "date"}, DAYS),
    "instant": Kind({"type": "string", "format": "date-time"}, INSTANTS),
    "picked": Kind({"oneOf": OPTIONS}, st.sampled_from([it["const"] for it in OPTIONS])),
    "several": Kind(
        {"type": "array", "items": {"oneOf": OPTIONS}},
        st.lists(st.sampled_from([it["const"] for it in OPTIONS]), unique=True, min_size=1),
    ),
    "texts": Kind(
        {"type": "array", "items": {"type": "string"}}, st.lists(TEXTS, min_size=1, max_size=3)
    ),
    "json": Kind(
        {"type": "object"}, st.dictionaries(st.sampled_from("abc"), JSONS, min_size=1, max_size=3)
    ),
}


@dataclass(slots=True)
class Record:
    """A record as everybody should see it: field values and system fields by key."""

    object: str
    values: dict[str, Any]
    id: str = ""
    deleted: bool = False


@dataclass(slots=True)
class World:
    """A tenant: its declarations, and its records in the order of their creation.

    Once it lives, those that were deleted stand apart.
    """

    documents: Sequence[Document]
    records: dict[str, list[Record]] = field(default_factory=dict)
    deleted: dict[str, list[Record]] = field(default_factory=dict)
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"

    @property
    def metadata(self) -> Metadata:
        found = parse([platform(), own(self.documents)])
        assert isinstance(found, Metadata), "\n".join(map(str, found))
        return found

    def find(self, object_key: str, id: str | None) -> Record | None:
        return next((it for it in self.records.get(object_key, ()) if it.id == id), None)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A tenant with two or three objects that refer to each other, and some records."""
    keys = KEYS[: draw(st.integers(2, 3))]
    documents = [draw(objects(key, keys)) for key in keys]
    if draw(st.booleans()):
        documents.append(PIPELINE)
    world = World(documents)
    metadata = world.metadata
    for key in ("user", *keys):
        world.records[key] = []
        for _ in range(draw(st.sampled_from([4, 6, 3, 8, 1, 0]))):
            world.records[key].append(draw(records(metadata.objects[key], world, metadata)))
    every = [each for found in world.records.values() for each in found]
    named = {id(it) for each in every for it in each.values.values() if isinstance(it, Record)}
    for each in every:
        each.deleted = id(each) not in named and draw(st.sampled_from([False, False, True]))
    return world


@st.composite
def objects(draw: st.DrawFn, key: str, keys: Sequence[str]) -> Document:
    count = draw(st.sampled_from([5, 3, 8, 1]))
    kinds = draw(st.permutations(sorted(KINDS)))
    chosen = kinds[:count]
    properties: dict[str, object] = {f"{it}__c": KINDS[it].declaration for it in chosen}
    for other in keys[: keys.index(key) + 1]:
        if draw(st.sampled_from([True, True, False])):
            inverse = f"{key.removesuffix('__c')}_of_{other}"
            properties[f"to_{other}"] = {
                "x-reference": {"object": other, "inverse": inverse, "onDelete": "restrict"}
            }
    if draw(st.booleans()):
        reference = {"object": key, "inverse": "children", "onDelete": "restrict"}
        properties["parent"] = {"x-reference": reference, "x-tree": True}
    return an_object(key, properties, **{"x-plural": f"{key.removesuffix('__c')}s__c"})


PIPELINE: Document = {
    "$schema": "https://dealgraph.dev/schemas/pipeline-1.json",
    "$id": "steps__c",
    "object": "alpha__c",
    "title": "Steps",
    "stages": [
        {"key": "new", "title": "New", "kind": "open", "probability": 0.1},
        {"key": "begun", "title": "Begun", "kind": "open", "probability": 0.55},
        {"key": "won", "title": "Won", "kind": "won", "probability": 1},
    ],
}


@st.composite
def records(draw: st.DrawFn, of: ObjectType, world: World, metadata: Metadata) -> Record:
    """A record whose references name records that are there already, by their place."""
    values: dict[str, Any] = {}
    for each in of.fields.values():
        if each.reference is not None:
            earlier = world.records.get(each.reference.object, ())
            value = draw(st.sampled_from([*earlier, None])) if earlier else None
        elif of.key == "user":
            name = f"user {len(world.records['user'])}"
            value = {"name": name, "active": True}.get(each.key)
        else:
            kind = KINDS[each.key.removesuffix("__c")]
            value = draw(st.none() | kind.values | kind.values)
        values[each.key] = value
    owners = world.records.get("user", ())
    values["owner"] = draw(st.none() | st.sampled_from(owners)) if owners else None
    pipeline = metadata.pipeline_of(of.key)
    if pipeline is not None:
        values["stage"] = draw(st.sampled_from([it.key for it in pipeline.stages]))
    return Record(of.key, values)


async def live(world: World, client: Client) -> Client:
    """The world as a tenant of its own, and its administrator; the records learn their ids."""
    found = await a_client(client.store, [platform(), own(world.documents)], answers=client.answers)
    for object_key, records in world.records.items():
        for each in records:
            values = {
                key: value.id if isinstance(value, Record) else value
                for key, value in each.values.items()
                if value is not None
            }
            saved = await saving.create(found.actor, found.store, object_key, [values])
            each.id = str(saved.ids[0])
    for object_key, records in world.records.items():
        world.deleted[object_key] = [it for it in records if it.deleted]
        world.records[object_key] = [it for it in records if not it.deleted]
        for gone in world.deleted[object_key]:
            await removing.delete(found.actor, found.store, object_key, [Removal(gone.id)])
    await _system_fields(world, found)
    return found


async def _system_fields(world: World, client: Client) -> None:
    """What the server decided of each record, read from the table itself."""
    async with client.store.database.reading(client.actor.tenant) as connection:
        rows = await connection.fetch(
            "select id::text, version, created_at, updated_at, stage_entered_at, deleted_at"
            " from record where tenant_id = $1",
            client.actor.tenant,
        )
    found = {row["id"]: dict(row) for row in rows}
    for records in (*world.records.values(), *world.deleted.values()):
        for each in records:
            each.values |= {"currency": world.currency, **found[each.id]}


def is_money(of: ObjectType) -> bool:
    return any(it.type is FieldType.MONEY for it in of.fields.values())
