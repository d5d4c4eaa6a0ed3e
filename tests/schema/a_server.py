"""A small server to send requests to: three types, an answering function, no database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from uuid import UUID

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    execute,
)
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette

from core.errors import Unauthenticated
from core.identity import Actor, Role, TenantId
from schema import errors
from schema.documents import Documents
from schema.limits import OPENS, Limits, Opens
from schema.logs import Entry, RequestLog
from schema.requests import Answer, Answering, Request
from schema.routes import routes

TOKEN = "dg_a-token"
TENANT = TenantId(UUID(int=7))
LIMITS = Limits()
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}


def a_schema() -> GraphQLSchema:
    """Accounts with contacts and children, marked as the tenant types mark theirs."""
    page = {
        "first": GraphQLArgument(GraphQLInt),
        "last": GraphQLArgument(GraphQLInt),
        "after": GraphQLArgument(GraphQLString),
    }
    industry = GraphQLEnumType("Industry", {"SAAS": "saas", "RETAIL": "retail"})
    node = GraphQLInterfaceType("Node", {"id": GraphQLField(GraphQLNonNull(GraphQLID))})
    contact = GraphQLObjectType(
        "Contact",
        lambda: {
            "id": GraphQLField(GraphQLNonNull(GraphQLID)),
            "name": GraphQLField(GraphQLString),
            "account": GraphQLField(account, extensions={OPENS: Opens.RECORD}),
        },
        interfaces=[node],
    )
    account = GraphQLObjectType(
        "Account",
        lambda: {
            "id": GraphQLField(GraphQLNonNull(GraphQLID)),
            "name": GraphQLField(GraphQLString),
            "industry": GraphQLField(industry),
            "contacts": GraphQLField(
                a_connection(contact), page, extensions={OPENS: Opens.CONNECTION}
            ),
            "children": GraphQLField(accounts, page, extensions={OPENS: Opens.CONNECTION}),
            "parent": GraphQLField(account, extensions={OPENS: Opens.RECORD}),
            "ancestors": GraphQLField(GraphQLList(account), extensions={OPENS: Opens.LIST}),
        },
        interfaces=[node],
    )
    accounts = a_connection(account)
    exact = GraphQLScalarType("Text", parse_value=lambda value: getattr(value, "text", value))
    given = GraphQLInputObjectType("AccountInput", {"name": GraphQLInputField(GraphQLString)})
    payload = GraphQLObjectType(
        "AccountsPayload",
        {"accounts": GraphQLField(GraphQLList(account), extensions={OPENS: Opens.ROWS})},
    )
    query = GraphQLObjectType(
        "Query",
        {
            "account": GraphQLField(
                account,
                {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))},
                resolve=lambda *_, **given: {**given, "name": "Acme", "industry": "saas"},
                extensions={OPENS: Opens.RECORD},
            ),
            "accounts": GraphQLField(
                accounts,
                {**page, "industry": GraphQLArgument(industry)},
                resolve=lambda *_, **__: {"nodes": [{"id": "1", "name": "Acme"}]},
                extensions={OPENS: Opens.CONNECTION},
            ),
            "node": GraphQLField(
                node,
                {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))},
                extensions={OPENS: Opens.RECORD},
            ),
            "half": GraphQLField(
                GraphQLFloat,
                {"of": GraphQLArgument(GraphQLFloat)},
                resolve=lambda *_, of: of / 2,
            ),
            "text": GraphQLField(
                GraphQLString,
                {"of": GraphQLArgument(exact)},
                resolve=lambda *_, of: str(of),
            ),
            "broken": GraphQLField(GraphQLString, resolve=_broken),
            "slow": GraphQLField(
                GraphQLString,
                {"seconds": GraphQLArgument(GraphQLFloat)},
                resolve=_slow,
            ),
        },
    )
    mutation = GraphQLObjectType(
        "Mutation",
        {
            "createAccounts": GraphQLField(
                payload,
                {"inputs": GraphQLArgument(GraphQLList(GraphQLNonNull(given)))},
                resolve=lambda *_, inputs: {"accounts": [{"id": "1", **it} for it in inputs]},
                extensions={OPENS: Opens.BATCH},
            )
        },
    )
    return GraphQLSchema(query, mutation, types=[contact])


def a_connection(of: GraphQLObjectType) -> GraphQLObjectType:
    """The connection type of an object."""
    name = of.name
    edge = GraphQLObjectType(
        f"{name}Edge", lambda: {"cursor": GraphQLField(GraphQLString), "node": GraphQLField(of)}
    )
    info = GraphQLObjectType(
        f"{name}PageInfo",
        {
            "hasNextPage": GraphQLField(GraphQLNonNull(GraphQLBoolean), resolve=lambda *_: False),
            "endCursor": GraphQLField(GraphQLString),
        },
    )
    stats = GraphQLObjectType(f"{name}Aggregate", {"count": GraphQLField(GraphQLInt)})
    group = GraphQLObjectType(
        f"{name}Group", {"key": GraphQLField(GraphQLString), "aggregate": GraphQLField(stats)}
    )
    return GraphQLObjectType(
        f"{name}Connection",
        lambda: {
            "nodes": GraphQLField(GraphQLList(of), extensions={OPENS: Opens.ROWS}),
            "edges": GraphQLField(GraphQLList(edge), extensions={OPENS: Opens.ROWS}),
            "pageInfo": GraphQLField(GraphQLNonNull(info)),
            "totalCount": GraphQLField(GraphQLInt),
            "aggregate": GraphQLField(stats),
            "groups": GraphQLField(GraphQLList(group), extensions={OPENS: Opens.GROUPS}),
        },
    )


def an_answering(schema: GraphQLSchema, limits: Limits) -> Answering:
    """graphql-core's own execution behind the documents and limits of ours."""
    documents = Documents(limits)

    async def answer(actor: Actor, request: Request) -> Answer:
        operation = documents.operation(schema, "fingerprint", request)
        variables = get_variable_values(
            schema, operation.node.variable_definitions or (), dict(request.variables)
        )
        if isinstance(variables, list):
            told = tuple(errors.of_document(error, errors.BAD_INPUT) for error in variables)
            return Answer(errors.body_of(told), executed=False, codes=errors.codes_of(told))
        cost = operation.plan.cost(variables.coerced, limits, schema)
        result = execute(
            schema,
            operation.document,
            operation_name=operation.name,
            variable_values=dict(request.variables),
        )
        if isawaitable(result):
            result = await result
        found = [errors.of_field(it, request.request_id) for it in result.errors or ()]
        body = {"data": result.data} | ({"errors": found} if found else {})
        return Answer(
            orjson.dumps(body),
            operation=operation.name,
            cost=cost,
            codes=errors.codes_of(found),
        )

    return answer


async def an_authentication(token: str) -> Actor:
    """One token is known."""
    if token != TOKEN:
        raise Unauthenticated("This token is unknown, expired or revoked.")
    return Actor(TENANT, Role.ADMIN)


async def ready() -> None:
    """Always."""


def a_server(
    *,
    limits: Limits = LIMITS,
    answer: Answering | None = None,
    ready: Callable[[], Awaitable[None]] = ready,
    write: Callable[[Entry], object] = lambda _: None,
) -> RequestLog:
    """The whole application."""
    answering = answer or an_answering(a_schema(), limits)
    return RequestLog(Starlette(routes=routes(answering, an_authentication, ready, limits)), write)


def _broken(*_: object) -> str:
    raise RuntimeError("secret: relation record does not exist")


async def _slow(*_: object, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"
