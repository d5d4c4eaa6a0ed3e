"""The reference of declarations in Markdown, from the metaschemas: run as a module, it prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from metadata import bounds
from metadata.dialects import Kind, metaschema

Schema: TypeAlias = Mapping[str, object]

_ORDER = (Kind.OBJECT, Kind.PIPELINE, Kind.GRAPH, Kind.ROLE, Kind.LABELS, Kind.PACK)
_BELOW: Mapping[Kind, tuple[str, ...]] = {
    Kind.OBJECT: ("field", "option", "reference", "rollup", "rule", "unique", "schema", "labels"),
    Kind.PIPELINE: ("stage", "criterion", "task", "reason"),
    Kind.GRAPH: ("edge",),
}
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
}
_HEAD = """# Metadata reference

Every document that a tenant or a pack declares is JSON, says under `$schema` what kind it is, and
is checked against one of the metaschemas below, which ship in `metadata/dialect/`: point your
editor at them and it completes what you write. A keyword that is not listed is refused. There is
no `null`: what is not said is left out.

This page is made from the metaschemas: `python -m metadata.reference > docs/metadata-reference.md`.
"""


def page() -> str:
    """The whole reference."""
    parts = [_HEAD, *(part for kind in _ORDER for part in _kind(kind)), "## Bounds\n", _bounds()]
    return "\n".join(parts)


def _kind(kind: Kind) -> Iterator[str]:
    schema = metaschema(kind)
    yield f"## {schema['title']}\n"
    yield f"`{kind.schema}`. {schema['description']}\n"
    yield _table(schema, schema)
    definitions = cast("Mapping[str, Schema]", schema.get("$defs", {}))
    for name in _BELOW.get(kind, ()):
        found = definitions[name]
        yield f"### {schema['title']}: {str(found['title']).lower()}\n"
        if "description" in found:
            yield f"{found['description']}\n"
        yield _table(_entries(found), schema)


def _entries(schema: Schema) -> Schema:
    """The properties of an object, or of each value of a map."""
    inside = schema.get("additionalProperties")
    return cast(Schema, inside) if isinstance(inside, dict) else schema


def _table(schema: Schema, root: Schema) -> str:
    rows = ["| keyword | value | meaning |", "|---|---|---|", *_rows(schema, root)]
    return "\n".join(rows) + "\n"


def _rows(schema: Schema, root: Schema, above: str = "") -> Iterator[str]:
    """A row for each keyword, each followed by those that its own object takes."""
    required = cast("list[str]", schema.get("required", []))
    for word, said in cast("Mapping[str, Schema]", schema.get("properties", {})).items():
        needed = " *(required)*" if word in required else ""
        yield f"| `{above}{word}`{needed} | {_value(said, root)} | {_meaning(said, root)} |"
        yield from _rows_inside(said, root, f"{above}{word}")


def _rows_inside(said: Schema, root: Schema, word: str) -> Iterator[str]:
    """What an object takes that no other table shows, as that of plain JSON Schema does."""
    for way in cast("list[Schema]", said.get("anyOf", [said])):
        if "$ref" in cast("Schema", way.get("properties", {})):
            continue
        yield from _rows(way, root, f"{word}.")
        each = way.get("additionalProperties")
        if isinstance(each, dict):
            yield from _rows_inside(each, root, f"{word}.<key>")


def _meaning(schema: Schema, root: Schema) -> str:
    """Title and description: the keyword's own, else those of what it refers to."""
    plain = schema.get("$ref") == "#/$defs/schema"
    whole = dict(schema) if plain else {**_target(schema, root), **schema}
    title, description = whole.get("title", ""), whole.get("description", "")
    text = f"**{title}.** {description}" if title and description else f"{title or description}"
    return text.replace("|", "\\|").strip()


def _value(schema: Schema, root: Schema) -> str:
    """What kind of value a keyword takes, in a few words."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = _target(schema, root)
        return str(target.get("title", "value")).lower()
    choices = cast("list[object]", schema.get("enum", []))
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    if "const" in schema:
        return (
            f"`{str(schema['const']).lower()}`"
            if schema["const"] is True
            else f"`{schema['const']}`"
        )
    if "anyOf" in schema:
        parts = cast("list[Schema]", schema["anyOf"])
        return " or ".join(dict.fromkeys(_value(part, root) for part in parts))
    return _plain(schema, root)


def _plain(schema: Schema, root: Schema) -> str:
    said = schema.get("type", "any value")
    kinds = said if isinstance(said, list) else [said]
    text = " or ".join(_TYPES.get(str(kind), str(kind)) for kind in kinds)
    items = schema.get("items")
    if said == "array" and isinstance(items, dict):
        return f"list of: {_value(items, root)}"
    values = schema.get("additionalProperties")
    if said == "object" and isinstance(values, dict):
        return f"object of: {_value(values, root)}"
    return text + _limits(schema)


def _limits(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    longest = schema.get("maxLength")
    return f", at most {longest} characters" if longest is not None else ""


def _target(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return {}
    definitions = cast("Mapping[str, Schema]", root["$defs"])
    return definitions[reference.removeprefix("#/$defs/")]


def _bounds() -> str:
    rows = ["| what | most |", "|---|---|"]
    rows += [f"| {what} | {most:,} |" for what, most in _BOUNDS.items()]
    return "\n".join(rows) + "\n"


_BOUNDS = {
    "bytes of a document": bounds.DOCUMENT_BYTES,
    "documents of a layer": bounds.DOCUMENTS,
    "bytes of all that a tenant declares itself": bounds.DRAFT_BYTES,
    "levels of nesting": bounds.DEPTH,
    "objects": bounds.OBJECTS,
    "fields of an object": bounds.FIELDS,
    "references of an object": bounds.REFERENCES,
    "options of a picklist": bounds.OPTIONS,
    "characters of a text (unless given: 1,000)": bounds.MOST_TEXT_LENGTH,
    "characters of a long text (unless given: 131,072)": bounds.MOST_LONGTEXT_LENGTH,
    "items of a list (unless given: 100)": bounds.MOST_LIST_LENGTH,
    "characters of a key": bounds.KEY_BYTES,
    "schemas that judge one value": bounds.JUDGEMENTS,
    "parts of all patterns of an object, repetitions spelt out; `\\p{L}` and the like count as 40": (
        bounds.PATTERN_PARTS
    ),
    "steps to judge the values of one write: characters by parts of patterns, values by keywords": (
        bounds.EFFORT
    ),
    "parts of a formula with those that are computed in it when asked": bounds.FORMULA_PARTS,
}


if __name__ == "__main__":
    sys.stdout.write(page())
