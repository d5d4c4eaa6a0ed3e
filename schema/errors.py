"""What a client is told when something fails: one shape, stable codes, no inner workings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

import orjson
from graphql import GraphQLError, GraphQLSyntaxError

from core.errors import DealgraphError, LimitExceeded, Refused
from schema.logs import unexpected
from schema.requests import BadRequest, WireError

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_INPUT = "BAD_USER_INPUT"
INTERNAL = "INTERNAL"

STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "TIMEOUT": 504,
}

_PYTHONS = re.compile(r"(not to be |represent |value: )(None|True|False)\b")
"""Values as graphql-core's messages show them, and as a client writes them."""
_JSONS = {"None": "null", "True": "true", "False": "false"}


def of_failure(error: DealgraphError) -> tuple[WireError, ...]:
    """An expected failure that ended the request before a field ran."""
    if isinstance(error, BadRequest) and error.errors:
        return error.errors
    return (told(error.message, error.code, details=_details(error)),)


def status_of(error: DealgraphError, *, strict: bool) -> int:
    """The HTTP status of a request error.

    A client that isn't strict (it accepts `application/json`) gets 200 for whatever a
    well-formed request may run into, and reads the `errors`.
    """
    if isinstance(error, BadRequest):
        status, well_formed = error.status, error.well_formed
    else:
        status, well_formed = STATUS.get(error.code, 400), True
    return status if strict or not well_formed or status >= 500 or status == 401 else 200


def of_field(error: GraphQLError, request_id: str, *, tenant: UUID | None = None) -> WireError:
    """An error from executing, with its path; what nobody foresaw is logged and masked."""
    original = error.original_error
    if original is None:
        return of_document(error, BAD_INPUT)
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if isinstance(original, GraphQLError):
        return of_document(error, BAD_INPUT)
    if isinstance(original, DealgraphError):
        return told(
            original.message, original.code, error, path=error.path, details=_details(original)
        )
    unexpected(original, request_id, tenant=tenant)
    return masked(request_id, error)


def of_document(error: GraphQLError, code: str = VALIDATION_FAILED) -> WireError:
    """An error that graphql-core found in a document or its variables."""
    if isinstance(error, GraphQLSyntaxError):
        code = PARSE_FAILED
    given = (error.extensions or {}).get("code")
    return told(error.message, given if isinstance(given, str) else code, error, path=error.path)


def masked(request_id: str, error: GraphQLError | None = None) -> WireError:
    """All that a client learns of a fault of ours: where, and the id to ask support about."""
    return told(
        f"Something went wrong on our side; quote request {request_id} to support.",
        INTERNAL,
        error,
        path=error.path if error is not None else None,
        details={"requestId": request_id},
    )


def told(
    message: str,
    code: str,
    at: GraphQLError | None = None,
    *,
    path: Sequence[str | int] | None = None,
    details: WireError | None = None,
) -> WireError:
    """One entry of `errors`: message, locations, path, and extensions with the code first."""
    words = _PYTHONS.sub(lambda it: it[1] + _JSONS[it[2]], message)
    wire: dict[str, object] = {"message": words}
    if at is not None and at.locations:
        wire["locations"] = [{"line": it.line, "column": it.column} for it in at.locations]
    if path is not None:
        wire["path"] = list(path)
    wire["extensions"] = {"code": code, **(details or {})}
    return wire


def codes_of(errors: Iterable[WireError]) -> tuple[str, ...]:
    """The distinct codes, in order of appearance, for the log."""
    found: dict[str, None] = {}
    for error in errors:
        extensions = error.get("extensions")
        code = extensions.get("code") if isinstance(extensions, dict) else None
        found[str(code or INTERNAL)] = None
    return tuple(found)


def body_of(errors: Sequence[WireError]) -> bytes:
    """The response body of a request error: `errors` alone, without `data`."""
    return orjson.dumps({"errors": errors})


def _details(error: DealgraphError) -> dict[str, object]:
    if isinstance(error, LimitExceeded):
        named = {
            "limit": error.limit,
            "value": error.value,
            "allowed": error.allowed,
            "field": error.field,
        }
        return {key: value for key, value in named.items() if value is not None}
    if isinstance(error, Refused):
        return {
            "problems": [
                {"path": [str(step) for step in it.path], "code": it.code, "message": it.message}
                for it in error.problems
            ]
        }
    return {}
