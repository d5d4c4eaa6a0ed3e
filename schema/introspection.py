"""What a schema says of itself: worked out in another process, kept compressed.

Describing every type takes most of a second in Python; the loop that serves requests would stand
still for it.
"""

from __future__ import annotations

import asyncio
import gzip
import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

import orjson
from anyio import CapacityLimiter, to_process
from graphql import GraphQLObjectType, GraphQLSchema, execute_sync, parse

from core.errors import LimitExceeded, Timeout
from core.identity import TenantId
from metadata.model import Metadata
from schema import sdl
from schema.caches import Cache, CacheStats
from schema.platform.strawberry_schema import platform
from schema.requests import Answer
from schema.running import Run
from schema.types.tenant_schema import full

_ROOM: Final = 50_000_000
_PROCESSES: Final = 1
_WAITING: Final = 20
_OF_ONE: Final = 3  # of one tenant, so that it does not keep the others from theirs
_SECONDS: Final = 30.0
_LEVEL: Final = 6

T = TypeVar("T")


class Introspector:
    """Describes schemas, each way that a document asks for it once."""

    def __init__(self, *, room: int = _ROOM, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._asked: Counter[TenantId] = Counter()
        self._turns: WeakValueDictionary[TenantId, asyncio.Lock] = WeakValueDictionary()
        self._cache: Cache[tuple[object, ...], bytes] = Cache(room)
        self._waiting: dict[tuple[object, ...], asyncio.Task[bytes]] = {}
        self._limiter: CapacityLimiter | None = None

    async def answer(self, run: Run, cost: int) -> Answer:
        """The answer to an operation that asks for nothing else."""
        zipped = await self._zipped(run)
        body = zipped if run.request.gzip else gzip.decompress(zipped)
        return Answer(body, operation=run.script.operation.name, cost=cost, gzip=run.request.gzip)

    async def described(self, run: Run) -> dict[str, orjson.Fragment]:
        """What the operation asks about the schema beside other things, by response name."""
        described: dict[str, object] = orjson.loads(gzip.decompress(await self._zipped(run)))
        data = described["data"]
        assert isinstance(data, dict)
        return {name: orjson.Fragment(orjson.dumps(data[name])) for name in run.top().described}

    async def faults(self, tenant: TenantId, metadata: Metadata) -> list[str]:
        """What GraphQL would refuse of the schema that this metadata gives.

        Raises:
            LimitExceeded: too much is being worked out already, for this tenant or for all.
            Timeout: it took too long.
        """
        self._admit(tenant)
        try:
            return await self._elsewhere(tenant, _faults, _packed(metadata))
        finally:
            self._dismiss(tenant)

    def stats(self) -> CacheStats:
        return self._cache.stats()

    async def _zipped(self, run: Run) -> bytes:
        operation = run.script.operation
        variables = orjson.dumps(run.request.variables, default=float)
        key = (run.live.fingerprint, operation.document_hash, operation.name, variables)
        found = self._cache.get(key)
        if found is not None:
            return found
        task = self._waiting.get(key)
        if task is None:
            self._admit(run.actor.tenant)
            task = self._waiting[key] = asyncio.create_task(self._describe(run))
            task.add_done_callback(partial(self._keep, key, run.actor.tenant))
        return await asyncio.shield(task)

    async def _describe(self, run: Run) -> bytes:
        return await self._elsewhere(
            run.actor.tenant,
            _described,
            _packed(run.published.metadata),
            run.request.query,
            run.script.operation.name,
            dict(run.request.variables),
        )

    async def _elsewhere(self, tenant: TenantId, work: Callable[..., T], *arguments: object) -> T:
        """What the work gives, done by another process; one of a tenant waits for it at a time."""
        turn = self._turns.setdefault(tenant, asyncio.Lock())
        if self._limiter is None:
            self._limiter = CapacityLimiter(_PROCESSES)
        try:
            async with turn, self._limiter, asyncio.timeout(self._seconds):
                return await to_process.run_sync(work, *arguments, cancellable=True)
        except TimeoutError as late:
            raise Timeout(f"Describing the schema took over {self._seconds:g} seconds.") from late

    def _admit(self, tenant: TenantId) -> None:
        if self._asked[tenant] >= _OF_ONE or self._asked.total() >= _WAITING:
            raise LimitExceeded("Too many different introspections at once: try again soon.")
        self._asked[tenant] += 1

    def _dismiss(self, tenant: TenantId) -> None:
        self._asked -= Counter((tenant,))  # which keeps no zero

    def _keep(self, key: tuple[object, ...], tenant: TenantId, task: asyncio.Task[bytes]) -> None:
        self._dismiss(tenant)
        del self._waiting[key]
        if not task.cancelled() and task.exception() is None:
            self._cache.put(key, task.result(), len(task.result()))


def _packed(metadata: Metadata) -> bytes:
    """The metadata for another process, without its understood expressions: a schema needs none,
    and their functions stay where they are.
    """
    return pickle.dumps(replace(metadata, computed={}))


def _described(
    pickled: bytes, source: str, operation_name: str | None, variables: dict[str, Any]
) -> bytes:
    """The compressed answer; what is asked for beside the schema is null."""
    result = execute_sync(
        _schema(pickled),
        parse(source),
        variable_values=variables,
        operation_name=operation_name,
        field_resolver=lambda *_, **__: None,
    )
    body = {"data": result.data, "extensions": {"cost": 0}}
    return gzip.compress(orjson.dumps(body), _LEVEL)


def _faults(pickled: bytes) -> list[str]:
    return sdl.problems(pickle.loads(pickled))


@lru_cache(maxsize=2)
def _schema(pickled: bytes) -> GraphQLSchema:
    metadata = pickle.loads(pickled)
    assert isinstance(metadata, Metadata)
    return _silent(full(metadata, platform()))


def _silent(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema with no resolvers at the top: only its description is asked for."""
    for root in (schema.query_type, schema.mutation_type):
        assert isinstance(root, GraphQLObjectType)
        for field in root.fields.values():
            field.resolve = None
    return schema
