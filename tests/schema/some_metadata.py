"""Metadata to make schemas of: the built-in pack, or what a test declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from core.packs.loading import load
from core.packs.offer import Offer
from metadata.layers import TENANT, Layer, platform
from metadata.model import Metadata
from metadata.parsing import parse
from plugins.built_in import BUILT_IN

Document = Mapping[str, object]


@cache
def crm() -> Metadata:
    """What the built-in pack declares."""
    return _parsed(crm_layers())


def crm_layers(*documents: Document) -> list[Layer]:
    """The built-in pack, and what a tenant declares on top of it."""
    return [platform(), *(pack.layer for pack in offer().choose(["crm"])), own(documents)]


@cache
def offer() -> Offer:
    """The built-in packs."""
    return load(BUILT_IN)


def parsed(layers: Sequence[Layer]) -> Metadata:
    """What layers declare that are known to be good; the pack alone, as most have it, only once."""
    return crm() if list(layers) == crm_layers() else _parsed(layers)


def declared(*documents: Document) -> Metadata:
    """What a tenant declares with these documents alone."""
    return _parsed([platform(), own(documents)])


def own(documents: Sequence[Document]) -> Layer:
    """A tenant's own layer."""
    return Layer(TENANT, {f"{i}.json": document for i, document in enumerate(documents)})


def an_object(key: str, properties: Document, **more: object) -> Document:
    """The declaration of an object."""
    return {
        "$schema": "https://dealgraph.dev/schemas/object-1.json",
        "$id": key,
        "title": key.title(),
        "type": "object",
        "properties": properties,
        **more,
    }


def _parsed(layers: Sequence[Layer]) -> Metadata:
    found = parse(layers)
    assert isinstance(found, Metadata), "\n".join(map(str, found))
    return found
