"""The layers that a tenant's metadata is merged from, and which of two stands above the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from metadata import dialects, documents
from metadata.dialects import Kind
from metadata.problems import Problem, listed, pointer

PLATFORM = "platform"
TENANT = "tenant"


class Rank(IntEnum):
    """Higher layers may add to and tighten what lower ones declare."""

    PLATFORM = 0
    BASE = 1
    INDUSTRY = 2
    TENANT = 3


@dataclass(frozen=True, slots=True)
class Layer:
    """A named set of documents, by path: the platform's, a pack's or the tenant's own.

    The names `platform` and `tenant` are theirs; any other layer is a pack of that name, and its
    `pack.json` says what it stands on.
    """

    name: str
    documents: Mapping[str, Mapping[str, object]]

    @property
    def rank(self) -> Rank:
        if self.name in _FIXED:
            return _FIXED[self.name]
        return Rank.BASE if self.pack.get("layer") == "base" else Rank.INDUSTRY

    @property
    def pack(self) -> Mapping[str, object]:
        """The pack's own document, empty where there is none."""
        kind = Kind.PACK.schema
        return next((d for d in self.documents.values() if _says(d, "$schema", kind)), {})

    def document(self, path: str) -> str:
        """What problems call a document: its path, with the layer's name unless it is a tenant's."""
        return path if self.name == TENANT else f"{self.name}/{path}"


def to_json(layers: Iterable[Layer]) -> dict[str, dict[str, str]]:
    """Layers as JSON: {layer: {path: the document's text}}.

    Documents stay texts, so that a database keeps their numbers and the order of their keys.
    """
    return {
        layer.name: {path: documents.text(found) for path, found in layer.documents.items()}
        for layer in layers
    }


def of_json(value: Mapping[str, Mapping[str, str]]) -> list[Layer]:
    """The layers that `to_json` wrote."""
    return [
        Layer(name, {path: documents.reread(text) for path, text in found.items()})
        for name, found in value.items()
    ]


def digest(layers: Iterable[Layer]) -> bytes:
    """Equal for layers of the same names and texts, and for no others."""
    return blake2b(documents.text(to_json(layers)).encode(), digest_size=16).digest()


_FIXED = {PLATFORM: Rank.PLATFORM, TENANT: Rank.TENANT}


@cache
def platform() -> Layer:
    """The lowest layer: the objects `user` and `team`."""
    folder = files("metadata").joinpath("platform")
    found = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    return Layer(
        PLATFORM,
        {
            f"objects/{file.name}": json.loads(file.read_text("utf-8"))
            for file in found
            if file.name.endswith(".json")
        },
    )


@dataclass(frozen=True, slots=True)
class Order:
    """Layers, lowest first, with what each one stands on."""

    layers: tuple[Layer, ...]
    below: Mapping[str, frozenset[str]]  # {layer: names of all layers that it may change}

    def above(self, higher: str, lower: str) -> bool:
        """Whether one layer may change what the other declares."""
        return lower in self.below[higher]


def ordered(layers: Sequence[Layer]) -> tuple[Order, list[Problem]]:
    """The layers in the order of merging, and what their packs miss of each other.

    By rank, then by what a pack requires, then by name: the order given does not matter.
    """
    by_name = {layer.name: layer for layer in layers}
    needs = {name: _required(layer) & by_name.keys() for name, layer in by_name.items()}
    waiting = sorted(by_name.values(), key=lambda layer: (layer.rank, layer.name))
    below: dict[str, frozenset[str]] = {}
    done: list[Layer] = []
    while waiting:
        ready = next((one for one in waiting if needs[one.name] <= below.keys()), waiting[0])
        waiting.remove(ready)
        direct = needs[ready.name] & below.keys()
        lower = {other.name for other in done if other.rank < ready.rank}
        below[ready.name] = frozenset(lower | direct).union(*(below[name] for name in direct))
        done.append(ready)
    return Order(tuple(done), below), [*_twice(layers), *_misfits(by_name, below)]


def _required(layer: Layer) -> frozenset[str]:
    requires = layer.pack.get("requires", {})
    return frozenset(requires) if isinstance(requires, dict) else frozenset()


def _twice(layers: Sequence[Layer]) -> Iterator[Problem]:
    names = [layer.name for layer in layers]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Problem(f"{name}/pack.json", "", "DUPLICATE", f"There are two layers '{name}'.")


def _misfits(layers: Mapping[str, Layer], below: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    for layer in layers.values():
        requires = layer.pack.get("requires", {})
        for name, least in requires.items() if isinstance(requires, dict) else ():
            wrong = _misfit(layer, layers.get(name), str(name), str(least))
            if not wrong and name not in below[layer.name]:
                wrong = f"'{name}' requires '{layer.name}' in turn, or ranks above it."
            if wrong:
                place = pointer(("requires", str(name)))
                yield Problem(layer.document("pack.json"), place, "REQUIRES", wrong)


def _misfit(layer: Layer, found: Layer | None, name: str, least: str) -> str:
    if found is None:
        return f"The pack '{layer.name}' requires {listed([name])}, which is not there."
    has, asked = _version(found.pack.get("version")), _version(least)
    if has[0] != asked[0] or has < asked:
        has_text = ".".join(map(str, has))
        return f"The pack '{layer.name}' requires '{name}' {least} or newer of the same major one; there is {has_text}."
    return ""


def _version(text: object) -> tuple[int, ...]:
    parts = [int(part) for part in str(text).split(".") if part.isdigit()]
    return tuple([*parts, 0, 0, 0][:3])


def _says(document: object, key: str, value: str) -> bool:
    return isinstance(document, dict) and document.get(key) == value


def kind_of(document: Mapping[str, object]) -> Kind | None:
    """What a document declares, by its `$schema`."""
    said = document.get("$schema")
    return dialects.KINDS.get(said) if isinstance(said, str) else None
