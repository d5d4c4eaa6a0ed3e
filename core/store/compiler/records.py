"""What is asked of one record, as a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core import query
from core.store.compiler import columns, connections, graphs, histories, stages, trees
from core.store.compiler.json_text import Text, obj, said
from core.store.compiler.records_by_id import by_id
from core.store.compiler.references import reference_id
from core.store.compiler.scans import Population
from core.store.compiler.work import Row


def outputs(row: Row, asked: tuple[query.Output, ...]) -> Text:
    """The JSON object of what is asked of a record that is there."""
    return obj((output.name, _part(row, output.value)) for output in asked)


def _part(row: Row, part: query.Part) -> Text:
    return _PARTS[type(part)](row, part)


def _constant(row: Row, part: query.Constant) -> Text:
    return said(part.json)


def _scalar(row: Row, part: query.Scalar) -> Text:
    return columns.shown(row, part.column)


def _group(row: Row, part: query.Group) -> Text:
    return outputs(row, part.outputs)


def _one(row: Row, part: query.One) -> Text:
    there = row.work.row("o", part.object)
    return by_id(there, part.outputs, reference_id(row, part.reference))


def _connection(row: Row, part: query.Connection) -> Text:
    return connections.connection(Population(row.work, part, row))


_PARTS: Mapping[type, Callable[[Row, Any], Text]] = {
    query.Constant: _constant,
    query.Scalar: _scalar,
    query.Group: _group,
    query.One: _one,
    query.StageInfo: stages.info,
    query.Connection: _connection,
    query.Ancestors: trees.ancestors,
    query.Descendants: trees.descendants,
    query.Subtree: trees.subtree,
    query.TreeDepth: trees.depth,
    query.Root: trees.root,
    query.History: histories.changes,
    query.StageHistory: histories.stages,
    query.GraphOf: graphs.graph,
}
