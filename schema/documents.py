"""Documents read once: parsed, validated, their operations measured, kept by schema and text.

What is kept holds no schema, no exception and no traceback: an AST, numbers, and the wire
form of errors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
)

from core.errors import LimitExceeded
from schema import errors
from schema.caches import Cache, CacheStats
from schema.costs import Plan, plans
from schema.limits import Limits
from schema.requests import BadRequest, Method, Request, WireError
from schema.validating import parsed, problems

_ROOM: Final = 500_000  # characters of documents; an AST takes about 140 bytes for each


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a valid document, within every limit that no variable decides."""

    document: DocumentNode
    document_hash: str
    node: OperationDefinitionNode
    name: str | None
    kind: str  # query, mutation, subscription
    plan: Plan


@dataclass(frozen=True, slots=True)
class _Valid:
    operations: Mapping[str | None, Operation]


@dataclass(frozen=True, slots=True)
class _Invalid:
    errors: tuple[WireError, ...]


class Documents:
    """Every document that this process was sent lately, for every schema that it serves."""

    def __init__(self, limits: Limits, *, room: int = _ROOM) -> None:
        self.limits = limits
        self._cache: Cache[tuple[str, str], _Valid | _Invalid] = Cache(room)

    def operation(self, schema: GraphQLSchema, fingerprint: str, request: Request) -> Operation:
        """The operation that a request asks for.

        `fingerprint` stands for the schema: equal fingerprints, equal schemas.

        Raises:
            BadRequest: the document does not parse or is not valid, holds no such operation,
                or the operation may not come this way (a mutation by GET). Holds every error.
        """
        key = (fingerprint, request.query)
        found = self._cache.get(key)
        if found is None:
            found = _read(schema, request.query, self.limits)
            self._cache.put(key, found, len(request.query) + 200)
        if isinstance(found, _Invalid):
            raise _refused(found.errors)
        operation = _chosen(found.operations, request.operation_name)
        _check_method(operation, request.method)
        return operation

    def stats(self) -> CacheStats:
        return self._cache.stats()


def _read(schema: GraphQLSchema, source: str, limits: Limits) -> _Valid | _Invalid:
    try:
        document = parsed(source, limits)
        wrong = problems(schema, document, limits)
        if wrong:
            return _Invalid(wrong)
        measured = plans(schema, document, limits)
    except LimitExceeded as error:
        return _Invalid(errors.of_failure(error))
    except GraphQLSyntaxError as error:
        return _Invalid((errors.of_document(error),))
    digest = hashlib.sha256(source.encode()).hexdigest()
    return _Valid(
        {
            (name := node.name.value if node.name else None): Operation(
                document, digest, node, name, node.operation.value, plan
            )
            for node, plan in measured
        }
    )


def _chosen(operations: Mapping[str | None, Operation], name: str | None) -> Operation:
    if name is None and len(operations) == 1:
        return next(iter(operations.values()))
    found = operations.get(name) if name is not None else None
    if found is not None:
        return found
    message = (
        f"The document has no operation named {name!r}."
        if name is not None
        else "The document has several operations: say which in `operationName`."
        if operations
        else "The document has no operation, only fragments."
    )
    raise BadRequest(message, code="OPERATION_RESOLUTION_FAILURE", well_formed=True)


def _check_method(operation: Operation, method: Method) -> None:
    if method == "GET" and operation.kind != "query":
        raise BadRequest(
            f"A {operation.kind} must be sent by POST.", code="METHOD_NOT_ALLOWED", status=405
        )


def _refused(wrong: tuple[WireError, ...]) -> BadRequest:
    return BadRequest(
        str(wrong[0]["message"]), code=errors.codes_of(wrong)[0], well_formed=True, errors=wrong
    )
