"""The packs that tenants may have, and why others are not among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import Problem, Refused
from metadata.layers import Layer
from metadata.model import Json
from metadata.problems import did_you_mean, listed


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something that a plugin brought is not in the offer. The rest of the offer stands."""

    plugin: str
    hook: str  # empty: the plugin as a whole
    argument: str  # the parameter, pack or file at fault; empty: the hook as a whole
    message: str

    def __str__(self) -> str:
        place = ", ".join(
            f"{word} {name}"
            for word, name in (("plugin", self.plugin), ("hook", self.hook), ("at", self.argument))
            if name
        )
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Pack:
    """A named, versioned set of declarations."""

    key: str
    version: str
    title: str
    plugin: str
    requires: Mapping[str, str]  # pack → the least version of the same major one, such as "1.2"
    base: bool  # stands on the platform alone; industry packs come after the base packs
    documents: Mapping[str, Json]  # by path in the folder: "pack.json", "objects/account.json"

    @property
    def layer(self) -> Layer:
        """What the pack adds to a tenant's metadata."""
        return Layer(self.key, self.documents)


@dataclass(frozen=True, slots=True)
class Offer:
    """The packs on offer, each after the ones it requires, and what was refused."""

    packs: Mapping[str, Pack]
    faults: tuple[Fault, ...] = ()

    def choose(self, keys: Iterable[str]) -> tuple[Pack, ...]:
        """These packs with all that they require, in the order in which their layers apply.

        Raises:
            Refused: when a key names no pack on offer; holds one problem for each, and what
                plugins brought that is not on offer.
        """
        wanted = list(dict.fromkeys(keys))
        unknown = [key for key in wanted if key not in self.packs]
        if unknown:
            problems = [self._unknown(key) for key in unknown]
            faults = [Problem((), "NOT_OFFERED", f"Not on offer: {it}") for it in self.faults]
            raise Refused([*problems, *faults])
        chosen: set[str] = set()
        while wanted:
            key = wanted.pop()
            if key not in chosen:
                chosen.add(key)
                wanted += self.packs[key].requires
        return tuple(pack for key, pack in self.packs.items() if key in chosen)

    def _unknown(self, key: str) -> Problem:
        known = f"On offer: {listed(self.packs, 'and')}." if self.packs else "None is on offer."
        message = f"There is no pack '{key}'. {did_you_mean(key, self.packs) or known}"
        return Problem((key,), "UNKNOWN_PACK", message)


def serves(version: str, least: str) -> bool:
    """Whether a pack of this version will do where `least` or newer of the same major is asked."""
    have = tuple(map(int, version.split(".")))
    need = tuple(map(int, least.split(".")))
    return have[0] == need[0] and have >= need
