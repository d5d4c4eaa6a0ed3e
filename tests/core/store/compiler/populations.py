"""A tenant with records of every type of field, kept in memory as well."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core import query
from core.identity import TenantId
from core.query import Column, Compare, Operator, Quantifier
from core.store.database.connections import Database
from metadata.published import Published
from metadata.storage import Storage
from tests.core.a_store import MONEY, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import Values
from tests.core.store.compiler.oracle import Item, Records

PICK = {"oneOf": [{"const": key, "title": key} for key in ("red", "green", "blue")]}
FIELDS: dict[str, Any] = {
    "note": {"type": "string", "x-search": True},
    "body": {"type": "string", "x-type": "longtext", "x-search": True},
    "code": {"type": "string", "x-unique": True},
    "amount": {**MONEY, "x-index": True},
    "number": {"type": "integer"},
    "ratio": {"type": "number"},
    "large": {"type": "integer", "x-type": "bigint"},
    "share": {"type": "number", "x-type": "percent", "x-scale": 4},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "done": {"type": "boolean"},
    "kind": PICK,
    "kinds": {"type": "array", "items": PICK},
    "words": {"type": "array", "items": {"type": "string"}},
}
WORDS = (
    *("", " ", "a", "A", "ab", "Ab c", "ÄÖ", "äö", "İ", "ß", "100%", "a_b", "a\\b", "'", '"'),
    *("华为", "华为技术", "为", "中国", "Z", "z" * 250, "z" * 250 + "x", "😀", "é", "e\u0301"),
)
DAYS = tuple(date(2026, 1, 1) + timedelta(days=37 * at) for at in range(8)) + (date(1, 1, 1),)
MOMENTS = tuple(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=7 * at) for at in range(8))
POOLS: dict[str, tuple[Any, ...]] = {
    "name": WORDS,
    "note": WORDS,
    "body": WORDS,
    "code": WORDS,
    "amount": tuple(map(Decimal, ("0.00", "-1.50", "10.00", "99999999999999.99"))),
    "number": (0, -1, 7, 2**31 - 1),
    "ratio": (0.1, -2.5, 1e21, 0.30000000000000004),
    "large": (0, 2**62, -(2**62)),
    "share": tuple(map(Decimal, ("0.0000", "0.3333", "1.0000"))),
    "day": DAYS,
    "moment": MOMENTS,
    "done": (True, False),
    "kind": ("red", "green", "blue"),
    "kinds": ("red", "green", "blue"),
    "words": ("a", "b", "华为", "a=b", "", "长" * 999, "长" * 998 + "a"),
}
LISTED = ("kinds", "words")
TEXTS = ("name", "note", "body", "code")
EQUALITY = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN, Operator.IS_NULL)
RANGES = (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
PARTS = (Operator.CONTAINS, Operator.STARTS_WITH)
MEMBERS = (Operator.HAS, Operator.HAS_ANY, Operator.HAS_ALL, Operator.IS_NULL)
PLURAL = (Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.HAS_ALL)


@dataclass(frozen=True, slots=True)
class Population:
    """A world and its records in memory."""

    world: World
    records: Records

    @property
    def tenant(self) -> TenantId:
        return self.world.tenant


async def a_population(database: Database) -> Population:
    """40 groups in a tree and 90 items, some of them without any value."""
    world = await a_world(
        database,
        an_object(
            "group",
            {"parent": {**refers_to("group", inverse="children"), "x-tree": True}, "kind": PICK},
        ),
        an_object("item", {**FIELDS, "group": refers_to("group", inverse="items")}),
    )
    rng = random.Random(5)
    items: list[Item] = []
    for at in range(40):
        parent = rng.choice([None, *items[-9:]]) if at % 9 else None
        values = {"name": f"{at % 7}", "kind": rng.choice((*POOLS["kind"], None))}
        items.append(await _created(world, "group", values | {"parent": parent and parent.id}))
    groups = list(items)
    for at in range(90):
        values = {
            name: _drawn(rng, name, pool) for name, pool in POOLS.items() if rng.random() < 0.7
        }
        if "code" in values:
            values["code"] = f"{values['code']}{at}"
        group = rng.choice([None, *groups])
        items.append(await _created(world, "item", values | {"group": group and group.id}))
    return Population(world, Records(items))


def without_slots(published: Published) -> Published:
    """The same metadata with nothing to make it fast."""
    storage = published.storage
    bare = {
        of: {key: replace(place, slot=None) for key, place in places.items()}
        for of, places in storage.places.items()
    }
    return replace(published, storage=Storage(bare, "bare"))


def _drawn(rng: random.Random, name: str, pool: tuple[Any, ...]) -> Any:
    if name in LISTED:
        return rng.sample(pool, rng.randrange(len(pool)))
    return rng.choice(pool)


async def _created(world: World, object: str, values: dict[str, Any]) -> Item:
    made = await world.create(
        object, **{key: held for key, held in values.items() if held is not None}
    )
    return Item(object, made, values)


# Predicates


class Predicates:
    """Draws predicates over items and groups, their values into one run's."""

    def __init__(self, draw: st.DrawFn, population: Population) -> None:
        self.draw = draw
        self.population = population
        self.values = Values()

    def of(self, object: str, depth: int = 3) -> query.Predicate:
        """A predicate on records of an object."""
        kinds = ["compare"] if depth == 0 else ["compare", "compare", "all", "either", "not", "hop"]
        match self.draw(st.sampled_from(kinds)):
            case "all":
                return query.All(tuple(self._several(object, depth)))
            case "either":
                return query.Either(tuple(self._several(object, depth)))
            case "not":
                return query.Not(self.of(object, depth - 1))
            case "hop":
                return self._hop(object, depth - 1)
        return self._compare(object)

    def _several(self, object: str, depth: int) -> Iterator[query.Predicate]:
        for _ in range(self.draw(st.integers(1, 3))):
            yield self.of(object, depth - 1)

    def _hop(self, object: str, depth: int) -> query.Predicate:
        if self.draw(st.booleans()):
            return self._under(object)
        if object == "item":
            return query.Through("group", self.of("group", depth))
        if self.draw(st.booleans()):
            return query.Through("parent", self.of("group", depth))
        quantifier = self.draw(st.sampled_from(Quantifier))
        via = self.draw(st.sampled_from([("item", "group"), ("group", "parent")]))
        part = self.draw(st.booleans())
        return query.Related(*via, quantifier, self.of(via[0], depth) if part else None)

    def _under(self, object: str) -> query.Predicate:
        group = self.draw(st.sampled_from(self.population.records.of("group")))
        under = query.Under(self.values.of(group.id))
        return query.Through("group", under) if object == "item" else under

    def _compare(self, object: str) -> query.Predicate:
        names = ("name", "kind") if object == "group" else (*POOLS, "id", "group")
        name = self.draw(st.sampled_from(names))
        if name in ("id", "group"):
            return self._identified(name)
        pool = ("0", "3", "9") if (object, name) == ("group", "name") else POOLS[name]
        operator = self.draw(st.sampled_from(operators(name)))
        value: Any = self.draw(st.sampled_from(pool))
        if name == "code" and operator is not Operator.IS_NULL:
            value += self.draw(st.sampled_from(("", "1", "12")))
        if operator is Operator.IS_NULL:
            value = self.draw(st.booleans())
        elif operator in PLURAL:
            value = self.draw(st.lists(st.sampled_from(pool), max_size=3))
        elif operator in PARTS:
            value = value[self.draw(st.integers(0, 1)) : self.draw(st.sampled_from((1, 2, 300)))]
        return Compare(Column(name), operator, self.values.of(value))

    def _identified(self, name: str) -> query.Predicate:
        of = self.population.records.of("item" if name == "id" else "group")
        ids = [one.id for one in of]
        operator = self.draw(st.sampled_from(EQUALITY))
        value: Any = self.draw(st.sampled_from(ids))
        if operator is Operator.IS_NULL:
            value = self.draw(st.booleans())
        elif operator in PLURAL:
            value = self.draw(st.lists(st.sampled_from(ids), max_size=3))
        return Compare(Column(name), operator, self.values.of(value))


def operators(name: str) -> tuple[Operator, ...]:
    """What can be asked of a field."""
    if name in LISTED:
        return MEMBERS
    if name in ("kind", "done"):
        return EQUALITY
    return (*EQUALITY, *RANGES, *PARTS) if name in TEXTS else (*EQUALITY, *RANGES)
