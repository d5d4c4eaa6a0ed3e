"""How one field or object differs from an earlier one: tighter, looser, or only other words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from typing import TypeAlias, cast

from metadata.model import TEXTUAL, Field, ObjectType
from metadata.problems import a
from metadata.widening import Body as Schema
from metadata.widening import Widening

Trait: TypeAlias = tuple[str, str, str, str]  # code, keyword, message, why it breaks


class Shift(Enum):
    """How a keyword is not what it was."""

    TIGHTER = "tighter"
    """Fewer values may be allowed."""
    LOOSER = "looser"
    WORDS = "words"
    """Only what it says to people."""


def described(field: Field) -> str:
    """The field's type in words."""
    if field.reference is not None:
        return f"a reference to {field.reference.object}"
    scale = "" if field.scale is None else f" with {field.scale} digits after the point"
    return f"{a(field.type)}{scale}"


def reordered(before: Collection[str], after: Collection[str]) -> bool:
    """Whether what is in both stands in another order."""
    return [key for key in before if key in after] != [key for key in after if key in before]


def widening(was: ObjectType, now: ObjectType) -> Widening:
    """What compares schemas of an object's two versions."""
    earlier, later = (cast("Schema", of.schema.get("$defs", {})) for of in (was, now))
    return Widening(earlier, later)


def constraints(was: Field, now: Field, by: Widening) -> Iterator[tuple[str, Shift]]:
    """Keywords by which allowed values differ; options are not looked at."""
    before, after = (_without_options(field) for field in (was, now))
    if before == after and not by.moved:
        return
    if now.options and "$ref" in after:
        by = by.without_options
    for keyword in dict.fromkeys((*before, *after)):
        yield from _shifts(keyword, before, after, by)


def conditions(was: ObjectType, now: ObjectType, by: Widening) -> dict[str, Shift]:
    """Keywords of the object as a whole by which allowed records differ."""
    apart = ("type", "properties", "required", "additionalProperties", "$defs")
    words = (word for word in dict.fromkeys((*was.schema, *now.schema)) if word not in apart)
    found = [shift for word in words for shift in _shifts(word, was.schema, now.schema, by)]
    blamed = {"then": "if", "else": "if"} if ("if", Shift.LOOSER) in found else {}
    told: dict[str, Shift] = {}
    for word, shift in found:
        at = blamed.get(word, word)
        told[at] = shift if told.get(at) is not Shift.TIGHTER else Shift.TIGHTER
    return told


def _shifts(
    keyword: str, before: Schema, after: Schema, by: Widening
) -> Iterator[tuple[str, Shift]]:
    one, other = ({keyword: side[keyword]} if keyword in side else {} for side in (before, after))
    if keyword in after and not by.keeps(keyword, before, after):
        yield keyword, Shift.TIGHTER
    elif not by.same(one, other):
        yield keyword, Shift.LOOSER
    elif one != other:
        yield keyword, Shift.WORDS


def _without_options(field: Field) -> Schema:
    chosen = ("enum", "items") if field.options else ()
    return {word: said for word, said in field.schema.items() if word not in chosen}


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
