"""Problems and changes for people to read, line by line, and for scripts as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from core.actions.publishing import Comparison, Told
from core.errors import DealgraphError, Problem, Refused
from core.store.releases.impacts import Counted
from metadata.changes import Effect
from metadata.problems import Problem as Fault

_CONCERNED = {
    Effect.INVALID: ("would not fit any more",) * 2,
    Effect.LOST: ("would lose it",) * 2,
    Effect.RETYPED: ("could not be read any more",) * 2,
    Effect.ABANDONED: (
        "is there of an object that had this key",
        "are there of an object that had this key",
    ),
    Effect.HELD: ("holds it", "hold it"),
    Effect.GIVEN: (
        "gives such a reason in its stage history",
        "give such a reason in their stage history",
    ),
    Effect.OUTCOME: ("is or was in it", "are or were in it"),
    Effect.DUPLICATE: ("would have what another has already",) * 2,
    Effect.BROKEN_RULE: ("breaks the rule", "break the rule"),
    Effect.UNSTAGED: ("enters the first stage", "enter the first stage"),
    Effect.TREE: ("becomes a node of the tree", "become nodes of the tree"),
    Effect.CYCLE: (
        "comes back to itself by its parents, or stands below one that does",
        "come back to themselves by their parents, or stand below such",
    ),
    Effect.TOO_DEEP: ("would stand too deep in the tree",) * 2,
    Effect.CIRCULAR: (
        "comes back to itself by edges of the graph",
        "come back to themselves by edges of the graph",
    ),
    Effect.OFF_STAGE: (
        "is or was in a stage that the pipeline lacks",
        "are or were in a stage that the pipeline lacks",
    ),
    Effect.TOKENS: ("has its search words made anew", "have their search words made anew"),
    Effect.COMPUTED: ("is computed anew", "are computed anew"),
    Effect.FOREIGN: (
        "has an amount in another currency, which is left out",
        "have amounts in another currency, which are left out",
    ),
    Effect.DANGLING: (
        "names what was deleted meanwhile, and is empty there",
        "name what was deleted meanwhile, and are empty there",
    ),
}
"""What is said of one record, and of any other number."""


def of_error(error: DealgraphError) -> list[str]:
    """Everything that is wrong, a line each, with the place where it is."""
    if not isinstance(error, Refused):
        return [error.message]
    return [_placed(problem) for problem in error.problems]


def of_comparison(comparison: Comparison) -> Iterator[str]:
    """Each change, then what it breaks and which records it concerns."""
    for told in comparison.changes:
        change = told.change
        yield f"{change.subject}: {change.message}"
        if change.breaks:
            yield f"    breaks clients: {change.breaks}"
        yield from (f"    {_concerned(it)}" for it in told.counted if it.count != 0)
    if comparison.filled:
        yield f"Columns to be filled: {_fields(comparison.filled)}."
    if comparison.unslotted:
        yield f"Not indexed, since no column is free: {_fields(comparison.unslotted)}."


def plain_comparison(comparison: Comparison) -> dict[str, object]:
    """The same as JSON has it."""
    return {
        "version": comparison.version,
        "changes": [_plain_change(told) for told in comparison.changes],
        "filled": [".".join(it) for it in comparison.filled],
        "unslotted": [".".join(it) for it in comparison.unslotted],
        "refusals": [
            {"code": it.code, "place": _place(it.path), "message": it.message}
            for it in comparison.refusals
        ],
    }


def plain_faults(faults: Iterable[Fault]) -> list[dict[str, str]]:
    """Problems of declarations as JSON has them."""
    return [
        {
            "document": it.document,
            "pointer": it.pointer,
            "rule": it.rule,
            "message": it.message,
            "mend": it.mend,
        }
        for it in faults
    ]


def _plain_change(told: Told) -> dict[str, object]:
    change = told.change
    return {
        "code": change.code,
        "subject": change.subject,
        "pointer": change.pointer,
        "message": change.message,
        "breaks": change.breaks,
        "records": [
            {
                "effect": it.impact.effect.value,
                "object": it.impact.object,
                "count": it.count,
                "examples": [str(one) for one in it.examples],
            }
            for it in told.counted
        ],
    }


def _placed(problem: Problem) -> str:
    place = _place(problem.path) if len(problem.path) > 1 else ""
    return f"{place}: {problem.message}" if place else problem.message


def _place(path: Sequence[str | int]) -> str:
    """A document with the JSON pointer into it, or a path with its steps."""
    if len(path) == 2 and isinstance(path[1], str) and path[1][:1] in ("", "/"):
        return f"{path[0]}#{path[1]}" if path[1] else str(path[0])
    return ".".join(map(str, path))


def _concerned(counted: Counted) -> str:
    effect, of = counted.impact.effect, counted.impact.object
    one, several = _CONCERNED[effect]
    examples = ", ".join(map(str, counted.examples))
    if counted.count == 1:
        return f"1 record of '{of}' {one}" + (f": {examples}" if examples else "")
    many = "an unknown number of" if counted.count is None else f"{counted.count:,}"
    told = f"{many} records of '{of}' {several}"
    return f"{told}, such as {examples}" if examples else told


def _fields(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(".".join(pair) for pair in pairs)
