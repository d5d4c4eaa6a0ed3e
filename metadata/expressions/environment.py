"""What an expression may name and call where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from metadata.expressions.catalogue import FUNCTIONS, Catalogue
from metadata.expressions.tree import Type


class Names(Protocol):
    """The names an expression may read, with their types; a dict of them will do.

    A name is a field's key (`amount`), a path over references (`account.industry`), or one of
    the words a caller adds (`stage`, `old.amount`). Paths need not be listed: `get` may follow
    them one by one, and iterating gives those worth suggesting.
    """

    def get(self, name: str, /) -> Type | None: ...

    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Environment:
    """The names and functions that an expression is checked against.

    `options` gives the texts that a name can be, where only some are possible.
    """

    names: Names
    functions: Catalogue = field(default_factory=lambda: FUNCTIONS)
    options: Callable[[str], Collection[str] | None] = lambda name: None
