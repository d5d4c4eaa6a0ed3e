"""Documents: parsed, validated, chosen from, kept."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress

import pytest
from graphql import build_schema

from core.errors import LimitExceeded
from schema.documents import Documents, Operation
from schema.limits import Limits
from schema.requests import BadRequest, Method, Request
from tests.schema.a_server import a_schema

SCHEMA = a_schema()


def read(
    query: str,
    *,
    name: str | None = None,
    method: Method = "POST",
    documents: Documents | None = None,
) -> Operation:
    """The operation of a request for `query`."""
    request = Request(query, name, {}, {}, method, "id")
    return (documents or Documents(Limits())).operation(SCHEMA, "f", request)


def refusal(query: str, **how: object) -> BadRequest:
    """The error that `query` is refused with."""
    with pytest.raises(BadRequest) as caught:
        read(query, **how)  # type: ignore[arg-type]
    return caught.value


def limit_of(query: str) -> tuple[object, object, object]:
    """The limit that `query` exceeds, what it reached, what is allowed."""
    error = refusal(query)
    extensions = error.errors[0]["extensions"]
    assert isinstance(extensions, dict)
    assert (error.code, extensions["code"]) == ("LIMIT_EXCEEDED", "LIMIT_EXCEEDED")
    return extensions["limit"], extensions["value"], extensions["allowed"]


def test_gives_the_only_operation_or_the_named_one() -> None:
    several = "query A { __typename } mutation B { __typename }"
    assert read("{ __typename }").name is None
    assert read("query A { __typename }", name="A").kind == "query"
    assert read(several, name="B").kind == "mutation"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("query A { __typename } query B { __typename }", None),
        ("query A { __typename }", "B"),
        ("{ __typename }", "B"),
        ("query A { __typename }", "\0"),
    ],
)
def test_refuses_an_operation_that_it_cannot_tell(query: str, name: str | None) -> None:
    assert refusal(query, name=name).code == "OPERATION_RESOLUTION_FAILURE"


def test_refuses_a_mutation_by_get() -> None:
    query = "mutation { __typename }"
    assert refusal(query, method="GET").status == 405


def test_says_where_the_syntax_is_wrong() -> None:
    error = refusal("{\n  account(id: 1) {\n")
    assert error.code == "GRAPHQL_PARSE_FAILED"
    assert error.errors[0]["locations"] == [{"line": 3, "column": 1}]


@pytest.mark.parametrize("query", ["{ }", "{ accounts { } }", "# nothing", "type A { a: Int }"])
def test_refuses_what_asks_for_nothing(query: str) -> None:
    assert refusal(query).code in ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("{ acount(id: 1) { id } }", "'account'"),
        ("{ accounts { nodes { nmae } } }", "'name'"),
        ("{ accounts(frist: 1) { totalCount } }", "'first'"),
        ("{ accounts(industry: RETIAL) { totalCount } }", "'RETAIL'"),
        ("mutation { createAccounts(inputs: [{nam: 1}]) { accounts { id } } }", "'name'"),
        ("{ node(id: 1) { ... on Acount { id } } }", "'Account'"),
    ],
)
def test_suggests_what_was_probably_meant(query: str, meant: str) -> None:
    message = refusal(query).errors[0]["message"]
    assert f"Did you mean {meant}" in str(message)


def test_says_null_of_a_null_that_is_not_allowed() -> None:
    message = refusal("mutation { createAccounts(inputs: [null]) { accounts { id } } }").errors[0][
        "message"
    ]
    assert str(message).endswith("not to be null.")


def test_suggests_for_the_first_error_only_and_stops_at_twenty() -> None:
    error = refusal("{ " + " ".join(f"acount{n}: acount" for n in range(40)) + " }")
    messages = [str(it["message"]) for it in error.errors]
    assert [("Did you mean" in it) for it in messages[:3]] == [True, False, False]
    assert len(messages) == 21
    assert "Too many validation errors" in messages[-1]


def test_misspelt_types_cost_little_in_a_large_schema() -> None:
    sdl = " ".join(f"type OpportunityContact{n}Connection {{ id: ID }}" for n in range(1600))
    schema = build_schema(f"type Query {{ id: ID }} {sdl}")
    query = "{ " + " ".join(f"... on OpportnityContct{n}Conection {{ id }}" for n in range(19))
    request = Request(query + " }", None, {}, {}, "POST", "id")
    with pytest.raises(BadRequest, match="Did you mean"):
        Documents(Limits()).operation(schema, "f", request)


def doubled(levels: int) -> str:
    """The same field twice, inside the same field twice, and so on."""
    inner = "name name" if levels == 0 else doubled(levels - 1)
    return f"parent {{ {inner} }} parent {{ {inner} }}"


@pytest.mark.parametrize(
    "query",
    [
        "{" + "accounts{totalCount} " * 900 + "}",
        '{account(id:"1"){' + doubled(7) + "}}",
        "{"
        + " ".join(f"...F{n}" for n in range(250))
        + "}"
        + " ".join(f"fragment F{n} on Query{{accounts{{totalCount}}}}" for n in range(250)),
    ],
    ids=["wide", "deep", "fragments"],
)
def test_comparing_doubled_fields_stops_early(query: str) -> None:
    limit, _, allowed = limit_of(query)
    assert (limit, allowed) == ("overlaps", Limits().overlaps)


def test_names_the_limit_that_a_document_exceeds() -> None:
    aliases = " ".join(f"a{n}: __typename" for n in range(51))
    assert limit_of("{" + aliases + "}") == ("aliases", 51, 50)
    assert limit_of("{" + "a " * 5000 + "}") == ("tokens", 5001, 5000)
    assert limit_of("#" + "商" * 20_000 + "\n{a}") == ("document", 60_005, 50_000)


@pytest.mark.parametrize("levels", [11, 60, 199, 400, 1600])
def test_a_query_two_hundred_levels_deep_is_too_deep(levels: int) -> None:
    query = '{account(id:"1"){' + "parent{" * levels + "id" + "}" * levels + "}}"
    limit, _, allowed = limit_of(query)
    assert (limit, allowed) == ("depth", 10)


@pytest.mark.parametrize("length", [201, 420])
def test_a_long_chain_of_fragments_is_too_deep(length: int) -> None:
    chain = " ".join(
        f"fragment F{n} on Account {{ parent {{ ...F{n + 1} }} }}" for n in range(length)
    )
    query = f'{{account(id:"1"){{...F0}}}} {chain} fragment F{length} on Account {{ id }}'
    assert limit_of(query)[0] == "depth"


def test_fragments_that_multiply_are_counted_spread_out() -> None:
    links = " ".join(
        f"fragment F{n} on Account {{ a: parent {{ ...F{n + 1} }} b: parent {{ ...F{n + 1} }}"
        f" c: parent {{ ...F{n + 1} }} d: parent {{ ...F{n + 1} }} }}"
        for n in range(8)
    )
    query = f'{{account(id:"1"){{...F0}}}} {links} fragment F8 on Account {{ id name }}'
    assert limit_of(query)[0] in ("fields", "overlaps")


def test_cyclic_fragments_are_refused() -> None:
    query = "{accounts{nodes{...F}}} fragment F on Account {parent{...F}}"
    assert refusal(query).code == "GRAPHQL_VALIDATION_FAILED"


def test_deep_literals_are_refused() -> None:
    query = "{text(of:" + "[" * 300 + "]" * 300 + ")}"
    assert limit_of(query)[0] == "nesting"


def test_remembers_documents_and_refusals_by_schema_and_text() -> None:
    documents = Documents(Limits())
    first = read("{ __typename }", documents=documents)
    assert read("{ __typename }", documents=documents) is first
    refused = [refusal("{ nothing }", documents=documents) for _ in range(2)]
    assert refused[0].errors == refused[1].errors
    assert refused[0] is not refused[1]
    request = Request("{ __typename }", None, {}, {}, "POST", "id")
    assert documents.operation(SCHEMA, "another", request) is not first
    stats = documents.stats()
    assert (stats.hits, stats.misses, stats.entries) == (2, 3, 3)


def test_one_off_documents_do_not_wash_out_the_others() -> None:
    documents = Documents(Limits(), room=20_000)
    wanted = read("{ __typename }", documents=documents)
    read("{ __typename }", documents=documents)
    for number in range(500):
        read(f'{{ account(id: "{number}") {{ id }} }}', documents=documents)
    assert read("{ __typename }", documents=documents) is wanted
    assert documents.stats().weight <= 20_000


def test_a_schema_is_let_go_whatever_was_asked_of_it() -> None:
    documents = Documents(Limits())
    schema = a_schema()
    for query in ("{ accounts { nodes { id } } }", "{ acount }", "{", "{" + "parent{" * 300):
        request = Request(query, None, {}, {}, "POST", "id")
        with suppress(BadRequest):
            documents.operation(schema, "f", request)
    gone = weakref.ref(schema)
    del schema
    gc.collect()
    assert gone() is None
    assert documents.stats().entries == 4


def test_a_literal_page_that_is_too_large_is_refused_before_anything_runs() -> None:
    assert limit_of("{ accounts(first: 1001) { totalCount } }") == ("max_page", 1001, 1000)


def test_a_variable_page_is_refused_when_its_value_is_known() -> None:
    operation = read("query($n: Int) { accounts(first: $n) { nodes { id } } }")
    with pytest.raises(LimitExceeded) as caught:
        operation.plan.cost({"n": 1001}, Limits(), SCHEMA)
    assert (caught.value.limit, caught.value.value) == ("max_page", 1001)
