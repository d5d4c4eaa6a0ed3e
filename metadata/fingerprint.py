"""What tells one tenant's metadata from another's, and equal ones apart from how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from metadata.model import Field, Graph, ObjectType, Pipeline

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")


def fingerprint(
    objects: Mapping[str, ObjectType],
    pipelines: Mapping[str, Pipeline],
    graphs: Mapping[str, Graph],
) -> str:
    """Equal for equal declarations, whatever the order of their keys and the layer they stand in.

    The order of options, stages, keys and rules counts; that of fields and objects does not.
    """
    digest = blake2b(digest_size=16)
    for key in sorted(objects):
        digest.update(_ENCODER.encode(_object(objects[key])))
    for key in sorted(pipelines):
        digest.update(_ENCODER.encode(_without_layer(pipelines[key])))
    for key in sorted(graphs):
        digest.update(_ENCODER.encode(_without_layer(graphs[key])))
    return digest.hexdigest()


def _object(of: ObjectType) -> list[object]:
    schema = {
        word: value for word, value in of.schema.items() if word not in ("properties", "required")
    }
    return [
        *(of.key, of.plural, of.title, of.title_field, of.plural_title, of.description),
        *(of.uniques, of.rules, of.labels, of.plural_labels, of.hidden, schema),
        [_field(of.fields[key]) for key in sorted(of.fields)],
    ]


def _field(of: Field) -> list[object]:
    return [
        *(of.key, of.type, of.title, of.schema, of.required, of.read_only, of.hidden, of.index),
        *(of.search, of.personal, of.scale, of.options, of.reference, of.formula, of.rollup),
        *(of.tree, of.default, of.number_format, of.description, of.labels, of.deprecated),
    ]


def _without_layer(of: Pipeline | Graph) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__slots__ if name != "layer"}
