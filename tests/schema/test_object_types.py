"""What objects and fields are called and take, as menus and forms ask for it."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType

from core.identity import Role
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from metadata.model import Metadata
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import an_object, crm, crm_layers

ALL = """query ($names: [String!], $language: String) {
  objectTypes(names: $names, language: $language) {
    name key title pluralTitle one many titleField treeField
    uniqueKeys { value fields }
    stages { value title kind deprecated }
    fields {
      name key kind title required readOnly deprecated default object scale valueSchema
      options { value title deprecated }
    }
  }
}"""
SYSTEM = {"owner", "currency", "stage"}  # inputs that no object declares


async def test_tells_what_a_form_needs(client: Client) -> None:
    found = await _one(client, "Account")
    fields = _by_name(found)

    assert (found["one"], found["many"]) == ("account", "accounts")
    assert (found["titleField"], found["treeField"]) == ("name", "parent")
    assert {"value": "EXTERNAL_ID", "fields": ["externalId"]} in found["uniqueKeys"]
    assert found["stages"] is None
    assert fields["name"]["required"]
    assert fields["name"]["valueSchema"] == {"type": "string", "minLength": 1, "maxLength": 200}
    assert fields["employees"]["valueSchema"]["minimum"] == 0
    assert fields["type"]["default"] == "CUSTOMER"
    assert fields["parent"]["object"] == "Account"
    assert {"value": "SAAS", "title": "SaaS", "deprecated": False} in fields["industry"]["options"]


async def test_tells_the_stages_as_the_pipeline_has_them(client: Client) -> None:
    found = await _one(client, "Opportunity")

    assert [it["value"] for it in found["stages"]][:2] == ["INITIAL", "QUALIFIED"]
    assert {it["kind"] for it in found["stages"]} == {"OPEN", "WON", "LOST", "INVALID"}


async def test_titles_are_in_the_tenants_language_or_the_one_asked_for(store: Store) -> None:
    settings = Settings(key="object-types", language="zh-Hans")
    chinese = await a_client(store, crm_layers(), settings=settings)

    assert (await _one(chinese, "Opportunity"))["title"] == "商机"
    assert (await _one(chinese, "Opportunity", language="en"))["title"] == "Opportunity"


async def test_what_is_hidden_is_not_told(store: Store) -> None:
    secret = an_object("secret__c", {"code__c": {"type": "string"}}, **{"x-hidden": True})
    visit = an_object(
        "visit__c",
        {
            "title__c": {"type": "string", "x-hidden": True, "x-unique": True},
            "day__c": {"type": "string", "format": "date"},
            "about__c": {"x-reference": {"object": "secret__c"}},
        },
        **{"x-title": "title__c"},
    )
    client = await a_client(store, crm_layers(secret, visit))

    every = (await client.data(ALL))["objectTypes"]
    found = next(it for it in every if it["name"] == "Visit__c")

    assert "Secret__c" not in {it["name"] for it in every}
    assert list(_by_name(found)) == ["day__c"]
    assert (found["titleField"], found["uniqueKeys"]) == (None, [])


async def test_readers_may_ask(client: Client) -> None:
    reader = client.acting(role=Role.READER)

    assert (await _one(reader, "Account"))["title"] == "Account"


async def test_says_of_every_object_what_its_input_takes(client: Client) -> None:
    metadata: Metadata = crm()
    schema = full(metadata, platform())

    every = (await client.data(ALL))["objectTypes"]

    assert [it["key"] for it in every] == [
        key for key, it in metadata.objects.items() if not it.hidden
    ]
    for found in every:
        given = schema.type_map[f"{found['name']}Input"]
        assert isinstance(given, GraphQLInputObjectType)
        writable = [it for it in found["fields"] if not it["readOnly"]]
        assert [it["name"] for it in writable] == [it for it in given.fields if it not in SYSTEM]
        for field in writable:
            if field["options"] is not None:
                enum = schema.type_map[f"{found['name']}{_upper(field['name'])}"]
                assert isinstance(enum, GraphQLEnumType)
                assert [it["value"] for it in field["options"]] == list(enum.values)


async def _one(client: Client, name: str, **variables: object) -> Any:
    (found,) = (await client.data(ALL, names=[name], **variables))["objectTypes"]
    return found


def _by_name(found: Any) -> dict[str, Any]:
    return {it["name"]: it for it in found["fields"]}


def _upper(name: str) -> str:
    return name[0].upper() + name[1:]
