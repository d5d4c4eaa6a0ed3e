"""What a higher layer may do to what a lower one declares: relabel, tighten, hide, add.

Never change what a value is: records and programs of the lower layer count on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from metadata.dialects import Kind
from metadata.problems import Path, shown

Refusal: TypeAlias = tuple[str, str, str]  # rule, message, mend

_FIELD_FIXED = frozenset(
    {
        "type",
        "x-type",
        "format",
        "$ref",
        "items",
        "x-scale",
        "x-format",
        "x-reference",
        "x-formula",
        "x-rollup",
        "x-tree",
    }
)
_ONLY_ADDED = frozenset(
    """
    pattern enum const multipleOf prefixItems contains additionalProperties patternProperties
    propertyNames not if then else anyOf
    """.split()  # noqa: SIM905
)
_RAISED = frozenset(
    {"minLength", "minimum", "exclusiveMinimum", "minItems", "minContains", "minProperties"}
)
_LOWERED = frozenset(
    {"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxContains", "maxProperties"}
)
_ONLY_TRUE = frozenset({"uniqueItems", "readOnly", "x-hidden", "x-unique", "x-pii", "x-index"})
_CONDITIONS = frozenset({"not", "if", "then", "else", "anyOf"})
_WHOLE = _CONDITIONS | frozenset(
    """
    default const examples x-reference x-rollup items prefixItems contains additionalProperties
    patternProperties propertyNames
    """.split()  # noqa: SIM905
)

_FIELD_KEYWORD = 3  # the length of a path to a keyword of a field

_FIXED: Mapping[Kind, frozenset[str]] = {
    Kind.OBJECT: frozenset({"x-plural", "x-unique", "$defs"}),
    Kind.PIPELINE: frozenset({"object"}),
    Kind.GRAPH: frozenset({"anchor", "nodes"}),
    Kind.ROLE: frozenset({"rights"}),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A value that a higher layer puts in the place of a lower one's (None: there was none)."""

    kind: Kind
    path: Path
    low: object
    high: object
    lower: str  # the document of the lower layer
    by_tenant: bool = False


def whole(kind: Kind, path: Path) -> bool:
    """Whether the value at a path is one thing, never merged key by key."""
    return kind is Kind.OBJECT and (_keyword(path) in _WHOLE or _is_condition(path))


def refusal(attempt: Attempt) -> Refusal | None:
    """Why the higher layer may not do that, or None where it may."""
    word = str(attempt.path[-1])
    if attempt.kind is Kind.OBJECT and _in_field(attempt.path):
        return _of_field(attempt, _keyword(attempt.path) or word)
    if attempt.kind is Kind.OBJECT and attempt.low is not None:
        if _is_condition(attempt.path):
            return _is_fixed(attempt, word, "Put a further condition into allOf: all of them hold.")
        if word in _RAISED:
            return _of_field(attempt, word)
    if attempt.kind is Kind.OBJECT and _softens(attempt, word):
        return "FIXED", f"What the rule asks is settled by {attempt.lower}.", _RULE_MEND
    fixed = attempt.path[0] in _FIXED.get(attempt.kind, ()) or _closed_stage(attempt)
    if fixed and attempt.low is not None:
        return _is_fixed(attempt, str(attempt.path[0]) if len(attempt.path) < 3 else word)
    return None


_RULE_MEND = (
    "A pack may word it otherwise and add rules of its own; only a tenant changes when it holds."
)


def _softens(attempt: Attempt, word: str) -> bool:
    """Whether a pack changes when a rule of another holds. A tenant may: its records are its own."""
    if attempt.by_tenant or attempt.path[0] != "x-rules":
        return False
    return word in ("when", "check") or (word == "severity" and attempt.high == "warn")


def _of_field(attempt: Attempt, word: str) -> Refusal | None:
    if word in _FIELD_FIXED or (word in _ONLY_ADDED and attempt.low is not None):
        return _is_fixed(attempt, word)
    if attempt.low is None:
        makes_choice = word == "oneOf" and len(attempt.path) == _FIELD_KEYWORD
        return _is_fixed(attempt, word) if makes_choice else None
    if word in _RAISED | _LOWERED and not _tighter(word, attempt.low, attempt.high):
        message = (
            f"{shown(attempt.high)} is wider than the {shown(attempt.low)} of {attempt.lower}."
        )
        return "LOOSENED", message, "A higher layer may only tighten it."
    if word in _ONLY_TRUE and (attempt.high is False or _minds_case(attempt)):
        message = f"{attempt.lower} says '{word}'; a higher layer can't take it back."
        return "LOOSENED", message, "Remove it."
    return None


def _minds_case(attempt: Attempt) -> bool:
    """Whether values would be told apart by case that were one in the lower layer."""
    low = attempt.low
    return isinstance(low, dict) and low.get("ignoreCase") is True and attempt.high is True


_FIXED_MEND = (
    "A higher layer may change titles, tighten, hide and add; for another type add a field."
)


def _is_fixed(attempt: Attempt, word: str, mend: str = _FIXED_MEND) -> Refusal:
    return "FIXED", f"'{word}' is settled by {attempt.lower}.", mend


def _tighter(word: str, low: object, high: object) -> bool:
    if not isinstance(low, int | Decimal) or not isinstance(high, int | Decimal):
        return False
    return high > low if word in _RAISED else high < low


def _in_field(path: Path) -> bool:
    return len(path) >= 3 and path[0] == "properties"


def _keyword(path: Path) -> str | None:
    """The keyword of a field that a path leads into, where it changes the field itself.

    Parts of a nested object are as fields.
    """
    if not _in_field(path):
        return None
    while path[2] == "properties" and len(path) > 4:
        path = path[2:]
    word = str(path[2])
    return None if word in ("oneOf", "x-i18n") else word


def _is_condition(path: Path) -> bool:
    """Whether a whole condition on the record stands at a path."""
    return path[0] in _CONDITIONS or (path[0] == "dependentSchemas" and len(path) > 1)


def _closed_stage(attempt: Attempt) -> bool:
    return (
        attempt.kind is Kind.PIPELINE and attempt.path[0] == "stages" and attempt.path[-1] == "kind"
    )
