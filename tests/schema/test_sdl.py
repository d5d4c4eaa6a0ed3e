from __future__ import annotations

import orjson
import pytest
from graphql import GraphQLObjectType, build_schema

from metadata import bounds
from schema import sdl
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full
from tests.metadata.builders import TEXT, a_reference, a_tenant, an_object, metadata_of
from tests.schema.some_metadata import crm, declared


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return dict(sdl.client_files(crm()))


def test_the_sdl_is_a_schema_with_the_same_types(files: dict[str, str]) -> None:
    read = build_schema(files["schema.graphql"])

    assert read.type_map.keys() == full(crm(), platform()).type_map.keys()


def test_nothing_is_wrong_with_the_schema_of_the_built_in_pack() -> None:
    assert sdl.problems(crm()) == []
    assert sdl.problems(declared()) == []


def test_possible_types_are_the_records(files: dict[str, str]) -> None:
    possible = orjson.loads(files["possible-types.json"])

    assert {"Account", "Contact", "Opportunity", "User"} <= set(possible["Node"])


def test_what_has_no_id_is_merged(files: dict[str, str]) -> None:
    policies = orjson.loads(files["type-policies.json"])

    assert policies["AccountConnection"] == policies["MoneyStats"] == {"merge": True}
    assert {"Account", "Query", "Mutation"}.isdisjoint(policies)


def test_only_records_have_an_id() -> None:
    schema = full(crm(), platform())
    records = set(schema.extensions["objects"].values())

    with_id = {
        name
        for name, it in schema.type_map.items()
        if isinstance(it, GraphQLObjectType) and "id" in it.fields
    }

    assert with_id == records


def test_every_scalar_has_a_type_in_the_client(files: dict[str, str]) -> None:
    scalars = orjson.loads(files["scalars.json"])

    assert {"Decimal", "BigInt", "Date", "DateTime", "JSON", "ID"} == scalars.keys()


def test_a_chain_of_references_goes_through_every_object_that_a_tenant_may_have() -> None:
    objects = [an_object("link0__c", {"name__c": TEXT})]
    for index in range(1, bounds.OBJECTS - 2):
        before = a_reference(f"link{index - 1}__c", "nexts__c")
        objects.append(an_object(f"link{index}__c", {"before__c": before}))

    assert sdl.problems(metadata_of(a_tenant(*objects))) == []
