"""Reading the records that Python has found: all those at one place of an answer at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
import orjson
from graphql import FieldNode

from core.errors import Conflict
from core.identity import RecordId
from core.views.reading import MetadataMoved
from schema.found import Found, Many, One
from schema.running import Run
from schema.translation.roots import IDS

_ATTEMPTS = 3

Path: TypeAlias = tuple[str, ...]
Fragments: TypeAlias = dict[RecordId, orjson.Fragment | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where records are shown: of which object, selected how, at which names in the answer."""

    object: str
    nodes: tuple[FieldNode, ...]
    path: Path


@dataclass(slots=True)
class _Batch:
    """Records at one place that wait for their statement."""

    place: Place
    answer: asyncio.Future[Fragments]
    ids: dict[RecordId, None] = field(default_factory=dict)


class Finder:
    """Reads records for one run. What is asked for in one turn of the loop goes together."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: dict[tuple[str, Path], _Batch] = {}

    async def read(
        self, found: Found, nodes: Sequence[FieldNode], path: Sequence[str | int]
    ) -> orjson.Fragment | None:
        """Records as they are selected; None where there is none.

        Those at paths that differ only in their indexes are read together.

        Raises:
            Conflict: the tenant has published and the selection does not hold any more.
            DealgraphError: the statement failed.
        """
        names = tuple(step for step in path if isinstance(step, str))
        place = Place(found.object, tuple(nodes), names)
        if isinstance(found, Many):
            return orjson.Fragment(await self._column(place, found.ids))
        if len(names) == len(path):
            column = await self._column(place, [found.id])
            return orjson.Fragment(column[1:-1]) if column != _NOTHING else None
        return (await asyncio.shield(self._joined(place, found).answer))[found.id]

    def _joined(self, place: Place, found: One) -> _Batch:
        key = (place.object, place.path)
        batch = self._waiting.get(key)
        if batch is None:
            loop = asyncio.get_running_loop()
            batch = self._waiting[key] = _Batch(place, loop.create_future())
            loop.call_soon(self._start, key)
        batch.ids[found.id] = None
        return batch

    def _start(self, key: tuple[str, Path]) -> None:
        batch = self._waiting.pop(key)
        task = asyncio.ensure_future(self._fragments(batch))
        task.add_done_callback(lambda done: _settle(batch.answer, done))

    async def _fragments(self, batch: _Batch) -> Fragments:
        column = await self._column(batch.place, list(batch.ids))
        members = _MEMBERS.decode(column)
        return {
            found: orjson.Fragment(bytes(member)) if bytes(member) != _NULL else None
            for found, member in zip(batch.ids, members, strict=True)
        }

    async def _column(self, place: Place, ids: Sequence[RecordId]) -> bytes:
        """The JSON of records, as one list in the order of the ids."""
        for _ in range(_ATTEMPTS):
            planned = self._run.records(place.object, place.nodes, place.path)
            variables = {**self._run.variables, IDS: list(ids)}
            try:
                (column,) = await self._run.read(planned, variables)
            except MetadataMoved:
                await self._run.follow()
                continue
            return column
        raise Conflict("The metadata kept changing while the records were read.")


def _settle(answer: asyncio.Future[Fragments], done: asyncio.Task[Fragments]) -> None:
    if answer.done():
        return
    error = asyncio.CancelledError() if done.cancelled() else done.exception()
    if error is None:
        answer.set_result(done.result())
    else:
        answer.set_exception(error)
        answer.exception()  # known; whoever waited is told


_MEMBERS = msgspec.json.Decoder(list[msgspec.Raw])
_NULL = b"null"
_NOTHING = b"[null]"
