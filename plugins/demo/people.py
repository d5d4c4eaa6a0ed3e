"""Names of people, and how to reach them."""

from __future__ import annotations

import random
from typing import NamedTuple

from plugins.demo.words import FIRST_NAMES, GIVEN, LAST_NAMES, SURNAMES


class Person(NamedTuple):
    """Someone with a name; `handle` is unique by its number."""

    name: str
    handle: str


def person(dice: random.Random, number: int, *, chinese: bool) -> Person:
    """An invented person."""
    if chinese:
        family, given = dice.choice(SURNAMES), dice.choice(GIVEN)
        return Person(family.text + given.text, f"{given.latin}.{family.latin}{number}")
    first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
    return Person(f"{first} {last}", f"{first}.{last}{number}".lower())


def mobile(dice: random.Random, *, chinese: bool) -> str:
    """A telephone number that nobody has: of the ranges kept for stories."""
    if chinese:
        return f"199 0000 {dice.randrange(10_000):04d}"
    return f"+44 7700 900{dice.randrange(1_000):03d}"
