"""Conditions on the same other records, put together: each look at them is planned for.

A filter says `account` as often as its author likes. In the statement each would be a look-up of
its own, and the planner needs time for every one, where ten are joined more than all ten apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from core.query import All, Either, Not, Predicate, Quantifier, Related, Through, Under

_Kind: TypeAlias = type[All] | type[Either]

_ALTERNATIVE: Final[Mapping[_Kind, _Kind]] = {All: Either, Either: All}
_TOGETHER: Final[Mapping[tuple[_Kind, Quantifier], _Kind]] = {
    (Either, Quantifier.SOME): Either,
    (All, Quantifier.NONE): Either,
    (All, Quantifier.EVERY): All,
}
"""How conditions on the same children are put together, by what holds for their answers."""


def shared(predicate: Predicate) -> Predicate:
    """The same question, with one look where several would be at the same records."""
    if isinstance(predicate, All | Either):
        return _several(type(predicate), predicate.parts)
    if isinstance(predicate, Not | Through):
        return replace(predicate, part=shared(predicate.part))
    if isinstance(predicate, Related) and predicate.part is not None:
        return replace(predicate, part=shared(predicate.part))
    return predicate


def looks(predicate: Predicate) -> int:
    """How many times it looks at other records than its own, which subtrees of these need not."""
    if isinstance(predicate, All | Either):
        return sum(map(looks, predicate.parts))
    inner = getattr(predicate, "part", None)
    below = looks(inner) if inner is not None else 0
    if isinstance(predicate, Through):
        return below + (not isinstance(inner, Under))
    return below + isinstance(predicate, Related)


def _several(kind: _Kind, parts: Sequence[Predicate]) -> Predicate:
    alike: dict[Hashable, list[Predicate]] = {}
    for index, part in enumerate(_flat(kind, parts)):
        alike.setdefault(_look(kind, part) or index, []).append(part)
    found = tuple(_together(kind, group) for group in alike.values())
    return found[0] if len(found) == 1 else kind(found)


def _flat(kind: _Kind, parts: Sequence[Predicate]) -> Iterator[Predicate]:
    for part in parts:
        if isinstance(part, kind):
            yield from _flat(kind, part.parts)
        else:
            yield part


def _look(kind: _Kind, part: Predicate) -> Hashable:
    """What it has in common with those that it can be put together with; None: nothing."""
    if isinstance(part, Not):
        return Not
    if isinstance(part, Through) and not isinstance(part.part, Under):  # those need no look
        return part.reference
    if isinstance(part, Related) and part.part is not None and (kind, part.quantifier) in _TOGETHER:
        return part.object, part.via, part.quantifier
    return None


def _together(kind: _Kind, alike: Sequence[Predicate]) -> Predicate:
    first = alike[0]
    if len(alike) == 1:
        return shared(first)
    inner = tuple(part for it in alike if (part := getattr(it, "part", None)) is not None)
    assert isinstance(first, Not | Through | Related)
    if isinstance(first, Not):
        kind = _ALTERNATIVE[kind]
    elif isinstance(first, Related):
        kind = _TOGETHER[kind, first.quantifier]
    return replace(first, part=shared(kind(inner)))
