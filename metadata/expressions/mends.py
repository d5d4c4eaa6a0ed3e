"""What is wrong with an expression that can be read, in words that help to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from metadata.expressions.environment import Environment
from metadata.expressions.problems import Code, Problem
from metadata.expressions.syntax import Applied, Listed, Part, Path
from metadata.expressions.tree import Call, Function, Literal, Name, Node, Type
from metadata.problems import a, closest, listed, shown

_PAIRS = {
    frozenset({Type.DATE, Type.TEXT}): "Write a date as date('2026-01-31').",
    frozenset({Type.INSTANT, Type.TEXT}): "Write an instant as instant('2026-01-31T08:30:00Z').",
    frozenset({Type.INSTANT, Type.DATE}): "Take the day of the instant: date(x).",
    frozenset({Type.NUMBER, Type.TEXT}): "Write numbers without quotation marks, or number(x).",
}
_ELSEWHERE = {
    "if": "Write condition ? one : other.",
    "isblank": "Ask x == null, or has(x).",
    "isnull": "Ask x == null, or has(x).",
    "nvl": "Write coalesce(x, other).",
    "ifnull": "Write coalesce(x, other).",
    "blankvalue": "Write coalesce(x, other).",
    "len": "Write size(x).",
    "length": "Write size(x).",
    "left": "Write substring(x, 0, 3) for the first three characters.",
    "mid": "Write substring(x, 2, 5) for the third to the fifth character.",
    "value": "Write number(x).",
    "datevalue": "Write date(x).",
    "sum": "To add up over other records, declare an x-rollup; + adds fields.",
    "count": "To count other records, declare an x-rollup.",
    "avg": "For the average over other records, declare an x-rollup.",
    "average": "For the average over other records, declare an x-rollup.",
    "sumif": "Declare an x-rollup with where.",
    "countif": "Declare an x-rollup with where.",
    "and": "Write a && b.",
    "or": "Write a || b.",
    "not": "Write !a.",
    "ifs": "Write condition ? one : other.",
    "switch": "Write condition ? one : other.",
    "case": "Write condition ? one : other.",
    "iferror": "Nothing fails here: write coalesce(x, other).",
    "concatenate": "Write concat(x, y).",
    "datediff": "Write end - start.",
    "ispickval": "Write x == 'option'.",
    "matches": "There are no patterns here: ask contains, startsWith or endsWith.",
}
"""What is written here for functions that spreadsheets and other languages have."""
_CONVERSIONS = frozenset({"date", "instant", "number"})
_COMPARING = frozenset({"==", "!=", "in", "has", "hasAny", "hasAll"})
_WORDS = frozenset({"null", "true", "false"})
_CONDITIONS = frozenset({"&&", "||", "!", "?:"})


def unknown_name(path: Path, environment: Environment) -> Problem:
    """A name that nothing has, with the one that may be meant."""
    before, _, last = path.name.rpartition(".")
    if path.name.lower() in _WORDS:
        mend = f"Write {path.name.lower()}."
    elif path.name in environment.functions:
        mend = f"Write {path.name}()."
    elif last in environment.functions and environment.names.get(before) is not None:
        mend = f"Write {last}({before})."
    else:
        mend = _did_you_mean(path.name, environment.names) or "Check the spelling of the field."
    return Problem(path.at, Code.UNKNOWN_NAME, f"There is no {path.name} here.", mend)


def unknown_function(written: Applied, environment: Environment) -> Problem:
    """A function that nobody offers, with the one that may be meant."""
    mend = _ELSEWHERE.get(written.name.lower())
    mend = mend or _did_you_mean(written.name, environment.functions)
    return Problem(
        written.at,
        Code.UNKNOWN_FUNCTION,
        f"There is no function {written.name}.",
        mend or f"The functions are {', '.join(sorted(environment.functions))}.",
    )


def no_parts(part: Part) -> Problem:
    """A dot after something that is not a name."""
    return Problem(
        part.at,
        Code.UNKNOWN_NAME,
        f"Only references have fields, so .{part.name} names nothing.",
        f"To call a function, write {part.name}(…).",
    )


def misplaced_list(listed: Listed) -> Problem:
    """A list that is not asked for a member."""
    return Problem(
        listed.at,
        Code.WRONG_TYPE,
        "A list can't stand here.",
        "Lists stand after `in` only: x in ['a', 'b'].",
    )


def empty_list(listed: Listed) -> Problem:
    """`x in []`, which is never true."""
    return Problem(
        listed.at, Code.WRONG_TYPE, "The list is empty.", "Put the values to look for into it."
    )


def misapplied(written: Applied, functions: Sequence[Function], nodes: Sequence[Node]) -> Problem:
    """A function or operator that does not take what it was given."""
    given = ", ".join(node.type for node in nodes)
    return Problem(
        written.at,
        Code.WRONG_TYPE,
        f"{written.name} does not take ({given}).",
        _mend(written, functions, nodes) or f"It takes {' or '.join(map(_taken, functions))}.",
    )


def unreadable(written: Applied, call: Node) -> Problem | None:
    """A text written out that is not what it is said to be, such as date('2026-02-30')."""
    if not isinstance(call, Call):
        return None
    literal = call.arguments[0] if len(call.arguments) == 1 else None
    if call.function.name not in _CONVERSIONS or not isinstance(literal, Literal):
        return None
    convert = call.function.call
    if literal.type is not Type.TEXT or literal.value is None or convert is None:
        return None
    if convert(literal.value) is not None:
        return None
    return Problem(
        written.at,
        Code.BAD_LITERAL,
        f"'{literal.value}' is no {written.name}.",
        f"{written.name}(…) gives: {call.function.says}",
    )


def no_options(written: Applied, call: Node, environment: Environment) -> Iterator[Problem]:
    """Texts that a picklist or stage is compared with and never is."""
    if not isinstance(call, Call) or call.function.name not in _COMPARING:
        return
    first, *others = call.arguments
    names, literals = ([first], others) if isinstance(first, Name) else (others, [first])
    known = _options(names, environment)
    if known is None:
        return
    for one in literals:
        if isinstance(one, Literal) and isinstance(one.value, str) and one.value not in known:
            name = " or ".join(name.name for name in names if isinstance(name, Name))
            what = f"{shown(one.value)} is no option of {name}."
            mend = f"{_did_you_mean(one.value, known)} There are {listed(known, 'and')}.".strip()
            yield Problem(written.at, Code.UNKNOWN_OPTION, what, mend)


def _options(names: Sequence[Node], environment: Environment) -> Collection[str] | None:
    """What one of them, at least, can be; None where that is not known of one of them."""
    found: dict[str, None] = {}
    for one in names:
        options = environment.options(one.name) if isinstance(one, Name) else None
        if options is None:
            return None
        found |= dict.fromkeys(options)
    return found or None


def unwanted(given: Type, wanted: Type) -> Problem:
    """An expression that gives something else than is needed."""
    mend = "Compare it with something, or ask has(x)." if wanted is Type.BOOL else ""
    return Problem(
        0,
        Code.WRONG_TYPE,
        f"The expression gives {a(given)}, and {a(wanted)} is needed.",
        mend or f"Change it so that it gives {a(wanted)}.",
    )


def _mend(written: Applied, functions: Sequence[Function], nodes: Sequence[Node]) -> str | None:
    types = frozenset(node.type for node in nodes)
    if written.name in _CONDITIONS and types - {Type.BOOL, Type.NULL} and written.name != "?:":
        return "It takes conditions: compare the value with something, or ask has(x)."
    if written.name == "?:" and nodes[0].type is not Type.BOOL:
        return "Before the ? stands a condition: compare the value, or ask has(x)."
    if written.name == "in" and Type.TEXTS not in types and len(nodes) == 2:
        return "After `in` stands a list: x in ['a', 'b'], or a field with several values."
    if Type.TEXTS in types and written.name in ("==", "!="):
        return "Ask a list 'a' in x, hasAny(x, 'a', 'b') or hasAll(x, 'a', 'b')."
    if any(len(set(function.takes)) > 1 for function in functions):
        return None  # values of several types are just what it takes
    return _PAIRS.get(types - {Type.NULL})


def _taken(function: Function) -> str:
    more = ", …" if function.variadic else ""
    return f"({', '.join(map(str, function.takes))}{more})"


def _did_you_mean(wanted: str, known: Iterable[str]) -> str:
    close = closest(wanted, known)
    return f"Did you mean {close}?" if close is not None else ""
