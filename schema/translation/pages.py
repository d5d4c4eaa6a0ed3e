"""Pages: how many rows, from which end, after or before which cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core import cursors, query
from core.errors import Refused
from schema.translation.arguments import marked
from schema.translation.given import Fetch, Given, Leaf, Marked, Variables, constant
from schema.translation.translating import BAD_CURSOR, BAD_PAGE, At, BadArgument, Translation


@dataclass(frozen=True, slots=True)
class Listed:
    """What a page is of: the records of an object, in an order."""

    object: str
    order: tuple[query.Order, ...] = ()


def page(
    translation: Translation,
    arguments: Mapping[str, Given],
    of: Listed,
    at: At,
    *,
    nested: bool,
) -> query.Page:
    """What `first`, `after`, `last` and `before` ask for, or the default number of rows."""
    first, last = _leaf(arguments.get("first")), _leaf(arguments.get("last"))
    if first is not None and last is not None:
        message = "Ask for `first` or for `last`, not for both."
        translation.refuse(at.into("last"), BAD_PAGE, message)
    default = constant(translation.limits.default_page(nested=nested))
    size, word = (last, "last") if last is not None else (first or default, "first")
    return query.Page(
        size=translation.value(_counted(size.fetch, at.into(word))),
        after=_position(translation, arguments.get("after"), of, at.into("after")),
        before=_position(translation, arguments.get("before"), of, at.into("before")),
        backward=last is not None,
    )


def count(
    translation: Translation, given: Given | None, at: At, *, default: int | None
) -> query.Value | None:
    """A number of rows or levels, 0 or more; the default where none is given."""
    leaf = _leaf(given)
    if leaf is not None:
        return translation.value(_counted(leaf.fetch, at))
    return translation.value(constant(default).fetch) if default is not None else None


def _leaf(given: Given | None) -> Leaf | None:
    return given if isinstance(given, Leaf) else None


def _counted(fetch: Fetch, at: At) -> Fetch:
    def counted(variables: Variables) -> int:
        number = fetch(variables)
        assert isinstance(number, int)
        if number < 0:
            raise BadArgument(at, BAD_PAGE, f"`{at.argument[-1]}` must be 0 or more.")
        return number

    return counted


def _position(
    translation: Translation, given: Given | None, of: Listed, at: At
) -> query.Position | None:
    if given is None:
        return None
    found = marked(given, cursors.nulls)
    if not isinstance(found, Marked):
        return None
    if found.nulls is None or len(found.nulls) != len(of.order):
        translation.refuse(at, BAD_CURSOR, "This is no cursor of a list in this order.")
        return None
    fetches = [_decoded(found.fetch, of, place, at) for place in range(len(of.order) + 1)]
    values = [
        None if is_null else translation.value(fetch)
        for fetch, is_null in zip(fetches, found.nulls, strict=False)
    ]
    return query.Position(tuple(values), translation.value(fetches[-1]))


def _decoded(fetch: Fetch, of: Listed, place: int, at: At) -> Fetch:
    """One value of a cursor; the last one is the id."""

    def value(variables: Variables) -> object:
        text = fetch(variables)
        assert isinstance(text, str)
        try:
            return cursors.decode(text, of.object, of.order)[place]
        except Refused as error:
            raise BadArgument(at, BAD_CURSOR, error.message) from None

    return value
