"""The options of picklists, and what their keys may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from metadata import bounds, naming
from metadata.model import FieldType, Option
from metadata.problems import Findings, Path

Body: TypeAlias = Mapping[str, object]


def constants(one_of: object) -> bool:
    """Whether every choice is an object with a text under const."""
    return isinstance(one_of, list) and all(
        isinstance(choice, dict) and isinstance(choice.get("const"), str) for choice in one_of
    )


def keys(one_of: object) -> list[str]:
    """The keys of the options, in their order."""
    found = (cast(str, choice["const"]) for choice in _choices(one_of) if "const" in choice)
    return list(dict.fromkeys(found))


def options(type: FieldType, seen: Body) -> tuple[Option, ...]:
    """The options of a picklist field, with titles made from keys where none are given."""
    return tuple(
        Option(
            key=cast(str, choice["const"]),
            title=naming.titled(choice, cast(str, choice["const"])),
            labels=_labels(choice),
            deprecated=bool(choice.get("deprecated")),
        )
        for choice in _choices(_list(type, seen))
        if isinstance(choice.get("const"), str)
    )


def check(seen: Body, path: Path, findings: Findings) -> None:
    """Tells what is wrong with the options of a picklist at a path."""
    found = _choices(seen.get("oneOf"))
    if len(found) > bounds.OPTIONS:
        message = f"A picklist has at most {bounds.OPTIONS} options."
        findings.add((*path, "oneOf"), "TOO_MANY", message, "Declare an object for them.")
    values: dict[str, str] = {}
    for index, choice in enumerate(found):
        at = (*path, "oneOf", index)
        for rule, message, mend in _wrong(choice, values):
            findings.add((*at, "const"), rule, message, mend)


def _wrong(choice: Body, values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    key = choice.get("const")
    if not isinstance(key, str):
        yield "BAD_OPTION", "An option has a text under const.", "Add const."
        return
    if not naming.OPTION.fullmatch(key):
        mend = "Use lower case letters, digits and single underscores; put the words in title."
        yield "BAD_KEY", f"'{key}' is no key of an option.", mend
    twin = values.get(key.upper())
    values[key.upper()] = key
    if twin is not None:
        what = "twice" if twin == key else f"beside '{twin}': they differ only in case"
        yield "DUPLICATE", f"The option '{key}' is given {what}.", "Remove one of them."


def _list(type: FieldType, seen: Body) -> object:
    if type is FieldType.PICKLIST:
        return seen.get("oneOf")
    if type is FieldType.PICKLISTS:
        return cast(Body, seen["items"]).get("oneOf")
    return None


def _choices(one_of: object) -> list[Body]:
    if not isinstance(one_of, list):
        return []
    return [choice for choice in one_of if isinstance(choice, dict)]


def _labels(choice: Body) -> Mapping[str, str]:
    languages = cast("Mapping[str, Mapping[str, str]]", choice.get("x-i18n", {}))
    return {tag: parts["title"] for tag, parts in languages.items() if "title" in parts}
