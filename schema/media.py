"""Which media type a client sends and which it wants back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schema.requests import BadRequest

_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Media:
    """A response type. A strict one gives a request error a 4xx, the other a 200."""

    name: str
    header: bytes
    strict: bool


GRAPHQL: Final = Media(
    "application/graphql-response+json",
    b"application/graphql-response+json; charset=utf-8",
    strict=True,
)
JSON: Final = Media("application/json", b"application/json; charset=utf-8", strict=False)
_RANGES: Final = ("application/*", "*/*")
_OFFERED: Final = {GRAPHQL.name, JSON.name, *_RANGES}


def accepted(header: bytes | None) -> Media:
    """The response type for an `Accept` header; without one, `application/json`.

    Raises:
        BadRequest: the client takes neither of ours.
    """
    if header is None:
        return JSON
    found = _best(header[:_LONGEST])
    if found is not None:
        return found
    raise BadRequest(
        f"Answers come as {GRAPHQL.name} or {JSON.name}; the Accept header allows neither.",
        code="NOT_ACCEPTABLE",
        status=406,
    )


@lru_cache(maxsize=128)
def _best(header: bytes) -> Media | None:
    """The one that has the most weight, each by the closest range; of equals the first named."""
    weights = dict(_weighed(header))
    places = {kind: place for place, kind in enumerate(weights)}
    found: list[tuple[float, int, Media]] = []
    for media in (JSON, GRAPHQL):
        closest = next((it for it in (media.name, *_RANGES) if it in weights), None)
        if closest is not None and weights[closest] > 0:
            found.append((-weights[closest], places[closest], media))
    return min(found, key=lambda it: it[:2])[2] if found else None


def wants_page(header: bytes | None) -> bool:
    """A browser's address bar asks: it names text/html before any type of ours."""
    if header is None or b"text/html" not in header:
        return False
    named = [it for it in _preferred(header[:_LONGEST]) if it == "text/html" or it in _OFFERED]
    return named[:1] == ["text/html"]


def takes_gzip(header: bytes | None) -> bool:
    """Whether an `Accept-Encoding` header allows gzip."""
    return header is not None and "gzip" in _preferred(header[:_LONGEST])


@lru_cache(maxsize=128)
def check_sent(content_type: bytes | None, encoding: bytes | None) -> None:
    """Let pass what can be read: JSON in UTF-8, not compressed.

    Raises:
        BadRequest: it is something else.
    """
    if encoding not in (None, b"", b"identity"):
        _unsupported("A compressed body is not read; send it without Content-Encoding.")
    kind, parameters = _split((content_type or b"").decode("latin-1"))
    if kind != JSON.name:
        _unsupported(f"Send the body as {JSON.name}, with that Content-Type.")
    charset = parameters.get("charset", "utf-8").strip('"')
    if charset not in ("utf-8", "utf8"):
        _unsupported("Send the body in UTF-8.")


def _unsupported(message: str) -> None:
    raise BadRequest(message, code="UNSUPPORTED_MEDIA_TYPE", status=415)


@lru_cache(maxsize=128)
def _preferred(header: bytes) -> tuple[str, ...]:
    """What an Accept header names, best first; what has `q=0` is left out."""
    allowed = [(kind, weight) for kind, weight in _weighed(header) if weight > 0]
    return tuple(kind for kind, _ in sorted(allowed, key=lambda it: -it[1]))


def _weighed(header: bytes) -> Iterator[tuple[str, float]]:
    """What an Accept header names, with the weight of each."""
    for part in header.decode("latin-1").split(","):
        kind, parameters = _split(part)
        if kind:
            yield kind, _weight(parameters.get("q", "1"))


def _split(part: str) -> tuple[str, dict[str, str]]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return kind, {name.strip(): value.strip() for name, _, value in pairs}


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
