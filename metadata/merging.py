"""Declarations of one thing from several layers, merged into one; conflicts told, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from metadata import tightening
from metadata.dialects import Kind
from metadata.layers import TENANT, Order
from metadata.problems import Findings, Path, Problem, pointer, shown
from metadata.tightening import Attempt

Body: TypeAlias = dict[str, object]

_UNITED = frozenset({"required"})
_JOINED = frozenset({"allOf"})
_KEYED: Mapping[str, tuple[str, ...]] = {
    "oneOf": ("const",),
    "x-rules": ("key",),
    "x-unique": ("key",),
    "stages": ("key",),
    "reasons": ("key",),
    "entry": ("key",),
    "exit": ("key",),
    "tasks": ("key",),
    "edges": ("reference", "object"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One layer's document about a thing."""

    layer: str
    document: str
    body: Body
    said: Body | None = None  # the whole document, where broken parts were left out of the body

    @property
    def whole(self) -> Body:
        return self.body if self.said is None else self.said


@dataclass(frozen=True, slots=True)
class Merged:
    """What all layers say about one thing, and where each of them says it."""

    kind: Kind
    key: str
    body: Body
    sources: tuple[Source, ...]  # lowest layer first

    def where(self, path: Path) -> tuple[str, str]:
        """The document and pointer of the highest layer that says what stands at a path.

        Where no document says it, the nearest thing around it.
        """
        if len(self.sources) == 1 and self.sources[0].whole is self.body:
            return self.sources[0].document, pointer(_existing(self.body, path))
        for length in range(len(path), 0, -1):
            for source in reversed(self.sources):
                found = _translated(self.body, source.whole, path[:length])
                if found is not None:
                    return source.document, pointer(found)
        return self.sources[0].document, ""

    def layer_of(self, path: Path) -> str:
        """The lowest layer that says something at a path: whoever declared it."""
        if len(self.sources) == 1:
            return self.sources[0].layer
        for source in self.sources:
            if _translated(self.body, source.body, path) is not None:
                return source.layer
        return self.sources[0].layer


def merged(
    kind: Kind, key: str, sources: Sequence[Source], order: Order
) -> tuple[Merged, list[Problem]]:
    """One thing as all its sources say it, lowest layer first, and where they disagree."""
    if len(sources) == 1:
        return Merged(kind, key, sources[0].body, tuple(sources)), []
    merging = _Merging(kind, order, sources[0])
    for source in sources[1:]:
        merging.add(source)
    result = Merged(kind, key, merging.body, tuple(sources))
    return result, merging.problems


class _Merging:
    """A body that grows by one source after the other, and who said what in it."""

    def __init__(self, kind: Kind, order: Order, first: Source) -> None:
        self.body = first.body
        self.problems: list[Problem] = []
        self._kind = kind
        self._order = order
        self._sayers: dict[Path, Source] = {(): first}

    def add(self, source: Source) -> None:
        self._source = source
        self._findings = Findings(lambda path: (source.document, pointer(path)))
        self.body = self._objects((), (), self.body, source.body)
        self.problems += self._findings.problems

    def _objects(self, path: Path, here: Path, low: Body, high: Body) -> Body:
        """`path` is the place in the merged body, `here` the one in the source."""
        result = dict(low)
        for key, value in high.items():
            at = (*path, key)
            if key in low:
                result[key] = self._values(at, (*here, key), low[key], value)
            elif self._allowed(at, (*here, key), None, value):
                result[key] = value
                self._sayers[at] = self._source
        return result

    def _values(self, path: Path, here: Path, low: object, high: object) -> object:
        if (
            isinstance(low, dict)
            and isinstance(high, dict)
            and not tightening.whole(self._kind, path)
        ):
            return self._objects(path, here, low, high)
        if isinstance(low, list) and isinstance(high, list):
            merge = self._list_merge(path, low, high)
            if merge is not None:
                return merge(path, here, low, high)
        if low == high and type(low) is type(high):
            return low
        if not self._allowed(path, here, low, high):
            return low
        self._sayers = {p: s for p, s in self._sayers.items() if p[: len(path)] != path}
        self._sayers[path] = self._source
        return high

    def _allowed(self, path: Path, here: Path, low: object, high: object) -> bool:
        """Whether the source may put its value there; the reason why not is told."""
        lower = self._sayer(path)
        if low is not None and not self._order.above(self._source.layer, lower.layer):
            message = (
                f"{lower.document} says {shown(low)} here and {self._source.document} says "
                f"{shown(high)}; neither stands above the other."
            )
            mend = "Let one pack require the other: then it stands above."
            self._findings.add(here, "CONFLICT", message, mend)
            return False
        attempt = Attempt(self._kind, path, low, high, lower.document, self._source.layer == TENANT)
        refusal = tightening.refusal(attempt)
        if refusal is not None:
            self._findings.add(here, *refusal)
        return refusal is None

    def _sayer(self, path: Path) -> Source:
        for length in range(len(path), -1, -1):
            found = self._sayers.get(path[:length])
            if found is not None:
                return found
        raise AssertionError("the whole body has a sayer")

    def _list_merge(
        self, path: Path, low: list[object], high: list[object]
    ) -> Callable[[Path, Path, list[object], list[object]], list[object]] | None:
        name = path[-1]
        if name in _UNITED or "dependentRequired" in path[-2:-1]:
            return _united
        if name in _JOINED:
            return _joined
        keys = _KEYED.get(str(name))
        if keys and all(_key_of(item, keys) is not None for item in (*low, *high)):
            return self._keyed
        return None

    def _keyed(self, path: Path, here: Path, low: list[object], high: list[object]) -> list[object]:
        keys = _KEYED[str(path[-1])]
        places = {_key_of(item, keys): i for i, item in enumerate(low)}
        result = list(low)
        for index, item in enumerate(high):
            at = places.get(_key_of(item, keys))
            if at is not None:
                below = (*path, f"={_key_of(item, keys)}")
                result[at] = self._values(below, (*here, index), low[at], item)
            else:
                self._sayers[(*path, f"={_key_of(item, keys)}")] = self._source
        return _placed(result, high, keys)


def _placed(low: list[object], high: list[object], keys: tuple[str, ...]) -> list[object]:
    """The lower list with the new items of the higher one next to their neighbours there.

    A new item follows the item that stands before it in the higher list; the first ones go
    before the first known item; without any known neighbour they go to the end.
    """
    result = list(low)
    names = [_key_of(item, keys) for item in result]
    first_known = next((n for n in (_key_of(i, keys) for i in high) if n in names), None)
    last: str | None = None
    for item in high:
        name = _key_of(item, keys)
        if name not in names:
            if last is not None:
                at = names.index(last) + 1
            else:
                at = len(names) if first_known is None else names.index(first_known)
            result.insert(at, item)
            names.insert(at, name)
        last = name
    return result


def _united(_path: Path, _here: Path, low: list[object], high: list[object]) -> list[object]:
    return [*low, *(item for item in high if item not in low)]


def _joined(_path: Path, _here: Path, low: list[object], high: list[object]) -> list[object]:
    return [*low, *high]


def _key_of(item: object, keys: tuple[str, ...]) -> str | None:
    if not isinstance(item, dict):
        return None
    return next((f"{key}={item[key]}" for key in keys if key in item), None)


def _translated(merged_body: object, body: object, path: Path) -> Path | None:
    """The path in one source of what stands at a path of the merged body, if it says it."""
    result: list[str | int] = []
    name: str | int = ""
    for part in path:
        step = _step(merged_body, body, part, name)
        if step is None:
            return None
        result.append(step)
        merged_body = cast("dict[object, object]", merged_body)[part]
        body = cast("dict[object, object]", body)[step]
        name = part
    return tuple(result)


def _existing(body: object, path: Path) -> Path:
    """The path as far as there is something at it."""
    for length, part in enumerate(path):
        inside: object = _MISSING
        if isinstance(body, dict):
            inside = body.get(part, _MISSING)
        elif isinstance(body, list) and isinstance(part, int):
            inside = body[part] if part < len(body) else _MISSING
        if inside is _MISSING:
            return path[:length]
        body = inside
    return path


_MISSING = object()


def _step(whole: object, body: object, part: str | int, name: str | int) -> str | int | None:
    if isinstance(part, str):
        known = isinstance(body, dict) and part in body
        return part if known and isinstance(whole, dict) and part in whole else None
    if not isinstance(whole, list) or not isinstance(body, list) or part >= len(whole):
        return None
    return _index_of(whole, part, body, _KEYED.get(str(name), ()))


def _index_of(
    whole: list[object], place: int, body: list[object], keys: tuple[str, ...]
) -> int | None:
    """Where the item is in another list, by its key; of several with it the same one of them."""
    item, key = whole[place], _key_of(whole[place], keys)

    def is_same(other: object) -> bool:
        return other == item if key is None else _key_of(other, keys) == key

    found = [index for index, other in enumerate(body) if is_same(other)]
    before = sum(map(is_same, whole[:place]))
    return found[min(before, len(found) - 1)] if found else None
