"""Publishing knows every name that the API gives out, so that it can refuse a duplicate."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLObjectType, GraphQLSchema

from metadata import documents, naming
from metadata.layers import Layer
from metadata.model import Metadata
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full
from tests.metadata.builders import Document, metadata_of

CRM = Path(__file__).parents[2] / "plugins" / "packs" / "crm"


@pytest.fixture(scope="module")
def metadata() -> Metadata:
    def loaded(path: Path) -> Document:
        found = documents.load(path.read_text("utf-8"), path.name)
        assert isinstance(found, dict)
        return found

    files = sorted(CRM.rglob("*.json"))
    return metadata_of(Layer("crm", {str(path.relative_to(CRM)): loaded(path) for path in files}))


@pytest.fixture(scope="module")
def schema(metadata: Metadata) -> GraphQLSchema:
    return full(metadata, platform())


def _given(metadata: Metadata, scope: str) -> set[str]:
    return {name.name for name in naming.names(metadata) if name.scope == scope}


def test_every_type_is_known(metadata: Metadata, schema: GraphQLSchema) -> None:
    found = {name for name in schema.type_map if not name.startswith("__")}
    assert found <= _given(metadata, "types") | naming.PLATFORM_TYPES


def test_every_root_field_is_known(metadata: Metadata, schema: GraphQLSchema) -> None:
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    queries, mutations = set(schema.query_type.fields), set(schema.mutation_type.fields)
    assert queries <= _given(metadata, "query") | naming.PLATFORM_QUERIES
    assert mutations <= _given(metadata, "mutation") | naming.PLATFORM_MUTATIONS


def test_every_field_of_a_record_is_known(metadata: Metadata, schema: GraphQLSchema) -> None:
    reserved = {naming.field_name(key) for key in naming.RESERVED_FIELDS}
    for key in metadata.objects:
        type_ = schema.type_map[naming.type_name(key)]
        assert isinstance(type_, GraphQLObjectType)
        assert set(type_.fields) <= _given(metadata, key) | reserved
