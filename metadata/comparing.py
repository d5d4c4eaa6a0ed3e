"""How one field or object differs from an earlier one: tighter, looser, or only other words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from metadata.model import TEXTUAL, Field, ObjectType
from metadata.problems import a

Trait: TypeAlias = tuple[str, str, str, str]  # code, keyword, message, why it breaks

_LEAST = frozenset(
    {"minLength", "minimum", "exclusiveMinimum", "minItems", "minContains", "minProperties"}
)
_MOST = frozenset(
    {"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxContains", "maxProperties"}
)


def described(field: Field) -> str:
    """The field's type in words."""
    if field.reference is not None:
        return f"a reference to {field.reference.object}"
    scale = "" if field.scale is None else f" with {field.scale} digits after the point"
    return f"{a(field.type)}{scale}"


def constraints(was: Field, now: Field) -> Iterator[tuple[str, bool]]:
    """Keywords by which allowed values differ, each with whether fewer are allowed.

    Where it can't be told, fewer. Options are not looked at.
    """
    for keyword in dict.fromkeys((*was.schema, *now.schema)):
        before, after = was.schema.get(keyword), now.schema.get(keyword)
        chosen = keyword == "enum" and bool(now.options)
        chosen = chosen or (keyword == "items" and bool(now.options))
        if before != after and not chosen:
            yield keyword, _tighter(keyword, before, after)


def conditions(was: ObjectType, now: ObjectType) -> list[str]:
    """Keywords of the object as a whole by which allowed records differ."""
    apart = ("properties", "required")
    words = dict.fromkeys((*was.schema, *now.schema))
    return [
        word for word in words if word not in apart and was.schema.get(word) != now.schema.get(word)
    ]


def traits(was: Field, now: Field) -> Iterator[Trait]:
    """Differences of a field that don't touch which values it may have."""
    yield from _computing(was, now)
    if was.read_only != now.read_only:
        yield _read_only(now)
    if was.index != now.index:
        yield _index(now)
    if was.tree != now.tree:
        breaks = "" if now.tree else "The fields of the tree are gone."
        yield "TREE_CHANGED", "x-tree", f"'{now.key}' makes a tree: {now.tree}.", breaks
    for name, (code, keyword, message) in _SMALL.items():
        if getattr(was, name) != getattr(now, name):
            yield code, keyword, message.format(now.key), ""
    changed = [name for name in _TEXTS if getattr(was, name) != getattr(now, name)]
    if changed:
        yield "RELABELLED", "title", f"Changed on '{now.key}': {', '.join(changed)}.", ""


_TEXTS = ("title", "description", "labels", "deprecated", "personal")
_SMALL = {
    "search": ("SEARCH_CHANGED", "x-search", "Whether the search looks into '{}' changes."),
    "default": ("DEFAULT_CHANGED", "default", "The default of '{}' changes."),
    "number_format": ("FORMAT_CHANGED", "x-format", "New numbers of '{}' look otherwise."),
}


def _computing(was: Field, now: Field) -> Iterator[Trait]:
    if (was.formula, was.rollup) != (now.formula, now.rollup):
        yield "COMPUTED_CHANGED", _computed_by(now), f"'{now.key}' is computed otherwise.", ""
    if was.stored != now.stored:
        where = "stored" if now.stored else "computed when it is asked"
        yield "COMPUTED_CHANGED", _computed_by(now), f"'{now.key}' is now {where}.", ""


def _read_only(now: Field) -> Trait:
    if now.read_only:
        message = f"'{now.key}' can't be written any more."
        return "READ_ONLY_CHANGED", "readOnly", message, "It is gone from the inputs."
    return "READ_ONLY_CHANGED", "readOnly", f"'{now.key}' can be written.", ""


def _index(now: Field) -> Trait:
    if now.index:
        return "INDEX_CHANGED", "x-index", f"'{now.key}' is indexed.", ""
    lost = now.type in TEXTUAL
    breaks = "It is gone from orderBy, and its filter has no ranges." if lost else ""
    return "INDEX_CHANGED", "x-index", f"'{now.key}' is no longer indexed.", breaks


def _computed_by(now: Field) -> str:
    return "x-rollup" if now.rollup is not None else "x-formula"


def _tighter(keyword: str, before: object, after: object) -> bool:
    if after is None:
        return False
    if before is None:
        return True
    if isinstance(before, int | Decimal) and isinstance(after, int | Decimal):
        if keyword in _LEAST:
            return after > before
        if keyword in _MOST:
            return after < before
    if keyword == "enum" and isinstance(before, list) and isinstance(after, list):
        return not all(value in after for value in before)
    return True
