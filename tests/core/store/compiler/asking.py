"""Short words for queries, and what a tenant's records answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from core import cursors, query
from core.query import Column, Compare, Connection, Operator, Order, Output, Page, Position
from core.views import reading
from tests.core.a_store import World


class Values(list[Any]):
    """The values of one run, each named by its place."""

    def of(self, value: object) -> query.Value:
        self.append(value)
        return query.Value(len(self) - 1)


async def ask(world: World, part: query.Part, values: list[Any]) -> Any:
    """What one root answers."""
    return (await ask_all(world, [part], values))[0]


async def ask_all(world: World, parts: list[query.Part], values: list[Any]) -> list[Any]:
    """What several roots answer in one statement."""
    asked = query.Query(tuple(Output(f"r{at}", part) for at, part in enumerate(parts)))
    published = await reading.published(world.actor, world.store)
    prepared = reading.prepare(world.actor, published, asked)
    answers = await reading.read(world.actor, world.store, published, prepared, values)
    return [json.loads(answer) for answer in answers]


def scalars(*fields: str) -> tuple[Output, ...]:
    return tuple(Output(name, query.Scalar(Column(name))) for name in fields)


def nodes(*outputs: Output) -> Output:
    return Output("nodes", query.Nodes(outputs))


def compare(field: str, operator: Operator, value: query.Value) -> Compare:
    return Compare(Column(field), operator, value)


PAGE_INFO = Output(
    "page", query.PageInfo(tuple(Output(part.value, part) for part in query.PagePart))
)


def edges(*outputs: Output) -> Output:
    return Output(
        "edges",
        query.Edges((Output("cursor", query.Cursor()), Output("node", query.Node(outputs)))),
    )


def position(values: Values, cursor: str, object: str, order: tuple[Order, ...]) -> Position:
    """A cursor as a query names it."""
    *keys, last = cursors.decode(cursor, object, order)
    return Position(tuple(None if key is None else values.of(key) for key in keys), values.of(last))


async def listed(
    world: World,
    object: str,
    values: Values,
    where: query.Predicate | None = None,
    order: tuple[Order, ...] = (),
) -> list[str]:
    """The names of the records that satisfy a predicate."""
    asked = Connection(
        object, (nodes(*scalars("name")),), Page(values.of(1_000)), where=where, order=order
    )
    answer = await ask(world, asked, values)
    return [node["name"] for node in answer["nodes"]]


async def record(world: World, object: str, id: UUID, *outputs: Output) -> Any:
    """What one record answers."""
    return await ask(world, query.Record(object, query.Value(0), outputs), [id])
