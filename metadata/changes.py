"""The words for what changes between two versions, and for the records that it touches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from metadata.problems import Path, pointer


class Effect(StrEnum):
    """What a change does to stored records; each says which of them are touched."""

    INVALID = "invalid"
    """Live records that don't fit the new declaration; with a field, because of it."""
    LOST = "lost"
    """Live records (of the object, or with a value in the field) that would no longer be kept."""
    RETYPED = "retyped"
    """Live records with a value in the field, which could not be read any more."""
    ABANDONED = "abandoned"
    """Live records of an object that was removed, of which a new one could not read any value."""
    HELD = "held"
    """Records, changes or stage history that hold the option or stage `value`."""
    GIVEN = "given"
    """Stage history with the reason `value`; without one, with a reason that is none of `fields`."""
    OUTCOME = "outcome"
    """Records, or their stage history, in the stage `value`, which is of another kind. Told."""
    DUPLICATE = "duplicate"
    """Live records that share the values of `fields` with another one."""
    BROKEN_RULE = "broken_rule"
    """Live records for which the rule `value` does not hold: told, never in the way."""
    UNSTAGED = "unstaged"
    """Live records without a stage, of an object that is newly staged: they enter the first. Told."""
    TREE = "tree"
    """Live records of an object that is newly a tree, which become nodes of it: told."""
    CYCLE = "cycle"
    """Live records that, by the tree's field, come back to themselves or stand below such."""
    TOO_DEEP = "too_deep"
    """Live records that would stand below the last level that a tree may have."""
    CIRCULAR = "circular"
    """Live nodes from which edges of the graph `value` lead back, where it says that none do."""
    OFF_STAGE = "off_stage"
    """Records, deleted ones too, or stage history, in a stage that is none of `fields`: kept from
    another pipeline."""
    TOKENS = "tokens"
    """Live records whose search words are made anew: told."""
    COMPUTED = "computed"
    """Records whose value of the field is computed anew: told, never in the way."""
    FOREIGN = "foreign"
    """Live records with an amount in another currency than that of what the reference `value` names:
    a roll-up leaves it out. Told."""

    DANGLING = "dangling"
    """Live records of an object, or with a field, that comes back, whose reference `field` names what
    was deleted meanwhile: it reads as empty. Told."""


class Consent(StrEnum):
    """What a publish may be told to do all the same."""

    INVALID = "invalid_rows"
    DATA_LOSS = "data_loss"


@dataclass(frozen=True, slots=True)
class Impact:
    """Which stored records a change touches, for the store to count."""

    effect: Effect
    object: str
    field: str | None = None
    value: str | None = None  # an option, stage, reason, rule, graph or reference
    fields: tuple[str, ...] = ()  # of a unique key; stages; reasons; a roll-up's object and key
    ignore_case: bool = False

    @property
    def consent(self) -> Consent | None:
        """What lets a publish go on although such records are there; None where nothing does."""
        return _CONSENTS.get(self.effect)

    @property
    def harmless(self) -> bool:
        """Whether a publish goes on in any case."""
        return self.effect in _HARMLESS


_HARMLESS = frozenset(
    {
        Effect.BROKEN_RULE,
        Effect.OUTCOME,
        Effect.UNSTAGED,
        Effect.TREE,
        Effect.TOKENS,
        Effect.COMPUTED,
        Effect.FOREIGN,
        Effect.DANGLING,
    }
)
_CONSENTS = {
    Effect.INVALID: Consent.INVALID,
    Effect.CIRCULAR: Consent.INVALID,
    Effect.LOST: Consent.DATA_LOSS,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions.

    `pointer` leads into the declaration of the object, pipeline or graph named `subject`.
    `breaks` says why a program that uses the API may stop working; empty where none will.
    """

    code: str
    subject: str  # "object opportunity", "pipeline sales" …
    pointer: str
    message: str
    breaks: str = ""
    impacts: tuple[Impact, ...] = ()
    object: str | None = None
    field: str | None = None

    @property
    def breaking(self) -> bool:
        return bool(self.breaks)


@dataclass(frozen=True, slots=True)
class Saying:
    """Makes changes of one thing."""

    subject: str
    object: str | None = None
    field: str | None = None

    def __call__(
        self,
        code: str,
        path: Path,
        message: str,
        breaks: str = "",
        *impacts: Impact,
    ) -> Change:
        place = pointer(path)
        return Change(code, self.subject, place, message, breaks, impacts, self.object, self.field)
