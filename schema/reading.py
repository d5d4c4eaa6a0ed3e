"""A body or a query string read as a request: sound JSON, sound text, exact numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl

import orjson

from schema import errors
from schema.limits import Limits, exceeded
from schema.numbers import Exact
from schema.requests import BadRequest, Method, Request

_MEMBERS: Final = ("query", "operationName", "variables", "extensions")
_NOT_TEXT: Final = ("UTF-8", "surrogate")
_NOT_A_NUMBER: Final = re.compile(r"-?(?:NaN|Infinity)")


def posted(body: bytes, request_id: str, limits: Limits, *, gzip: bool = False) -> Request:
    """The request in a POST's body.

    Raises:
        BadRequest: it isn't JSON, or not an object with a `query`; each case has its code.
    """
    content = _content(body, limits)
    if type(content) is not dict:
        raise _not_an_object(content)
    return _request(content, "POST", request_id, gzip=gzip)


def asked(query_string: bytes, request_id: str, limits: Limits, *, gzip: bool = False) -> Request:
    """The request in a GET's query string, its `variables` and `extensions` in JSON.

    Raises:
        BadRequest: as for a body.
    """
    if len(query_string) > 4 * limits.document:
        raise _limit("document", len(query_string), limits, status=414)
    content: dict[str, object] = {}
    for name, value in _pairs(query_string):
        if name in content:
            raise _duplicate(name)
        content[name] = value
    for name in ("variables", "extensions"):
        text = content.get(name)
        if isinstance(text, str):
            content[name] = _member(name, text, limits) if text else None
    return _request(content, "GET", request_id, gzip=gzip)


def _request(
    content: Mapping[str, object], method: Method, request_id: str, *, gzip: bool
) -> Request:
    query = content.get("query")
    if type(query) is not str or not query:
        raise _no_query(content)
    name = content.get("operationName")
    if name is not None and type(name) is not str:
        raise BadRequest("`operationName` must be a string.")
    variables = _mapping(content, "variables")
    extensions = _mapping(content, "extensions")
    return Request(query, name or None, variables, extensions, method, request_id, gzip)


def _member(name: str, text: str, limits: Limits) -> object:
    """JSON that stands in a query string; what is wrong with it names the parameter."""
    try:
        return _content(text.encode(), limits)
    except BadRequest as error:
        if error.errors:  # a limit, which says what of
            raise
        raise BadRequest(f"`{name}`: {error.message}", code=error.code) from None


def _mapping(content: Mapping[str, object], member: str) -> Mapping[str, object]:
    value = content.get(member)
    if value is None:
        return {}
    if type(value) is not dict:
        raise BadRequest(f"`{member}` must be an object.")
    return value


def _content(text: bytes, limits: Limits) -> object:
    """The JSON value, with `Exact` fractions and integers of any size.

    Two parsers: the first is strict about text, NaN and depth, the second about keys, and it
    alone keeps what a number looked like. Together 4 µs for a usual request.
    """
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _unreadable(error, limits) from None
    if text.count(b"{") + text.count(b"[") > limits.nesting:
        _check_nesting(text, limits)
    content, _ = _EXACT.raw_decode(text.decode().lstrip())  # nothing follows: it is sound
    if b"\\u0000" in text:
        _refuse_nul(content, ())
    return content


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        times = Counter(name for name, _ in pairs)
        raise _duplicate(next(name for name, count in times.items() if count > 1))
    return members


_EXACT: Final = json.JSONDecoder(parse_float=Exact, object_pairs_hook=_unique)


def _check_nesting(text: bytes, limits: Limits) -> None:
    """Level by level, so that depth costs no recursion."""
    depth = 0
    level = [orjson.loads(text)]
    while level:
        depth += 1
        if depth > limits.nesting:
            raise _limit("nesting", depth, limits)
        level = [
            inner for value in level for inner in _members(value) if isinstance(inner, dict | list)
        ]


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_nul(value: object, path: tuple[str | int, ...]) -> None:
    if isinstance(value, str) and "\0" in value:
        where = ".".join(str(step) for step in path)
        raise BadRequest(f"A NUL character cannot be stored (at {where}).", code="BAD_TEXT")
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_nul(key, (*path, "key"))
            _refuse_nul(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_nul(inner, (*path, index))


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=len(_MEMBERS) * 4,
        )
    except UnicodeDecodeError:
        raise BadRequest("The query string isn't UTF-8.", code="BAD_TEXT") from None
    except ValueError:
        raise BadRequest("The query string has too many parameters.") from None
    if any("\0" in value for _, value in pairs):
        raise BadRequest("A NUL character cannot be stored (in the query string).", code="BAD_TEXT")
    return pairs


def _unreadable(error: orjson.JSONDecodeError, limits: Limits) -> BadRequest:
    where = f"line {error.lineno} column {error.colno}"
    if "depth" in error.msg:
        return _limit("nesting", 1025, limits)
    if "infinity" in error.msg:
        return BadRequest(
            "A number is beyond the range of a 64-bit float; a Decimal takes it as a string.",
            code="BAD_NUMBER",
        )
    if "byte order mark" in error.msg:
        return BadRequest("The text starts with a byte order mark; leave it out.", code="BAD_TEXT")
    if any(sign in error.msg for sign in _NOT_TEXT):
        return BadRequest("The text isn't UTF-8, or holds half a surrogate pair.", code="BAD_TEXT")
    if _NOT_A_NUMBER.match(error.doc, error.pos):
        return BadRequest(f"NaN and Infinity aren't JSON ({where}).", code="BAD_NUMBER")
    return BadRequest(f"The text isn't JSON: {error.msg} ({where}).")


def _not_an_object(content: object) -> BadRequest:
    if isinstance(content, list):
        return BadRequest("Batches aren't answered: send one operation in a request.")
    return BadRequest("The body must be a JSON object with a `query`.")


def _no_query(content: Mapping[str, object]) -> BadRequest:
    extensions = content.get("extensions")
    hashed = isinstance(extensions, dict) and "persistedQuery" in extensions
    if content.get("query") is None and (hashed or "documentId" in content):
        return BadRequest(
            "Documents aren't kept here: send the whole `query`.",
            code="PERSISTED_QUERY_NOT_SUPPORTED",
        )
    return BadRequest("`query` must be a string that isn't empty.")


def _duplicate(name: str) -> BadRequest:
    return BadRequest(f"`{name[:100]}` is given twice.", code="DUPLICATE_KEY")


def _limit(name: str, value: int, limits: Limits, *, status: int = 400) -> BadRequest:
    error = exceeded(name, value, getattr(limits, name))
    return BadRequest(
        error.message, code=error.code, status=status, errors=errors.of_failure(error)
    )
