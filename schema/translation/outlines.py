"""Variables taken in: coerced as graphql-core does, at a tenth of its price, and reduced to a shape.

A shape is all that translation may know of a variable: what is present, what is null, the words
that decide what is asked, and how long lists of inputs are. Requests of one shape share a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Final, Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
)
from graphql.type import GraphQLBoolean, GraphQLFloat, GraphQLLeafType
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value

from schema.translation.given import (
    Fetch,
    Fields,
    Given,
    Items,
    Leaf,
    Marked,
    Null,
    Variables,
    Word,
)
from schema.types.meanings import STRUCTURAL

Shape = Hashable

ABSENT: Final = "absent"
VALUE: Final = ...
"""The shape of a value that varies from run to run."""


class Unfit(Exception):
    """A value is not of its type; graphql-core words what is wrong."""


class Outline(Protocol):
    """What is done with values of one input type. Null is `None` and its own shape."""

    def coerce(self, value: object) -> object:
        """The value as graphql-core coerces it.

        Raises:
            Exception: it is not of the type.
        """

    def shape(self, value: object) -> Shape:
        """What translation may know of a coerced value."""

    def given(self, shape: Shape, fetch: Fetch) -> Given:
        """The form of a value of that shape; `fetch` finds the value in a run's variables."""


class Outlines:
    """The outlines of a schema's input types, each made when a variable first needs it.

    It goes with its schema: it holds the schema's types.
    """

    def __init__(self) -> None:
        self._inputs: dict[str, Outline] = {}

    def of(self, type_: GraphQLInputType, *, structural: bool = False) -> Outline:
        """The outline of a type; inside a structural input, booleans are words."""
        if isinstance(type_, GraphQLNonNull):
            return _Required(self.of(type_.of_type, structural=structural))
        if isinstance(type_, GraphQLList):
            return _List(self.of(type_.of_type, structural=structural), _is_outlined(type_))
        if isinstance(type_, GraphQLInputObjectType):
            found = self._inputs.get(type_.name)
            if found is None:
                made = _Foreign(type_) if _is_foreign(type_) else _Input(type_, self)
                found = self._inputs[type_.name] = made
            return found
        if type_ is GraphQLFloat:
            return _Float(type_)
        is_word = STRUCTURAL in type_.extensions or structural and type_ is GraphQLBoolean
        return _Word(type_) if is_word else _Leaf(type_)


class _Leaf:
    __slots__ = ("_coerce",)

    def __init__(self, type_: GraphQLLeafType) -> None:
        self._coerce: Callable[..., object] = type_.coerce_input_value

    def coerce(self, value: object) -> object:
        if value is None:
            return None
        coerced = self._coerce(value)
        if coerced is Undefined:
            raise Unfit
        return coerced

    def shape(self, value: object) -> Shape:
        return None if value is None else VALUE

    def given(self, shape: Shape, fetch: Fetch) -> Given:
        return Null() if shape is None else Leaf(fetch)


class _Float(_Leaf):
    """Clients write large floats without an exponent, by the digits that tell them apart: few of
    these are the very integer, which is all that graphql-core takes."""

    __slots__ = ()

    def coerce(self, value: object) -> object:
        return super().coerce(float(value) if type(value) is int else value)


class _Word(_Leaf):
    """A structural enum or boolean: its value is its shape."""

    __slots__ = ()

    def shape(self, value: object) -> Shape:
        assert value is None or isinstance(value, str | bool)
        return value

    def given(self, shape: Shape, fetch: Fetch) -> Given:
        if shape is None:
            return Null()
        assert isinstance(shape, str | bool)
        return Word(shape)


class Cursor:
    """A text used as a cursor: which of its values are null is its shape."""

    __slots__ = ("_nulls", "_text")

    def __init__(self, text: Outline, nulls: Callable[[str], tuple[bool, ...] | None]) -> None:
        self._text = text
        self._nulls = nulls

    def coerce(self, value: object) -> object:
        return self._text.coerce(value)

    def shape(self, value: object) -> Shape:
        return ("cursor", self._nulls(value)) if isinstance(value, str) else None

    def given(self, shape: Shape, fetch: Fetch) -> Given:
        if shape is None:
            return Null()
        assert isinstance(shape, tuple)
        return Marked(fetch, shape[1])


class _Required:
    __slots__ = ("_inner", "given", "shape")

    def __init__(self, inner: Outline) -> None:
        self._inner = inner
        self.shape = inner.shape
        self.given = inner.given

    def coerce(self, value: object) -> object:
        if value is None:
            raise Unfit
        return self._inner.coerce(value)


class _List:
    __slots__ = ("_is_outlined", "_item")

    def __init__(self, item: Outline, is_outlined: bool) -> None:
        self._item = item
        self._is_outlined = is_outlined

    def coerce(self, value: object) -> object:
        if value is None:
            return None
        coerce = self._item.coerce
        if isinstance(value, list):
            return [coerce(item) for item in value]
        if isinstance(value, str | int | float | dict):
            return [coerce(value)]
        raise Unfit

    def shape(self, value: object) -> Shape:
        if value is None:
            return None
        if not self._is_outlined:
            return VALUE
        assert isinstance(value, list)
        return tuple(self._item.shape(item) for item in value)

    def given(self, shape: Shape, fetch: Fetch) -> Given:
        if shape is None:
            return Null()
        if not self._is_outlined:
            return Leaf(fetch)
        assert isinstance(shape, tuple)
        return Items(
            tuple(self._item.given(part, within(fetch, i)) for i, part in enumerate(shape))
        )


class _Input:
    __slots__ = ("_fields", "_is_one_of", "_order", "_outlines", "_required", "_type")

    def __init__(self, type_: GraphQLInputObjectType, outlines: Outlines) -> None:
        self._type = type_
        self._outlines = outlines
        self._is_one_of = type_.is_one_of
        self._fields: dict[str, tuple[str, Outline]] = {}
        self._order = {name: place for place, name in enumerate(type_.fields)}
        self._required = frozenset(
            name for name, it in type_.fields.items() if isinstance(it.type, GraphQLNonNull)
        )

    def coerce(self, value: object) -> object:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise Unfit
        coerced = {}
        names = value if len(value) == 1 else sorted(value, key=self._order.__getitem__)
        for name in names:
            out_name, outline = self._field(name)
            coerced[out_name] = outline.coerce(value[name])
        if self._required and not self._required <= value.keys():
            raise Unfit
        if self._is_one_of and (len(coerced) != 1 or None in coerced.values()):
            raise Unfit
        return coerced

    def shape(self, value: object) -> Shape:
        if value is None:
            return None
        assert isinstance(value, dict)
        return tuple((name, self._field(name)[1].shape(part)) for name, part in value.items())

    def given(self, shape: Shape, fetch: Fetch) -> Given:
        if shape is None:
            return Null()
        assert isinstance(shape, tuple)
        return Fields(
            {name: self._field(name)[1].given(part, within(fetch, name)) for name, part in shape}
        )

    def _field(self, name: str) -> tuple[str, Outline]:
        found = self._fields.get(name)
        if found is None:
            declared = self._type.fields[name]
            structural = STRUCTURAL in self._type.extensions
            outline = self._outlines.of(declared.type, structural=structural)
            found = self._fields[name] = (declared.out_name or name, outline)
        return found


class _Foreign(_Leaf):
    """An input that is written in Python: graphql-core coerces it, and no query depends on it."""

    __slots__ = ()

    def __init__(self, type_: GraphQLInputObjectType) -> None:
        self._coerce = partial(coerce_input_value, type_=type_)


def within(fetch: Fetch, step: str | int) -> Fetch:
    """Fetches a part of what `fetch` fetches."""

    def part(variables: Variables) -> object:
        return fetch(variables)[step]  # type: ignore[index]

    return part


def _is_foreign(type_: GraphQLInputObjectType) -> bool:
    if type_.out_type is not GraphQLInputObjectType.out_type:
        return True
    return any(coerce_default_value(it) is not Undefined for it in type_.fields.values())


def _is_outlined(type_: GraphQLList[GraphQLInputType]) -> bool:
    """Whether a list holds inputs or words, so that its length and parts decide what is asked."""
    item = type_.of_type
    if isinstance(item, GraphQLNonNull):
        item = item.of_type
    if isinstance(item, GraphQLInputObjectType):
        return True
    return isinstance(item, GraphQLEnumType) and STRUCTURAL in item.extensions
