"""The API of a tenant as a client uses it, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from core.errors import DealgraphError
from core.identity import Actor, Role, TenantId
from core.store.tenancy import publishing, tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.publishing import Version
from core.store.tenancy.tenants import Settings
from core.store.tenancy.tokens import Doorkeeper
from core.store.tenancy.versions import stored_layers
from metadata import assigning, naming
from metadata.layers import Layer
from schema import errors
from schema.answering import Answers
from schema.limits import Limits
from schema.requests import Request
from tests.schema.some_metadata import parsed


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody with a token of a tenant."""

    answers: Answers
    actor: Actor
    store: Store
    doorkeeper: Doorkeeper

    async def ask(self, source: str, **variables: object) -> dict[str, Any]:
        """The whole answer, as a client reads it; a request error has no data."""
        request = Request(source, None, variables, {}, "POST", "r1")
        try:
            answer = await self.answers.answer(self.actor, request)
        except DealgraphError as error:
            return {"errors": list(errors.of_failure(error))}
        found: dict[str, Any] = orjson.loads(answer.body)
        return found

    async def data(self, source: str, **variables: object) -> Any:
        """The data of an answer without errors."""
        answer = await self.ask(source, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def codes(self, source: str, **variables: object) -> list[str]:
        """The codes of an answer's errors."""
        answer = await self.ask(source, **variables)
        return [it["extensions"]["code"] for it in answer.get("errors", ())]

    def acting(self, **changes: object) -> Client:
        """The same with another role, or for another user."""
        return replace(self, actor=replace(self.actor, **changes))  # type: ignore[arg-type]

    async def create(self, object_key: str, *inputs: Mapping[str, object]) -> list[str]:
        """New records by the API; their ids."""
        of = (await self.store.published(self.actor.tenant)).metadata.objects[object_key]
        name, field = naming.type_name(of.key), naming.field_name(of.plural)
        create = naming.operations(of, staged=False).create_many
        source = f"""mutation ($inputs: [{name}Input!]!) {{
          made: {create}(inputs: $inputs) {{
            {field} {{ id }}
            errors {{ path code message }}
          }}
        }}"""
        made = (await self.data(source, inputs=list(inputs)))["made"]
        assert made["errors"] == []
        return [it["id"] for it in made[field]]

    async def one(self, object_key: str, **values: object) -> str:
        """One new record; its id."""
        return (await self.create(object_key, values))[0]


async def a_client(
    store: Store,
    layers: Sequence[Layer],
    *,
    settings: Settings | None = None,
    answers: Answers | None = None,
    limits: Limits | None = None,
) -> Client:
    """An administrator of a new tenant that has published these layers."""
    tenant = await _published(store, layers, settings or Settings(key=f"a{tenants.new_id()}"[:40]))
    doorkeeper = Doorkeeper(store.database)
    made = answers or Answers(store, doorkeeper, limits or Limits())
    return Client(made, Actor(tenant, Role.ADMIN), store, doorkeeper)


async def _published(store: Store, layers: Sequence[Layer], settings: Settings) -> TenantId:
    metadata = parsed(layers)
    tenant = tenants.made(settings)
    version = Version(
        number=1,
        kind="create",
        fingerprint=metadata.fingerprint,
        layers=stored_layers(layers),
        storage=assigning.assign(None, None, metadata).storage,
    )
    async with store.database.transaction(tenant.id) as connection:
        await tenants.insert(connection, tenant)
        await publishing.add(tenant.id, connection, version)
    return tenant.id
