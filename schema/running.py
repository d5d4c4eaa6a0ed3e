"""One operation of one request, and the reading of what a statement answers of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson
from graphql import FieldNode, GraphQLObjectType, get_named_type

from core.actions.tokens import Doorkeeper
from core.errors import Conflict, LimitExceeded, Refused
from core.identity import Actor, TenantId
from core.views import reading
from core.views.handles import Store
from core.views.reading import Prepared
from metadata import naming
from metadata.model import Metadata
from metadata.published import Published
from schema.caches import Cache
from schema.documents import Documents
from schema.found import Found
from schema.limits import Limits
from schema.live import Live
from schema.requests import BadRequest, Request
from schema.translation.given import Variables
from schema.translation.operations import Script
from schema.translation.outlines import Shape
from schema.translation.plans import Nodes, Plan, Selected, Translator, raise_for
from schema.translation.roots import IDS
from schema.translation.writes import TYPENAME, Task, tasks


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with its statement, for the rights of those who ask."""

    plan: Plan
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Top:
    """What is at the top of an operation, and who answers it.

    `compiled` are the response names that a statement answers, `described` those that describe
    the schema, `names` those that ask for the name of the root type. Python answers the rest;
    `found` are the places there at which records are selected, `tasks` the writes where there is
    nothing else.
    """

    nodes: Nodes
    compiled: tuple[str, ...]
    described: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    planned: Planned | None
    found: tuple[Selected, ...]
    tasks: tuple[Task, ...]
    is_whole: bool  # a statement answers everything

    @property
    def tells_of_metadata(self) -> bool:
        """Whether something may tell what is declared, and no statement or write looks whether
        that is the newest.
        """
        alone = self.planned is None and not (self.is_whole or self.tasks)
        return bool(self.described) or alone


Plans = Cache[Hashable, Top | Planned]

Faults = Callable[[TenantId, Metadata], Awaitable[list[str]]]
"""What GraphQL would refuse of the schema that some metadata gives."""

Answered = dict[str, orjson.Fragment | str | None]
"""Root fields whose answers are there before execution begins, by response name."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run of a process works with."""

    store: Store
    limits: Limits
    plans: Plans
    doorkeeper: Doorkeeper
    documents: Documents
    live: Callable[[Metadata], Live]
    faults: Faults


@dataclass(slots=True)
class Run:
    """An operation being answered, on one version of the tenant's metadata."""

    tools: Tools
    actor: Actor
    request: Request
    published: Published
    live: Live
    script: Script
    variables: dict[str, object]

    def top(self) -> Top:
        """What is asked for at the top.

        Raises:
            BadRequest: an argument is refused, whatever the values are.
        """
        shape = self.script.shape(self.variables, self.script.decisive)
        key = (*self._key(), shape)
        found = self.tools.plans.get(key)
        if found is None:
            found = self._top(shape)
            self.tools.plans.put(key, found, _weight(found.planned))
        assert isinstance(found, Top)
        return found

    def records(
        self, object_key: str, nodes: Sequence[FieldNode], path: tuple[str, ...]
    ) -> Planned:
        """The plan of records that Python has found, as they are selected.

        Raises:
            BadRequest: an argument is refused, whatever the values are.
        """
        names = self.script.below(nodes)
        shape = self.script.shape(self.variables, names | self.script.conditions)
        key = (*self._key(), path, object_key, shape)
        found = self.tools.plans.get(key)
        if found is None:
            type_ = self.live.schema.get_type(naming.type_name(object_key))
            assert isinstance(type_, GraphQLObjectType)
            below = [it.selection_set for it in nodes if it.selection_set is not None]
            plan = self._translator(shape).records((object_key, type_), below, path)
            found = self._planned(plan)
            self.tools.plans.put(key, found, _weight(found))
        assert isinstance(found, Planned)
        return found

    async def read(self, planned: Planned, variables: Variables) -> list[bytes]:
        """The columns of a plan's statement, for these values.

        Raises:
            BadRequest: an argument is refused.
            MetadataMoved: the tenant has published; the plan is to be made again.
            DealgraphError: the statement failed.
        """
        values = planned.plan.values(variables)
        try:
            return await reading.read(
                self.actor, self.tools.store, self.published, planned.prepared, values
            )
        except Refused as error:
            code = error.problems[0].code
            raise BadRequest(error.message, code=code, well_formed=True) from error

    async def follow(self) -> None:
        """Go on by the tenant's newest metadata, if the operation is still right there.

        Raises:
            Conflict: it is not.
        """
        self.published = await reading.published(self.actor, self.tools.store)
        if self.published.metadata.fingerprint == self.live.fingerprint:
            return
        live = self.tools.live(self.published.metadata)
        try:
            found = live.reread(self.script.operation, self.request, self.tools.documents)
            self.variables = found.coerced(live.schema, self.request.variables)
        except (BadRequest, LimitExceeded) as error:
            message = "The schema has changed; what was written stays written. Ask again."
            raise Conflict(message) from error
        self.live, self.script = live, found

    def rehearse(self, top: Top) -> None:
        """Make sure before a mutation that what it is to give back can be read.

        Raises:
            BadRequest: an argument below a payload is refused.
        """
        for object_key, nodes, path in top.found:
            self.records(object_key, nodes, path).plan.values({**self.variables, IDS: []})

    def _root_type(self) -> GraphQLObjectType:
        root_type = self.live.schema.get_root_type(self.script.operation.node.operation)
        assert root_type is not None
        return root_type

    def _top(self, shape: Shape) -> Top:
        root_type = self._root_type()
        translator = self._translator(shape)
        nodes = translator.top(root_type)
        plan = translator.roots(root_type)
        compiled = tuple(root.name for root in plan.query.roots)
        names = [n for n, asked in nodes if asked[0].name.value == TYPENAME]
        return Top(
            nodes,
            compiled,
            described=tuple(n for n, asked in nodes if asked[0].name.value in _DESCRIBED),
            names=tuple((name, root_type.name) for name in names),
            planned=self._planned(plan) if compiled else None,
            found=tuple(self._found(translator, nodes, compiled)),
            tasks=tasks(translator, root_type, nodes),
            is_whole=len(compiled) + len(names) == len(nodes),
        )

    def _found(
        self, translator: Translator, nodes: Nodes, compiled: Sequence[str]
    ) -> Iterator[Selected]:
        for name, asked in nodes:
            field = self.live.schema.get_field(self._root_type(), asked[0].name.value)
            payload = field and get_named_type(field.type)
            if name not in compiled and isinstance(payload, GraphQLObjectType):
                yield from translator.found(payload, asked, (name,))

    def _planned(self, plan: Plan) -> Planned:
        raise_for(plan.problems)
        prepared = reading.prepare(self.actor, self.published, plan.query)
        self.tools.limits.check("tables", prepared.statement.tables)
        return Planned(plan, prepared)

    def _translator(self, shape: Shape) -> Translator:
        return Translator(self.live.schema, self.tools.limits, self.script, shape)

    def _key(self) -> tuple[Hashable, ...]:
        operation = self.script.operation
        return (
            *self.published.key,
            self.actor.role,
            operation.document_hash,
            operation.name,
        )


class Finding(Protocol):
    """Reads the records that Python has found."""

    async def read(
        self, found: Found, nodes: Sequence[FieldNode], path: Sequence[str | int]
    ) -> orjson.Fragment | None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers are given: the run, what is answered already, and what finds the rest."""

    run: Run
    answered: Answered
    finder: Finding


def _weight(planned: Planned | None) -> int:
    """Characters of SQL, as a measure of what a plan takes."""
    return 1_000 + (len(planned.prepared.statement.sql) if planned is not None else 0)


_DESCRIBED = frozenset({"__schema", "__type"})
