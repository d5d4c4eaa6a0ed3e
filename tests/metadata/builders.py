"""Declarations with defaults, so that a test says only what matters to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metadata.layers import TENANT, Layer, platform
from metadata.model import Metadata, ObjectType
from metadata.parsing import parse
from metadata.problems import Problem

Document = dict[str, object]

TEXT: Document = {"type": "string"}
LONGTEXT: Document = {"type": "string", "x-type": "longtext"}
INTEGER: Document = {"type": "integer"}
FLOAT: Document = {"type": "number"}
DECIMAL: Document = {"type": "number", "x-type": "decimal"}
PERCENT: Document = {"type": "number", "x-type": "percent"}
MONEY: Document = {"type": "number", "x-type": "money"}
BIGINT: Document = {"type": "integer", "x-type": "bigint"}
BOOLEAN: Document = {"type": "boolean"}
DATE: Document = {"type": "string", "format": "date"}
DATETIME: Document = {"type": "string", "format": "date-time"}
JSON: Document = {"type": "object"}
TEXTS: Document = {"type": "array", "items": {"type": "string"}}
AUTONUMBER: Document = {"type": "string", "x-type": "autonumber", "x-format": "N-{0000}"}


def an_object(
    key: str = "deal",
    fields: Mapping[str, Document] | None = None,
    **keywords: object,
) -> Document:
    """An object's declaration; `x_plural` and the like stand for `x-plural`."""
    properties = {"name": TEXT} if fields is None else dict(fields)
    return {
        "$schema": "https://dealgraph.dev/schemas/object-1.json",
        "$id": key,
        "type": "object",
        "properties": properties,
        **{_keyword(word): value for word, value in keywords.items()},
    }


def a_reference(target: str, inverse: str | None = None, on_delete: str = "restrict") -> Document:
    reference = {"object": target, "onDelete": on_delete}
    return {"x-reference": reference | ({"inverse": inverse} if inverse else {})}


def a_parent(key: str) -> Document:
    """The field that makes an object a tree."""
    return {**a_reference(key, "children"), "x-tree": True}


def a_picklist(*options: str, **keywords: object) -> Document:
    return {"oneOf": [{"const": option} for option in options], **keywords}


def some_choices(*options: str) -> Document:
    return {"type": "array", "items": a_picklist(*options)}


def a_formula(text: str, of: Document = DECIMAL) -> Document:
    return {**of, "x-formula": text}


def a_rollup(of: Document, **rollup: str) -> Document:
    return {**of, "x-rollup": rollup}


def a_stage(key: str, kind: str = "open", **keywords: object) -> Document:
    return {"key": key, "kind": kind, **keywords}


def a_pipeline(
    key: str = "sales", bound: str = "deal", stages: Sequence[Document] = (), **keywords: object
) -> Document:
    return {
        "$schema": "https://dealgraph.dev/schemas/pipeline-1.json",
        "$id": key,
        "object": bound,
        "stages": list(stages) or [a_stage("first"), a_stage("won", "won")],
        **keywords,
    }


def a_graph(key: str = "chain", **keywords: object) -> Document:
    return {"$schema": "https://dealgraph.dev/schemas/graph-1.json", "$id": key, **keywords}


def a_role(key: str = "seller", rights: str = "member") -> Document:
    return {
        "$schema": "https://dealgraph.dev/schemas/role-1.json",
        "$id": key,
        "rights": rights,
    }


def some_labels(language: str, **keywords: object) -> Document:
    return {
        "$schema": "https://dealgraph.dev/schemas/labels-1.json",
        "language": language,
        **keywords,
    }


def a_pack(
    name: str = "base", *documents: Document, requires: Mapping[str, str] | None = None
) -> Layer:
    """A base pack, or an industry pack where it requires others."""
    head = {
        "$schema": "https://dealgraph.dev/schemas/pack-1.json",
        "name": name,
        "version": "1.0.0",
        "layer": "industry" if requires else "base",
        "requires": dict(requires or {}),
    }
    return Layer(name, {"pack.json": head, **_by_path(documents)})


def a_tenant(*documents: Document) -> Layer:
    return Layer(TENANT, _by_path(documents))


def parsed(*layers: Layer | Document) -> Metadata | tuple[Problem, ...]:
    """What parsing answers; documents that come without a layer make a base pack."""
    loose = [layer for layer in layers if not isinstance(layer, Layer)]
    given = [layer for layer in layers if isinstance(layer, Layer)]
    return parse([platform(), *([a_pack("base", *loose)] if loose else []), *given])


def metadata_of(*layers: Layer | Document) -> Metadata:
    """The metadata that sound declarations make."""
    found = parsed(*layers)
    assert isinstance(found, Metadata), "\n".join(map(str, found))
    return found


def object_of(*layers: Layer | Document, key: str = "deal") -> ObjectType:
    return metadata_of(*layers).objects[key]


def problems_of(*layers: Layer | Document) -> list[Problem]:
    found = parsed(*layers)
    return [] if isinstance(found, Metadata) else list(found)


def told(*layers: Layer | Document) -> list[tuple[str, str]]:
    """The pointer and rule of every problem."""
    return [(problem.pointer, problem.rule) for problem in problems_of(*layers)]


def _keyword(word: str) -> str:
    return word.replace("_", "-") if word.startswith("x_") else word.removesuffix("_")


def _by_path(documents: Sequence[Document]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        kind = str(document.get("$schema", "")).rpartition("/")[2].removesuffix("-1.json")
        name = document.get("$id") or document.get("language") or len(found)
        path = f"{kind}s/{name}.json" if kind != "labels" else f"i18n/{name}.json"
        found[path if path not in found else f"{len(found)}-{path}"] = document
    return found
