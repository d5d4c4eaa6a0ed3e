"""What tells one tenant's metadata from another's, and equal ones apart from how they are written."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from metadata.model import Field, Graph, Metadata, ObjectType, Pipeline, Role

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")


def fingerprint(of: Metadata) -> str:
    """Equal for equal declarations, whatever the order of their keys and the layer they stand in.

    The order of options, stages, keys and rules counts; that of fields and objects does not.
    """
    digest = blake2b(digest_size=16)
    for key in sorted(of.objects):
        digest.update(_ENCODER.encode(_object(of.objects[key])))
    for kept in (of.pipelines, of.graphs, of.roles):
        for key in sorted(kept):
            digest.update(_ENCODER.encode(_without_layer(kept[key])))
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


def _without_layer(of: Pipeline | Graph | Role) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__slots__ if name != "layer"}
