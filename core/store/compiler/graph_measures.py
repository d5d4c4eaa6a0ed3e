"""How well a decision is covered and which way it leans, over the members of a graph.

Source: our definition; weights and stances are those of the fishbone chart. A null weight counts
as 0. A share with nothing to divide by is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core import query
from core.store.compiler import graph_members
from core.store.compiler.graph_members import Members
from core.store.compiler.json_text import NULL, Text, bare, obj, over, plain, said
from core.store.compiler.work import Row
from metadata.decimals import MAX_SCALE
from metadata.model import Graph

HIGH = 3
"""The weight of those whose opposition blocks."""
FEW = 2
"""Fewer covered members, or departments, than this hang by a single thread."""

_OF_SEVERAL = {
    "weight": "max",
    "stance": "min",
    "covered": "bool_or",
    "rank": "min",
    "joint": "bool_or",
    "department": "min",
}
"""What counts of several links to one node. Of stances that is the least, so no risk is missed."""

Measured = Mapping[str, str | None]


def measures(row: Row, graph: Graph, part: query.Measures) -> Text:
    """The measures asked for, in one pass over the members."""
    members = graph_members.members(row, graph)
    words = _words(members)
    text = obj((o.name, _part(words, o.value)) for o in part.outputs)
    members.values.update({name: sql for name, sql in words.items() if sql is not None})
    return over(text, f"({_people(members)}) as {row.work.alias('m')}")


def _people(members: Members) -> str:
    """The table of members with each node in it once, however many links it has."""
    if members.linked_once:
        return members.table()
    once = (f"{_OF_SEVERAL[name]}({name}) as {name}" for name in members.values)
    links = members.work.alias("m")
    return f"select {', '.join(('id', *once))} from ({members.table()}) as {links} group by id"


def _words(members: Members) -> Measured:
    department = members.measure("department")
    return {
        "weight": members.measure("weight"),
        "stance": members.measure("stance"),
        "covered": members.is_covered(),
        "rank": members.measure("rank"),
        "joint": members.measure("joint"),
        # Of ids there is no least one, of their texts there is.
        "department": department and f"({department})::text",
    }


def _part(words: Measured, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    assert isinstance(part, query.Measure)
    needs, make = _MEASURES[part.name]
    return make(words) if all(words[name] is not None for name in needs) else said(NULL)


def _share(above: str, below: str = "sum(coalesce(weight, 0))") -> Text:
    return plain(f"trim_scale(round({above} / nullif({below}, 0), {MAX_SCALE}))::text")


def _coverage_rate(words: Measured) -> Text:
    return _share("coalesce(sum(weight) filter (where covered), 0)")


def _support_index(words: Measured) -> Text:
    return _share("coalesce(sum(weight * stance), 0)", "(2 * sum(coalesce(weight, 0)))")


def _unknown_share(words: Measured) -> Text:
    return _share("coalesce(sum(weight) filter (where stance is null), 0)")


def _single_thread_risk(words: Measured) -> Text:
    found = f"count(*) filter (where covered) < {FEW}"
    if words["department"] is not None:
        found += f" or count(distinct department) filter (where covered) < {FEW}"
    return bare(f"({found})::text")


def _top_gap(words: Measured) -> Text:
    """No one at the top (or several who are not all flagged joint), uncovered, or not for us."""
    joint = "false" if words["joint"] is None else "coalesce(joint, false)"
    known = f"(count(*) filter (where rank = 1) = 1 or bool_and({joint}) filter (where rank = 1))"
    won = "bool_and(covered and coalesce(stance, 0) > 0) filter (where rank = 1)"
    return bare(f"(({known} and {won}) is not true)::text")


def _blocker_risk(words: Measured) -> Text:
    return bare(f"(count(*) filter (where weight >= {HIGH} and stance < 0) > 0)::text")


def _members(words: Measured) -> Text:
    return bare("count(*)::text")


def _unweighted(words: Measured) -> Text:
    return bare("count(*) filter (where weight is null)::text")


_MEASURES: Mapping[str, tuple[tuple[str, ...], Callable[[Measured], Text]]] = {
    "members": ((), _members),
    "coverage_rate": (("weight", "covered"), _coverage_rate),
    "support_index": (("weight", "stance"), _support_index),
    "unknown_share": (("weight", "stance"), _unknown_share),
    "single_thread_risk": (("covered",), _single_thread_risk),
    "top_gap": (("rank", "covered", "stance"), _top_gap),
    "blocker_risk": (("weight", "stance"), _blocker_risk),
    "unweighted": (("weight",), _unweighted),
}
