"""One object from its merged declaration: its fields, keys and rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from metadata import bounds, fields, naming, schemas, usage
from metadata.fields import Place, labels
from metadata.layers import TENANT
from metadata.merging import Merged
from metadata.model import TEXTUAL, Field, FieldType, ObjectType, Rule, Unique
from metadata.problems import Findings, Path, a, did_you_mean, listed

_CONDITIONS = (
    "$defs",
    "allOf",
    "anyOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "minProperties",
)
UNIQUE_TYPES = frozenset(
    {
        FieldType.TEXT,
        FieldType.AUTONUMBER,
        FieldType.INTEGER,
        FieldType.BIGINT,
        FieldType.DECIMAL,
        FieldType.DATE,
        FieldType.DATETIME,
        FieldType.PICKLIST,
        FieldType.BOOLEAN,
        FieldType.REFERENCE,
    }
)
"""Types whose values can be told apart for sure, and are short."""


def object_type(declared: Merged, findings: Findings, packs: Iterable[str]) -> ObjectType:
    """The object; what is wrong with its declaration, taken alone, is told.

    `packs` are the objects of lower layers, one of which may be meant.
    """
    body = declared.body
    found = dict(_fields(declared, findings))
    _check_size(found, findings)
    plural = cast(str, body.get("x-plural", naming.plural(declared.key)))
    _check_names(declared, plural, packs, findings)
    result = ObjectType(
        key=declared.key,
        plural=plural,
        title=naming.titled(body, declared.key),
        fields=found,
        schema=_schema(declared, found),
        title_field=_title_field(body, found, findings),
        plural_title=cast(str, body.get("x-plural-title", naming.title(plural))),
        description=cast(str, body.get("description", "")),
        uniques=(*_field_uniques(body, found, findings), *_uniques(declared, found, findings)),
        rules=_rules(declared, findings),
        labels=labels(body, "title"),
        plural_labels=labels(body, "plural"),
        hidden=bool(body.get("x-hidden")),
        layer=declared.sources[0].layer,
    )
    _check_required(declared, found, findings)
    schemas.check(declared, result, findings)
    return result


def _fields(declared: Merged, findings: Findings) -> Iterator[tuple[str, Field]]:
    body = declared.body
    definitions = cast("Mapping[str, object]", body.get("$defs", {}))
    required = frozenset(cast("list[str]", body.get("required", [])))
    properties = cast("Mapping[str, Mapping[str, object]]", body.get("properties", {}))
    for key, said in properties.items():
        path = ("properties", key)
        layer = declared.layer_of(path)
        if not _good_key(declared, key, layer, findings):
            continue
        place = Place(definitions, path, layer, key in required, findings)
        found = fields.field(key, said, place)
        if found is not None:
            usage.check(declared.key, found, said, place)
            _check_added_options(declared, found, findings)
            yield key, found


def _good_key(declared: Merged, key: str, layer: str, findings: Findings) -> bool:
    path = ("properties", key)
    if not naming.KEY.fullmatch(key) or len(key) > bounds.KEY_BYTES:
        mend = "Keys are lower_snake, as in close_date: no digit right after an underscore."
        if len(key) > bounds.KEY_BYTES:
            mend = f"A key has at most {bounds.KEY_BYTES} characters, not {len(key)}."
        findings.add(path, "BAD_KEY", f"'{key}' is no key of a field.", mend)
        return False
    tree = key == "parent" and _is_tree(declared, key)
    if key in naming.RESERVED_FIELDS and not tree:
        mend = "Only the tree's own reference is called parent." if key == "parent" else ""
        mend = mend or "Take another key; the API's own fields and words have these."
        findings.add(path, "RESERVED", f"'{key}' is reserved.", mend)
    elif layer == TENANT and naming.suffix(key) == "" and not tree:
        message = f"A tenant's field ends in __c: '{key}__c'."
        findings.add(path, "SUFFIX", message, _meant(key, _of_packs(declared)))
    return True


def _of_packs(declared: Merged) -> list[str]:
    """The fields of an object that lower layers declare."""
    properties = cast("Mapping[str, object]", declared.body["properties"])
    return [key for key in properties if declared.layer_of(("properties", key)) != TENANT]


def _meant(word: str, known: Iterable[str]) -> str:
    """The mend for a key without __c, which may be that of a lower layer, misspelt."""
    return f"{did_you_mean(word, known)} If it is new, rename it.".strip()


def _check_added_options(declared: Merged, field: Field, findings: Findings) -> None:
    """The options that a tenant adds to a pack's picklist end in __c."""
    if not field.options or field.layer == TENANT or len(declared.sources) == 1:
        return
    inside = ("items",) if field.type is FieldType.PICKLISTS else ()
    for index, option in enumerate(field.options):
        path = ("properties", field.key, *inside, "oneOf", index)
        if declared.layer_of(path) == TENANT and not naming.suffix(option.key):
            message = f"An option that a tenant adds ends in __c: '{option.key}__c'."
            findings.add((*path, "const"), "SUFFIX", message, "Rename it.")


def _is_tree(declared: Merged, key: str) -> bool:
    properties = cast("Mapping[str, Mapping[str, object]]", declared.body["properties"])
    return bool(properties[key].get("x-tree"))


def _check_size(found: Mapping[str, Field], findings: Findings) -> None:
    if len(found) > bounds.FIELDS:
        message = f"An object has at most {bounds.FIELDS} fields; there are {len(found)}."
        findings.add(("properties",), "TOO_MANY", message)
    references = sum(field.reference is not None for field in found.values())
    if references > bounds.REFERENCES:
        message = f"An object has at most {bounds.REFERENCES} references; there are {references}."
        findings.add(("properties",), "TOO_MANY", message)


def _check_names(declared: Merged, plural: str, packs: Iterable[str], findings: Findings) -> None:
    key = declared.key
    if key in naming.RESERVED_OBJECTS or key.endswith(naming.RESERVED_ENDINGS):
        mend = "Put a word in front, as in saas_subscription."
        findings.add(("$id",), "RESERVED", f"No object can be called '{key}'.", mend)
    if declared.sources[0].layer != TENANT:
        return
    for path, word in ((("$id",), key), (("x-plural",), plural)):
        if path[0] in declared.body and not naming.suffix(word):
            message = f"What a tenant declares ends in __c: '{word}__c'."
            findings.add(path, "SUFFIX", message, _meant(word, packs))


def _title_field(
    body: Mapping[str, object], found: Mapping[str, Field], findings: Findings
) -> str | None:
    key = cast("str | None", body.get("x-title"))
    if key is None:
        return None
    field = found.get(key)
    if field is None:
        findings.no_field(("x-title",), str(body["$id"]), key, found)
    elif field.type not in TEXTUAL:
        message = f"'{key}' is {a(field.type)}; a title is a text."
        findings.add(("x-title",), "WRONG_TYPE", message)
    return key


def _check_required(declared: Merged, found: Mapping[str, Field], findings: Findings) -> None:
    for index, key in enumerate(cast("list[str]", declared.body.get("required", []))):
        path, field = ("required", index), found.get(key)
        if field is None:
            if key not in cast("Mapping[str, object]", declared.body.get("properties", {})):
                findings.no_field(path, declared.key, key, found)
        elif field.read_only:
            _not_writable(declared, field, path, findings)
        elif field.hidden and field.default is None:
            message = f"'{key}' is required and hidden: no record could be created."
            mend = "Give it a default, or leave it shown."
            findings.add(("properties", key, "x-hidden"), "HIDDEN_REQUIRED", message, mend)


def _not_writable(declared: Merged, field: Field, path: Path, findings: Findings) -> None:
    """Tells of a required field that nobody may write, where the higher layer says so."""
    said = ("properties", field.key, "readOnly")
    layers = [source.layer for source in declared.sources]
    required, read_only = (layers.index(declared.layer_of(it)) for it in (path, said))
    if read_only > required:
        message = f"'{field.key}' is required, so it must be written."
        findings.add(said, "MISPLACED", message, "Leave it writable.")
        return
    message = f"'{field.key}' can't be required: only the server writes it."
    findings.add(path, "MISPLACED", message, "Remove it.")


def _field_uniques(
    body: Mapping[str, object], found: Mapping[str, Field], findings: Findings
) -> Iterator[Unique]:
    properties = cast("Mapping[str, Mapping[str, object]]", body.get("properties", {}))
    for key, field in found.items():
        said = properties[key].get("x-unique")
        if not said:
            continue
        ignore_case = isinstance(said, dict) and bool(said.get("ignoreCase"))
        if field.type not in UNIQUE_TYPES or field.derived:
            what = "A computed field" if field.derived else a(field.type).capitalize()
            message = f"{what} can't be unique."
            findings.add(("properties", key, "x-unique"), "MISPLACED", message, "Remove x-unique.")
        yield Unique(key, (key,), ignore_case)


def _uniques(declared: Merged, found: Mapping[str, Field], findings: Findings) -> Iterator[Unique]:
    said = cast("list[Mapping[str, object]]", declared.body.get("x-unique", []))
    seen: set[str] = set()
    for index, one in enumerate(said):
        key, parts = cast(str, one["key"]), cast("list[str]", one.get("fields", []))
        if key in found or key in seen:
            message = f"'{key}' is already the key of a field or of another unique key."
            findings.add(("x-unique", index, "key"), "DUPLICATE", message, "Take another key.")
        seen.add(key)
        if not parts:
            message = f"The unique key '{key}' has no fields."
            findings.add(("x-unique", index), "MISSING", message, "Add fields.")
        for place, part in enumerate(parts):
            path = ("x-unique", index, "fields", place)
            if part in found:
                _check_unique_part(found[part], findings, path)
            else:
                findings.no_field(path, declared.key, part, found)
        _check_suffix(declared, ("x-unique", index), key, findings)
        yield Unique(key, tuple(parts), bool(one.get("ignoreCase")))


def _check_unique_part(field: Field, findings: Findings, path: tuple[str | int, ...]) -> None:
    if field.type not in UNIQUE_TYPES or field.derived:
        what = "computed" if field.derived else a(field.type)
        mend = f"Name fields of the types {listed(sorted(UNIQUE_TYPES))}."
        findings.add(
            path, "WRONG_TYPE", f"'{field.key}' is {what}: not fit for a unique key.", mend
        )


def _rules(declared: Merged, findings: Findings) -> tuple[Rule, ...]:
    result: list[Rule] = []
    seen: set[str] = set()
    for index, one in enumerate(cast("list[Mapping[str, str]]", declared.body.get("x-rules", []))):
        key = one["key"]
        for missing in ("check", "message"):
            if missing in one:
                continue
            message = f"The rule '{key}' has no {missing}."
            findings.add(("x-rules", index), "MISSING", message, f"Add '{missing}'.")
        if key in seen:
            message = f"There are two rules '{key}'."
            findings.add(("x-rules", index, "key"), "DUPLICATE", message, "Rename one.")
        seen.add(key)
        _check_suffix(declared, ("x-rules", index), key, findings)
        result.append(
            Rule(
                key=key,
                check=one.get("check", "true"),
                message=one.get("message", key),
                when=one.get("when"),
                severity=one.get("severity", "block"),
                labels=labels(one, "message"),
            )
        )
    return tuple(result)


def _check_suffix(
    declared: Merged, path: tuple[str | int, ...], key: str, findings: Findings
) -> None:
    """What a tenant adds to a pack's object ends in __c; within its own object it is free."""
    if declared.sources[0].layer == TENANT or naming.suffix(key):
        return
    if declared.layer_of(path) == TENANT:
        message = f"What a tenant adds to a pack's object ends in __c: '{key}__c'."
        findings.add((*path, "key"), "SUFFIX", message, "Rename it.")


def _schema(declared: Merged, found: Mapping[str, Field]) -> dict[str, object]:
    """Plain JSON Schema of a record's values."""
    result: dict[str, object] = {
        "type": "object",
        "properties": {key: field.schema for key, field in found.items()},
        "required": [key for key, field in found.items() if field.required],
        "additionalProperties": False,
    }
    result |= {word: declared.body[word] for word in _CONDITIONS if word in declared.body}
    return result
