"""Labels from `i18n/<language>.json`, put where declarations leave them open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from metadata.doubts import Doubt
from metadata.merging import Merged, Source
from metadata.problems import Path, Problem, did_you_mean, pointer

Body: TypeAlias = dict[str, object]
Texts: TypeAlias = Mapping[str, object]

_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_FILE = re.compile(r"([^/]+)\.json$")


def fill(
    source: Source, things: Mapping[str, Mapping[str, Merged]], doubt: Doubt
) -> Iterator[Problem]:
    """Adds one document's labels to the declarations; what it names and is not there is told.

    `things` are the merged declarations by section ("objects", "pipelines", "graphs") and key.
    Labels that stand inline, or were filled in before, stay.
    """
    tag = _language(source)
    if tag is None:
        message = "The document does not say which language its labels are in."
        mend = 'Call it i18n/zh-Hans.json, or add "language".'
        yield Problem(source.document, "", "NO_LANGUAGE", message, mend)
        return
    filling = _Filling(tag, source, doubt)
    for section, fill_one in _SECTIONS.items():
        for key, said in cast("Mapping[str, Texts]", source.body.get(section, {})).items():
            found = things[section].get(key)
            if found is not None:
                fill_one(filling, found.body, said, (section, key))
            elif not doubt.thing(key):
                filling.miss((section, key), things[section])
    yield from filling.problems


def _language(source: Source) -> str | None:
    said = source.body.get("language")
    if isinstance(said, str):
        return said
    named = _FILE.search(source.document)
    return named[1] if named and _TAG.fullmatch(named[1]) else None


class _Filling:
    """One document's labels on their way into declarations."""

    def __init__(self, tag: str, source: Source, doubt: Doubt) -> None:
        self.doubt = doubt
        self.problems: list[Problem] = []
        self._tag = tag
        self._source = source

    def put(self, body: Body, part: str, text: object) -> None:
        languages = cast("dict[str, dict[str, object]]", body.setdefault("x-i18n", {}))
        languages.setdefault(self._tag, {}).setdefault(part, text)

    def put_each(self, said: object, known: Mapping[str, Body], part: str, path: Path) -> None:
        """Texts by key, into the things with those keys."""
        for key, text in cast(Texts, said or {}).items():
            if key in known:
                self.put(known[key], part, text)
            elif not self.doubt.part(str(path[1])):
                self.miss((*path, key), known)

    def miss(self, path: Path, known: Mapping[str, object]) -> None:
        message = f"There is no '{path[-1]}' to be labelled."
        mend = did_you_mean(str(path[-1]), known) or "Remove it."
        place = pointer(path)
        self.problems.append(Problem(self._source.document, place, "UNKNOWN_LABEL", message, mend))


def _fill_object(filling: _Filling, body: Body, said: Texts, path: Path) -> None:
    for part in ("title", "plural"):
        if part in said:
            filling.put(body, part, said[part])
    fields = cast("dict[str, Body]", body.get("properties", {}))
    for key, label in cast(Texts, said.get("fields", {})).items():
        at = (*path, "fields", key)
        if key not in fields:
            if not filling.doubt.field(str(path[1]), key):
                filling.miss(at, fields)
        elif isinstance(label, str):
            filling.put(fields[key], "title", label)
        else:
            _fill_field(filling, fields[key], cast(Texts, label), at)
    rules = _by_key(body.get("x-rules"), "key")
    filling.put_each(said.get("rules"), rules, "message", (*path, "rules"))


def _fill_field(filling: _Filling, body: Body, said: Texts, path: Path) -> None:
    if "title" in said:
        filling.put(body, "title", said["title"])
    items = cast(Body, body.get("items", {}))
    options = _by_key(body.get("oneOf") or items.get("oneOf"), "const")
    filling.put_each(said.get("options"), options, "title", (*path, "options"))


def _fill_pipeline(filling: _Filling, body: Body, said: Texts, path: Path) -> None:
    if "title" in said:
        filling.put(body, "title", said["title"])
    stages = _by_key(body.get("stages"), "key")
    filling.put_each(said.get("stages"), stages, "title", (*path, "stages"))
    reasons = _by_key(body.get("reasons"), "key")
    filling.put_each(said.get("reasons"), reasons, "title", (*path, "reasons"))
    criteria: dict[str, Body] = {}
    for stage in stages.values():
        for side in ("entry", "exit"):
            criteria |= _by_key(stage.get(side), "key")
    filling.put_each(said.get("criteria"), criteria, "title", (*path, "criteria"))


def _fill_graph(filling: _Filling, body: Body, said: Texts, path: Path) -> None:
    if "title" in said:
        filling.put(body, "title", said["title"])


_SECTIONS = {"objects": _fill_object, "pipelines": _fill_pipeline, "graphs": _fill_graph}


def _by_key(items: object, name: str) -> dict[str, Body]:
    if not isinstance(items, list):
        return {}
    return {str(item[name]): item for item in items if isinstance(item, dict) and name in item}
