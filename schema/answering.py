"""From a request to its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from graphql import GraphQLError, located_error

from core.actions.tokens import Doorkeeper
from core.errors import Conflict, DealgraphError, LimitExceeded
from core.identity import Actor
from core.views import reading
from core.views.handles import Store
from core.views.reading import MetadataMoved
from metadata.published import Published
from schema import errors
from schema.caches import Cache, CacheStats
from schema.documents import Documents
from schema.executing import execute
from schema.introspection import Introspector
from schema.leaving import Awaited, Disconnected
from schema.limits import Limits
from schema.live import Schemas
from schema.numbers import Exact
from schema.performing import perform
from schema.platform.strawberry_schema import platform
from schema.requests import Answer, BadRequest, Request
from schema.running import Answered, Plans, Run, Tools, Top

_PLANS: Final = 20_000_000  # characters of SQL
_ATTEMPTS: Final = 4


class Answers:
    """Answers the operations of all tenants; remembers documents, schemas and plans."""

    def __init__(self, store: Store, doorkeeper: Doorkeeper, limits: Limits) -> None:
        self._documents = Documents(limits)
        self._schemas = Schemas(platform(), limits)
        self._introspector = Introspector()
        plans: Plans = Cache(_PLANS)
        self._tools = Tools(
            store,
            limits,
            plans,
            doorkeeper,
            self._documents,
            self._schemas.of,
            self._introspector.faults,
        )

    async def answer(self, actor: Actor, request: Request) -> Answer:
        """The finished answer to one operation.

        Raises:
            DealgraphError: the request is refused before anything runs.
        """
        store = self._tools.store
        for _ in range(_ATTEMPTS):
            published = await reading.published(actor, store)
            try:
                run = self._run(actor, request, published)
            except DealgraphError as error:
                if error.code == LimitExceeded.code:  # whatever is published; no statement runs
                    raise
                if await reading.is_current(actor, store, published):
                    raise
                continue  # it may be right for what another process has published
            try:
                return await self._answered(run)
            except MetadataMoved:
                continue
        raise Conflict("The metadata kept changing while the request was answered.")

    def stats(self) -> Mapping[str, CacheStats]:
        """How each memory does, for the metrics."""
        return {
            "documents": self._documents.stats(),
            "schemas": self._schemas.stats(),
            "plans": self._tools.plans.stats(),
            "introspection": self._introspector.stats(),
        }

    def _run(self, actor: Actor, request: Request, published: Published) -> Run:
        live = self._schemas.of(published.metadata)
        script = live.script(request, self._documents)
        variables = script.coerced(live.schema, request.variables)
        return Run(self._tools, actor, request, published, live, script, variables)

    async def _answered(self, run: Run) -> Answer:
        operation = run.script.operation
        cost = operation.plan.cost(run.variables, self._tools.limits, run.live.schema)
        top = run.top()
        if top.tells_of_metadata and not await reading.is_current(
            run.actor, self._tools.store, run.published
        ):
            raise MetadataMoved("The metadata has changed: ask again.")
        if top.described and len(top.described) == len(top.nodes):
            return await self._introspector.answer(run, cost)
        answered, wrong = await _statement(run, top)
        if top.is_whole:
            data: object = {name: answered[name] for name, _ in top.nodes}
        elif top.tasks:
            run.rehearse(top)
            data, wrong = await perform(run, top.tasks)
        else:
            if top.described:
                answered.update(await self._introspector.described(run))
            run.rehearse(top)
            result = await execute(run, answered)
            data = result.data
            wrong += result.errors or ()
        return _answer(run, data, wrong, cost)


async def _statement(run: Run, top: Top) -> tuple[Answered, list[GraphQLError]]:
    """What one statement answers. When it fails, all of it is null, with one error."""
    answered: Answered = dict(top.names)
    if top.planned is None:
        return answered, []
    try:
        async with Awaited(run.request.receive):
            columns = await run.read(top.planned, run.variables)
    except (MetadataMoved, BadRequest, LimitExceeded, Disconnected):
        raise
    except Exception as error:  # noqa: BLE001 - told as the error of a field, or masked
        answered.update(dict.fromkeys(top.compiled))
        nodes = list(dict(top.nodes)[top.compiled[0]])
        return answered, [located_error(error, nodes, [top.compiled[0]])]
    for name, column in zip(top.compiled, columns, strict=True):
        answered[name] = orjson.Fragment(column) if column is not None else None
    return answered, []


def _answer(run: Run, data: object, wrong: Sequence[GraphQLError], cost: int) -> Answer:
    body: dict[str, object] = {"data": data, "extensions": {"cost": cost}}
    codes: tuple[str, ...] = ()
    if wrong:
        tenant = run.actor.tenant
        told = [errors.of_field(it, run.request.request_id, tenant=tenant) for it in wrong]
        body, codes = {"errors": told, **body}, errors.codes_of(told)
    name = run.script.operation.name
    return Answer(orjson.dumps(body, default=_plain), operation=name, cost=cost, codes=codes)


def _plain(value: object) -> object:
    if isinstance(value, Exact):
        return float(value)
    raise TypeError
