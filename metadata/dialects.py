"""The metaschemas that declarations are checked against, read once from `dialect/*.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

import jsonschema_rs

BASE = "https://dealgraph.dev/schemas/"


class Kind(StrEnum):
    """What a document declares."""

    OBJECT = "object"
    PIPELINE = "pipeline"
    GRAPH = "graph"
    PACK = "pack"
    ROLE = "role"
    LABELS = "labels"
    IMPORT = "import"  # a mapping for an import: no part of any layer

    @property
    def schema(self) -> str:
        """What such a document says under `$schema`."""
        return f"{BASE}{self}-1.json"


KINDS: Mapping[str, Kind] = {kind.schema: kind for kind in Kind if kind is not Kind.IMPORT}
"""What a layer's documents may be, by their `$schema`."""


@cache
def metaschema(kind: Kind) -> dict[str, object]:
    """The JSON Schema of such documents."""
    text = files("metadata").joinpath("dialect", f"{kind}-1.json").read_text("utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema


@cache
def validator(kind: Kind) -> jsonschema_rs.Draft202012Validator:
    return strict_validator(metaschema(kind))


def strict_validator(schema: dict[str, object]) -> jsonschema_rs.Draft202012Validator:
    """A validator that fetches nothing, matches in linear time and asserts formats.

    Raises jsonschema_rs.ValidationError or jsonschema_rs.ReferencingError where the schema
    itself is wrong.
    """
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        offline=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
