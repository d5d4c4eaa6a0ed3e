from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
    parse,
    print_schema,
    print_type,
    validate,
    validate_schema,
)

from metadata import naming
from metadata.model import Metadata
from schema.platform.strawberry_schema import platform
from schema.types.operators import SHARED
from schema.types.tenant_schema import full, lazy
from tests.schema.some_metadata import an_object, crm, declared


def test_the_full_schema_is_valid() -> None:
    assert validate_schema(full(crm(), platform())) == []


def test_the_lazy_schema_has_the_same_types() -> None:
    made, served = full(crm(), platform()), lazy(crm(), platform())

    differing = [
        name
        for name, type_ in made.type_map.items()
        if not name.startswith("__") and print_type(type_) != print_type(served.type_map[name])
    ]

    assert differing == []


def test_the_lazy_schema_makes_no_fields_until_they_are_asked_for() -> None:
    schema = lazy(crm(), platform())

    validate(schema, parse("{ accounts { nodes { name } } }"))

    made = {name for name, it in schema.type_map.items() if "fields" in vars(it)}
    tenants = {"Query", "Account", "AccountConnection"}
    assert tenants <= made
    assert {"Opportunity", "OpportunityFilter", "AccountFilter", "Mutation"}.isdisjoint(made)


def test_every_type_of_a_tenant_is_named_by_its_metadata() -> None:
    named = {it.name for it in naming.names(crm()) if it.scope == "types"}
    nothing = set(full(declared(), platform()).type_map) | {it.name for it in SHARED}

    unnamed = set(full(crm(), platform()).type_map) - named - nothing

    assert {name for name in unnamed if not name.endswith(ENDINGS)} == set()


def test_every_root_field_is_named_by_its_metadata() -> None:
    schema = full(crm(), platform())
    for scope, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        named = {it.name for it in naming.names(crm()) if it.scope == scope}
        assert root is not None
        assert root.fields.keys() - named - own_fields(scope) == set()


def test_records_are_nodes() -> None:
    schema = lazy(crm(), platform())
    node = schema.type_map["Node"]
    account = schema.type_map["Account"]

    assert isinstance(node, GraphQLInterfaceType)
    assert isinstance(account, GraphQLObjectType)
    assert schema.is_sub_type(node, account)
    assert account in schema.get_possible_types(node)


def test_output_is_nullable_but_for_ids() -> None:
    account = full(crm(), platform()).type_map["Account"]

    assert isinstance(account, GraphQLObjectType)
    assert [name for name, it in account.fields.items() if str(it.type).endswith("!")] == ["id"]


def test_what_is_hidden_is_not_there() -> None:
    metadata = declared(
        an_object("secret__c", {"name__c": {"type": "string"}}, **{"x-hidden": True}),
        an_object(
            "visit__c",
            {
                "name__c": {"type": "string"},
                "hidden__c": {"type": "string", "x-hidden": True, "x-unique": True},
                "secret__c": {"x-reference": {"object": "secret__c", "inverse": "visits__c"}},
            },
            **{"x-unique": [{"key": "both__c", "fields": ["name__c", "hidden__c"]}]},
        ),
    )

    told = print_schema(full(metadata, platform()))

    assert "name__c" in told
    assert "ecret__c" not in told
    assert "hidden__c" not in told
    assert "HIDDEN__C" not in told
    assert "BOTH__C" not in told
    assert "upsertVisits__c" not in told


def test_an_upsert_goes_by_keys_that_can_be_written() -> None:
    number = {"type": "string", "x-type": "autonumber", "x-format": "N{0}", "x-unique": True}
    fields = {"name__c": {"type": "string", "x-unique": True}, "number__c": number}

    key = full(declared(an_object("visit__c", fields)), platform()).type_map["Visit__cUniqueKey"]

    assert isinstance(key, GraphQLEnumType)
    assert set(key.values) == {"NAME__C"}


def test_fields_and_options_say_what_they_are_in_both_languages() -> None:
    schema = full(crm(), platform())
    opportunity, source = schema.type_map["Opportunity"], schema.type_map["OpportunitySource"]

    assert isinstance(opportunity, GraphQLObjectType)
    assert isinstance(source, GraphQLEnumType)
    assert opportunity.description == "Opportunity (商机)"
    assert opportunity.fields["amount"].description == "Amount (预计金额)"
    assert source.values["TENDER"].description == "Tender (招标)"


def test_an_input_says_what_a_new_record_must_have() -> None:
    made = full(crm(), platform()).type_map["OpportunityInput"]

    assert isinstance(made, GraphQLInputObjectType)
    assert made.fields["name"].description == "Name (商机名称). A new record must have it."
    assert made.fields["account"].description == "Account (客户)"


def test_everything_says_what_it_is() -> None:
    schema = full(crm(), platform())

    assert [name for name, says in _told(schema) if not says] == []


def _told(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything that introspection can describe but its own types, with its description."""
    for type_ in schema.type_map.values():
        if is_introspection_type(type_):
            continue
        yield type_.name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from (
                (f"{type_.name}.{it}", value.description) for it, value in type_.values.items()
            )
        elif isinstance(type_, GraphQLInputObjectType):
            yield from (
                (f"{type_.name}.{it}", made.description) for it, made in type_.fields.items()
            )
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                for argument, made in field.args.items():
                    yield f"{type_.name}.{name}({argument})", made.description


def test_an_amount_in_the_tenants_currency_is_said_to_be_one() -> None:
    money = {"type": "number", "x-type": "money", "title": "Fee"}
    fee = an_object("fee__c", {"a__c": money, "b__c": {**money, "description": "What they owe."}})

    made = full(declared(fee), platform()).type_map["Fee__c"]

    assert isinstance(made, GraphQLObjectType)
    said = {
        made.fields[naming.field_name(naming.corporate(key))].description
        for key in ("a__c", "b__c")
    }
    assert said == {
        "Fee, in the tenant's currency",
        "Fee. What they owe. In the tenant's currency.",
    }


def test_input_takes_nothing_that_the_server_computes() -> None:
    schema = full(crm(), platform())
    given = schema.type_map["OpportunityInput"]

    assert isinstance(given, GraphQLInputObjectType)
    assert {"name", "amount", "account", "owner", "currency", "stage"} <= given.fields.keys()
    assert {"weightedAmount", "lineTotal", "lastActivityAt", "id"}.isdisjoint(given.fields)


def test_options_that_begin_with_a_digit_and_deprecated_ones() -> None:
    metadata = declared(
        an_object(
            "visit__c",
            {
                "size__c": {
                    "oneOf": [
                        {"const": "2b", "title": "To businesses"},
                        {"const": "old", "title": "Old", "deprecated": True},
                    ]
                }
            },
        )
    )

    size = full(metadata, platform()).type_map["Visit__cSize__c"]

    assert isinstance(size, GraphQLEnumType)
    assert list(size.values) == ["_2B", "OLD"]
    assert size.values["OLD"].deprecation_reason is not None


@pytest.mark.parametrize("metadata", [crm(), declared()], ids=["crm", "nothing"])
def test_texts_are_ordered_and_ranged_over_only_where_they_are_sorted(metadata: Metadata) -> None:
    schema = full(metadata, platform())
    for key, of in metadata.objects.items():
        filters = schema.type_map[f"{naming.type_name(key)}Filter"]
        orders = schema.type_map[f"{naming.type_name(key)}OrderBy"]
        assert isinstance(filters, GraphQLInputObjectType)
        assert isinstance(orders, GraphQLInputObjectType)
        for field in of.fields.values():
            name = naming.field_name(field.key)
            if field.type == "text" and not field.hidden:
                kind = "SortedTextFilterInput" if field.index else "TextFilterInput"
                assert str(filters.fields[name].type) == kind
                assert (name in orders.fields) is field.index


def test_a_schema_that_nobody_serves_any_more_is_collected() -> None:
    schema = lazy(crm(), platform())
    validate(schema, parse("{ accounts(filter: {name: {eq: 1}}) { nodes { nam } } }"))
    gone = weakref.ref(schema)

    del schema
    gc.collect()

    assert gone() is None


ENDINGS = ("Info", "Kind", "Input", "Payload", "Stats")


def own_fields(scope: str) -> set[str]:
    found = platform().query if scope == "query" else platform().mutation
    return {*found, "node"}
